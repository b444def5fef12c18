"""The access token of a WeCom application, kept until it expires or is refused."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from urllib.parse import quote

from config.clock import now
from config.settings import Settings
from notifications.channels.gateway import Gateway

_MARGIN = timedelta(minutes=1)


class Tokens:
    """WeCom limits how often a token may be fetched, so every thread shares one."""

    def __init__(self, gateway: Gateway, settings: Settings) -> None:
        self._gateway, self._settings = gateway, settings
        self._token, self._until = "", datetime.min.replace(tzinfo=now().tzinfo)
        self._lock = threading.Lock()

    def current(self) -> str:
        """A token that should hold. Raises TemporaryError, for the whole channel, without one."""
        with self._lock:
            if not self._token or now() >= self._until:
                self._token, seconds = self._fetch()
                self._until = now() + timedelta(seconds=seconds) - _MARGIN
                self._gateway.hide("token", self._token)
            return self._token

    def forget(self) -> None:
        """The service refused it: the next one is fetched."""
        with self._lock:
            self._token = ""

    def _fetch(self) -> tuple[str, int]:
        need, given = self._gateway.required, self._settings
        corp = quote(need("wecom_corp_id", given.wecom_corp_id), safe="")
        secret = quote(need("wecom_secret", given.wecom_secret.get_secret_value()), safe="")
        base = given.wecom_url.rstrip("/")
        url = f"{base}/cgi-bin/gettoken?corpid={corp}&corpsecret={secret}"
        said = self._gateway.ask(url)
        token, seconds = said.get("access_token"), said.get("expires_in")
        if said.get("errcode", 0) != 0 or not isinstance(token, str) or not token:
            reason = f"no token: {said.get('errcode')} {said.get('errmsg')}"
            self._gateway.temporary(reason, channel_wide=True)
        return token, seconds if isinstance(seconds, int) else 7200
