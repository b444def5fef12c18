"""The half-monthly dispatch meeting (攻坚调度会), from its candidates to its minutes."""
