"""Files that come with a form, looked at and stored before the transaction that names them."""

from __future__ import annotations

from collections.abc import Iterator

from starlette.datastructures import FormData, UploadFile

from config.i18n import gettext as _
from web.forms import files, text
from workflow.commands.proof import Proof
from workflow.errors import Malformed, Reason
from workflow.evidence_safety import accept
from workflow.guards_closure import EVIDENCE_KINDS

ROWS = 3
"""How many rows of evidence a form has; each takes several files."""


def proofs_of(sent: FormData, *, keep_gps: bool = False) -> tuple[Proof, ...]:
    """The evidence of a form: files by their stored content, references by name.

    Raises `Malformed` on the field `evidence` with what is wrong with each file. Content that
    was stored before the faulty one stays in the store, named by nobody: it lies under its hash.
    """
    found: list[Proof] = []
    reasons: list[Reason] = []
    for row in range(ROWS):
        try:
            found += _row(sent, row, keep_gps)
        except Malformed as error:
            reasons += error.reasons
    if reasons:
        raise Malformed(*reasons)
    return tuple(found)


def sends_files(sent: FormData) -> bool:
    """Whether files came with the form; they cannot be given back."""
    return any(files(sent, f"evidence_file_{row}") for row in range(ROWS))


def _row(sent: FormData, row: int, keep_gps: bool) -> Iterator[Proof]:
    kind = text(sent, f"evidence_kind_{row}")
    name = text(sent, f"evidence_name_{row}").strip()
    note = text(sent, f"evidence_note_{row}").strip()
    uploads = files(sent, f"evidence_file_{row}")
    if not (uploads or name):
        return
    if kind not in EVIDENCE_KINDS:
        raise Malformed(_no_kind(kind))
    for upload in uploads:
        yield _stored(upload, kind, note, keep_gps)
    if name:
        yield Proof(kind, name, note)


def _stored(upload: UploadFile, kind: str, note: str, keep_gps: bool) -> Proof:
    kept = accept(upload.file, upload.filename or "", keep_gps=keep_gps)
    return Proof(kind, kept.name, note, kept.digest, kept.size)


def _no_kind(kind: str) -> Reason:
    return Reason(
        "evidence_kind",
        _("Unknown kind of evidence {name}.").format(name=kind[:40]),
        "evidence",
        _("Choose the kind of each piece of evidence."),
    )
