"""The same life of an issue with other engines, each in an environment of its own."""
