"""绩效评估 a year after the start of production, and the commitments it checks. S2 2.5, 2.7."""
