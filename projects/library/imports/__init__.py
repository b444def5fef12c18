"""Lists of projects from other libraries (S0 0.10): read, compared, shown, and only then taken."""
