"""Issues for which the clock has the same to do: worked out once, written for all of them."""
