"""批示: leaders' instructions, answered by a unit, accepted or returned, chased. S3 3.1."""
