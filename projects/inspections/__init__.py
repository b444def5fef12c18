"""督查: plans, sites, findings that become issues, reports. S0 0.11, S2 2.2, S3 3.1."""
