"""Official documents: from frozen facts to Word and PDF. No database, no clock.

`kinds` declares them, `compose` puts facts into words, `word` and `pdf` lay the words out as
GB/T 9704-2012 asks.
"""
