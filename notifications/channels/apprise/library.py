"""The library's own side: one message to one address, kept to the allow-list and silent."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import apprise

from notifications.http.addresses import Networks
from notifications.http.guard import guarded

_MUTED = ("apprise", "urllib3")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it was not taken. `channel_wide`: every other message would meet the same."""

    reason: str
    channel_wide: bool


def tell(url: str, body: str, allowed: Networks, seconds: float) -> Fault | None:
    """Send a text to one address; None if it was taken. Secrets may stand in the reason."""
    _mute()
    service = apprise.Apprise.instantiate(url, asset=_asset(seconds))
    if service is None:
        return Fault("not understood by apprise", channel_wide=True)
    with guarded(allowed, encrypted=_speaks_tls(service)) as guard:
        sender = apprise.Apprise(asset=service.asset)
        sender.add(service)
        result = sender.notify(body=body, body_format=apprise.NotifyFormat.TEXT)
    if result:
        return None
    if guard.refused:
        return Fault(f"address-refused: {', '.join(guard.refused)}", channel_wide=True)
    said = "; ".join(str(entry.message) for entry in result.logs()) or result.status.name
    return Fault(said, channel_wide=False)


def _speaks_tls(service: Any) -> bool:
    """Many services know a scheme with TLS and one without."""
    schemes = service.secure_protocol
    return service.schema in (schemes if isinstance(schemes, tuple) else (schemes,))


def _asset(seconds: float) -> apprise.AppriseAsset:
    """No redirects, no files, no templates out of the environment, no threads of its own."""
    return apprise.AppriseAsset(
        app_id="Xiaohao",
        app_desc="Xiaohao",
        http_redirects=False,
        async_mode=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
        service_timeout=seconds,
        allow_templates=False,
    )


def _mute() -> None:
    """Both write addresses with their keys into the log; what matters comes with the result."""
    for name in _MUTED:
        logger = logging.getLogger(name)
        logger.propagate = False
        logger.setLevel(logging.WARNING)
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
