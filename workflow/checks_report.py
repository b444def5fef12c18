"""Where the checks of a definition put what they find."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from config.faults import Fault
from config.i18n import gettext as _
from config.roles import Role

ROLES = frozenset(Role)


@dataclass(slots=True)
class Report:
    """Faults of one file, in the order in which they were found."""

    file: str
    faults: list[Fault] = field(default_factory=list)

    def add(self, key: str, message: str, remedy: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(self.file, key, message, remedy))

    def unknown(self, key: str, name: str, known: Iterable[str]) -> None:
        """Note a name that does not exist, with those that do."""
        self.add(
            key,
            _("names {name}, which does not exist").format(name=name or '""'),
            _("use one of: {names}").format(names=", ".join(sorted(known))),
        )

    def roles(self, key: str, names: Iterable[str], *, also: tuple[str, ...] = ()) -> None:
        """Note every name that is not a role."""
        for name in names:
            if name not in ROLES and name not in also:
                self.unknown(key, name, [*ROLES, *also])

    def at_least(self, key: str, value: float | None, least: int) -> None:
        """Note a number that is smaller than it may be; None is no number and passes."""
        if value is not None and value < least:
            self.add(
                key,
                _("is {value}, which is too small").format(value=value),
                _("give at least {least}").format(least=least),
            )
