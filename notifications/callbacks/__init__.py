"""News to the platforms that handed issues in: queued with the change, signed, sent in order.

The parts: `queue` (written inside the transaction), `leasing` (who sends when), `addresses`
(where we may connect to), `secret_names` and `signing`, `post` (one HTTP request), `delivery`
(the loop), `failures` (what nobody took) and `health` (whether the queue moves).
"""

from __future__ import annotations
