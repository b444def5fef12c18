"""Keeping the database: backup and restore, copying to another engine, archiving."""
