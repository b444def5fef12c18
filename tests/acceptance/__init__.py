"""Tests of whole stories, told with named people."""
