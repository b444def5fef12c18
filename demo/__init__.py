"""The demonstration: the zone, a made-up half-year of its ledger, and a public ledger replayed."""
