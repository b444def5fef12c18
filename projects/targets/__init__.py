"""Plans of targets, their attainment, totals and gates."""
