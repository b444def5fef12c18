"""Settings that name something unknown are refused before a command does anything."""

from __future__ import annotations

from cli.faults import MALFORMED, Fault
from config.i18n import LANGUAGES, normalise
from config.i18n import gettext as _
from config.settings import settings


def refuse_unknown_names() -> None:
    """Raise `Fault` for a language or a channel that there is not, naming those there are."""
    found = settings()
    if normalise(found.lang) is None:
        _refuse("XIAOHAO_LANG", found.lang, LANGUAGES)
    from notifications.channels import known

    for name in found.channel_names():
        if name not in known():
            _refuse("XIAOHAO_CHANNELS", name, known())


def _refuse(setting: str, name: str, known: tuple[str, ...]) -> None:
    raise Fault(
        "settings",
        _("{setting}: {name} is not known.").format(setting=setting, name=name),
        _("Use one of: {names}.").format(names=", ".join(known)),
        MALFORMED,
    )
