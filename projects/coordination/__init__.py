"""Coordination levels: who can solve an issue."""
