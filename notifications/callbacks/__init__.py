"""News to the platforms that handed issues in: queued with the change, signed, sent in order.

The parts: `queue` (written inside the transaction), `leasing` (who sends when), `secret_names`,
`delivery` (the loop), `failures` (what nobody took) and `health` (whether the queue moves). How a
request is made is in `notifications.http`.
"""

from __future__ import annotations
