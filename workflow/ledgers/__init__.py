"""Ledgers in and out: files of any shape read, mapped and imported, and the bureau's own written."""
