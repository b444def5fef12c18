"""Files of evidence on their way in: nothing is kept that was not looked at.

`accepting.accept` is the one way in: name (`names`), size, content by its own bytes (`sniffing`,
`containers`, `texts`), virus scan (`scanning`), place where a photo was taken (`pictures`,
`gps_tiff`, `gps_xmp`), then the store under the content's hash. `opening` is the one way out.
"""

from __future__ import annotations

from workflow.evidence_safety.accepting import Stored, accept, accept_file, keeps_gps
from workflow.evidence_safety.opening import Opened, open_evidence

__all__ = ["Opened", "Stored", "accept", "accept_file", "keeps_gps", "open_evidence"]
