"""An office on viewflow."""
