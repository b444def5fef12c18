"""Real processes over one database, killed at random: nothing is lost, nothing happens twice."""
