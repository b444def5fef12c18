"""Monthly figures of projects, and their freeze."""
