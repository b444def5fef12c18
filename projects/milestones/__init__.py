"""Milestone plans: the network, dates counted back, permits, land lists, proposals."""
