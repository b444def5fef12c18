"""A slow, obvious second implementation of the rules, written apart from the engine's."""
