"""Telling people: the outbox, the texts, the channels and their delivery."""
