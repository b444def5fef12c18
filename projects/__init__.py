"""Project library, targets, meetings and reports."""
