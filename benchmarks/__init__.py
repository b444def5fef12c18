"""Figures of this system, always as ratios to bare SQL on the same machine in the same run."""
