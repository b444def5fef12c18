"""Which column of a ledger means what: a TOML file for each kind of ledger.

source_system = "zone-ledger"       # whose ids these are; required
exported_in = "zh_CN"               # this program's export in that language: ids are numbers
timezone = "Asia/Shanghai"          # zone of times without offset; else the policy's
formats = ["%d.%m.%Y"]              # dates beside ISO 8601 and the usual Chinese spellings
encoding, delimiter, sheet, header_row   # only where they are not found out rightly
[columns]                           # field = header, or several headers that are joined
[defaults]                          # field = text where the column is missing or blank
[values.category]                   # text in the file = our text; "*" for all others
[import]                            # plan, dispatch: how far rows with measures are taken
[replay]                            # columns of a historical ledger
[policy]                            # laid over the shipped policy in replays
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError

from config.faults import ConfigurationError, Fault, from_validation
from config.i18n import gettext as _
from config.policy import parse_policy, shipped_policy
from config.texts import read_toml
from workflow.ledgers.moments import as_moment, parse_moment
from workflow.ledgers.reader import Ledger, Row, bared, read_ledger, tidy

Section = Literal["columns", "replay"]
FALLBACK = "*"
OPTIONAL = ("check_code",)
"""Fields whose columns a ledger may lack: exports of older versions have none."""


def _headers(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """Plain TOML values as the texts that a ledger would hold."""
    if not isinstance(value, dict):
        return value
    return {k: _text(v) for k, v in value.items()}


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) or hasattr(value, "isoformat") else value


Header = Annotated[str, Field(min_length=1)]
Headers = Annotated[list[Header], BeforeValidator(_headers), Field(min_length=1)]
Texts = Annotated[dict[str, str], BeforeValidator(_texts)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Columns(_Part):
    """Headers of an import. The fields are those of a report, and of a task to be handed over."""

    source_id: Headers
    title: Headers | None = None
    description: Headers | None = None
    category: Headers | None = None
    project: Headers | None = None
    no_project_reason: Headers | None = None
    board: Headers | None = None
    urgent: Headers | None = None
    major: Headers | None = None
    found_on: Headers | None = None
    measures: Headers | None = None
    lead: Headers | None = None
    co_units: Headers | None = None
    verifier: Headers | None = None
    limit: Headers | None = None
    days: Headers | None = None
    deadline: Headers | None = None
    check_code: Headers | None = None


class ReplayColumns(_Part):
    """Headers of a historical ledger; `opened` and `number` are needed."""

    number: Headers
    opened: Headers
    target: Headers | None = None
    closed: Headers | None = None
    title: Headers | None = None
    description: Headers | None = None
    category: Headers | None = None
    unit: Headers | None = None
    board: Headers | None = None
    verdict: Headers | None = None


class ImportRules(_Part):
    """How far a row with measures is taken: reported only, broken down, or handed over too."""

    plan: bool = False
    dispatch: bool = False


class Mapping(_Part):
    """A mapping as its file states it."""

    source_system: str = Field(min_length=1, max_length=40)
    exported_in: Literal["zh_CN", "en"] | None = None
    note: str = ""
    timezone: str | None = None
    formats: tuple[str, ...] = ()
    join: str = " / "
    encoding: str | None = None
    delimiter: Literal[",", ";", "\t"] | None = None
    sheet: str | None = None
    header_row: int | None = Field(default=None, ge=1)
    columns: Columns
    defaults: Texts = {}
    values: dict[str, Texts] = {}
    rules: ImportRules = Field(default=ImportRules(), alias="import")
    replay: ReplayColumns | None = None
    policy: dict[str, Any] = {}
    _file: str = PrivateAttr("mapping.toml")

    @property
    def plans(self) -> bool:
        """Whether rows with measures are broken down into a task."""
        return self.rules.plan or self.rules.dispatch

    def zone(self, default: str | None = None) -> ZoneInfo:
        """Zone of times without offset: the mapping's, its policy's, `default`, Shanghai's."""
        named = self.policy.get("policy", {}).get("timezone")
        return ZoneInfo(self.timezone or named or default or "Asia/Shanghai")

    def moment(self, text: str) -> datetime:
        """A time of the ledger, aware; a date means its beginning. ValueError if it is none."""
        zone = self.zone()
        return as_moment(parse_moment(text, zone, self.formats), zone)

    def headers(self, field: str, section: Section = "columns") -> list[str]:
        """The headers that a field is read from; none where it only has a default."""
        part = getattr(self, section)
        found = getattr(part, field, None) if part is not None else None
        return [tidy(h) for h in found or ()]

    def fields(self, section: Section = "columns") -> list[str]:
        """Every field that has a column or a default, in the order of the definition."""
        part = Columns if section == "columns" else ReplayColumns
        return [f for f in part.model_fields if self.headers(f, section) or f in self.defaults]

    def raw(self, row: Row, field: str, section: Section = "columns") -> str:
        """What the row holds for a field, before values are mapped."""
        return self.joined(row, self.headers(field, section))

    def joined(self, row: Row, headers: Sequence[str]) -> str:
        """What the row holds under these headers."""
        if len(headers) == 1:
            return row.values.get(headers[0], "").strip()
        return self.join.join(filter(None, (row.values.get(h, "").strip() for h in headers)))

    def text(self, row: Row, field: str, section: Section = "columns") -> str:
        """A field of a row: its columns joined, the value mapped, the default where blank."""
        return self.meant(field, self.raw(row, field, section))

    def meant(self, field: str, found: str) -> str:
        """What a row's own words for a field mean: the value mapped, the default where blank."""
        known = self.values.get(field)
        if found and known:
            found = known.get(found, known.get(FALLBACK, found))
        return found or self.defaults.get(field, "")

    def open(self, path: Path | str) -> Ledger:
        """Read a ledger the way this mapping says. Raises `Malformed`."""
        found = read_ledger(
            path,
            encoding=self.encoding,
            delimiter=self.delimiter,
            sheet=self.sheet,
            header_row=self.header_row,
        )
        if self.exported_in and Path(path).suffix.lower() == ".csv":
            found.rows = bared(found.rows)
        return found

    def fits(self, headers: Iterable[str]) -> bool:
        """Whether a ledger with these headers has every column that the mapping names."""
        known = set(headers)
        needed = (field for field in self.fields() if field not in OPTIONAL)
        return all(known.issuperset(self.headers(field)) for field in needed)

    def dated(self, headers: Iterable[str]) -> bool:
        """Whether a ledger with these headers tells what its lines said when it was exported."""
        wanted = self.headers("check_code")
        return bool(wanted) and set(headers).issuperset(wanted)

    def check(self, headers: Iterable[str], section: Section = "columns") -> None:
        """Raise `ConfigurationError` naming every header that the file lacks."""
        known = list(headers)
        faults = [
            Fault(
                self._file,
                f"{section}.{field}",
                _("names a header that the ledger lacks: {name}").format(name=header),
                _("use one of: {names}").format(names=", ".join(known)),
            )
            for field in self.fields(section)
            for header in self.headers(field, section)
            if header not in known and field not in OPTIONAL
        ]
        if faults:
            raise ConfigurationError(faults)

    def policy_source(self, base: str | None = None) -> str:
        """The shipped policy (or `base`) with this mapping's changes, as text to be stored."""
        source = base or shipped_policy()
        if not self.policy:
            return source
        merged = _merged(read_toml(source, "policy.toml"), self.policy)
        return json.dumps(merged, ensure_ascii=False, indent=1, default=str)


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Tables are laid over each other key by key; anything else is replaced."""
    result = dict(base)
    for key, value in over.items():
        old = result.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        result[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return result


def load_mapping(path: Path | str) -> Mapping:
    """Read and check a mapping. Raises `ConfigurationError` naming every fault with its remedy."""
    file = Path(path)
    try:
        source = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            [
                Fault(
                    file.name,
                    "(file)",
                    _("cannot be read: {detail}").format(detail=error),
                    _("check its name; write it in UTF-8"),
                )
            ]
        ) from error
    return parse_mapping(source, file.name)


def parse_mapping(source: str, name: str = "mapping.toml") -> Mapping:
    """The mapping in a text; raises as `load_mapping` does."""
    try:
        found = Mapping.model_validate(read_toml(source, name))
    except ValidationError as error:
        raise ConfigurationError(from_validation(name, error)) from error
    found._file = name
    faults = [*_unknown_fields(found, name), *_unknown_names(found, name)]
    if faults:
        raise ConfigurationError(faults)
    parse_policy(found.policy_source(), f"{name} [policy]")
    return found


def _unknown_fields(found: Mapping, name: str) -> Iterable[Fault]:
    known = {*Columns.model_fields, *ReplayColumns.model_fields}
    for section, keys in (("defaults", found.defaults), ("values", found.values)):
        for key in keys:
            if key not in known:
                yield Fault(
                    name,
                    f"{section}.{key}",
                    _("is not a known key"),
                    _("use one of: {names}").format(names=", ".join(sorted(known))),
                )


def _unknown_names(found: Mapping, name: str) -> Iterable[Fault]:
    try:
        found.zone()
    except (KeyError, ValueError, TypeError, OSError):
        yield Fault(
            name, "timezone", _("is not a known time zone"), _("write it like Asia/Shanghai")
        )
    try:
        "a".encode(found.encoding or "utf-8")  # some codecs are not for text
    except (LookupError, UnicodeError):
        yield Fault(
            name,
            "encoding",
            _("is not a known encoding"),
            _("write utf-8 or gb18030, or leave it out"),
        )
