"""Tests against real databases and servers."""
