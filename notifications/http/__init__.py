"""Requests to machines that others run: checked address, no redirect, bounded time and size.

The parts: `addresses` (where we may connect to), `guard` (the same for libraries that connect by
themselves), `limit` (one time limit for everything), `post` (one request over the address that
was checked), `waiting` (what `Retry-After` asks for) and `signing` (the signature of what we send).
"""

from __future__ import annotations
