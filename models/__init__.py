"""Tables, sessions and scoped queries."""
