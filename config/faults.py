"""A fault in a configuration file: where it is, what is wrong, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ValidationError

from config.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Fault:
    """One finding of `xiaohao policy check`."""

    file: str
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.message} -> {self.remedy}"


class ConfigurationError(ValueError):
    """A definition that must not be used, with every fault that was found."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


def from_validation(file: str, error: ValidationError) -> list[Fault]:
    """Faults named by key, from what pydantic reports."""
    return [_fault(file, item) for item in error.errors()]


def _fault(file: str, item: object) -> Fault:
    assert isinstance(item, dict)
    key = ".".join(str(part) for part in item["loc"]) or "(file)"
    if item["type"] == "missing":
        return Fault(file, key, _("is missing"), _("add this key"))
    if item["type"] == "extra_forbidden":
        return Fault(file, key, _("is not a known key"), _("correct the spelling or remove it"))
    return Fault(
        file,
        key,
        _("has a value that is not allowed: {detail}").format(detail=item["msg"]),
        _("correct the value {value}").format(value=repr(item.get("input"))[:80]),
    )
