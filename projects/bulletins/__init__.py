"""The monthly bulletin (情况通报): drafted from a frozen month, edited, checked, signed, issued."""
