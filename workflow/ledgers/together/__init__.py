"""Rows of a ledger that differ only in their texts: worked out once, written together."""
