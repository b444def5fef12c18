"""Settings, policy, the clock, the language and the logs."""
