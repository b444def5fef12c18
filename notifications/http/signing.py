"""The signature of a body, in the manner that receivers of webhooks know.

`X-Xiaohao-Signature: t=1793000000,v1=5257a8...`: `t` is the moment of the try in seconds since
1970, `v1` the HMAC-SHA256 (hex) of `t`, a full stop and the body, under the shared secret. A
receiver computes it anew, compares in constant time, refuses an old `t`, and tells a repeat by
the `id` of the envelope.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

HEADER = "X-Xiaohao-Signature"


def signature(secret: bytes, body: bytes, now: datetime) -> str:
    """The header's value for a body sent at a moment."""
    moment = int(now.timestamp())
    digest = hmac.new(secret, b"%d." % moment + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
