"""Who may sign in, and as whom a browser or a program acts. Secrets are stored as hashes only."""
