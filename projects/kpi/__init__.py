"""Figures of units and of the zone: pure functions over the facts of a month."""
