"""The closed loop: commands, deadlines, escalation."""
