"""Ledgers in and out: files of any shape read, mapped and imported; the bureau's own written."""
