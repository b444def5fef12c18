"""Files of evidence: only known kinds come in, by their content; photos forget where they are."""

from __future__ import annotations

import hashlib
import io
import shlex
import sys
import zlib
from pathlib import Path

import pytest
from PIL import Image

from config import i18n
from config.settings import Settings
from tests import files
from workflow.errors import GuardFailed, Malformed
from workflow.evidence_safety import Stored, accept
from workflow.evidence_safety.gps_tiff import wipe_gps
from workflow.evidence_safety.names import clean_name
from workflow.evidence_store import locate

PDF = b"%PDF-1.7 accepted"


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path / "var", evidence_max_mb=8)


def take(config: Settings, name: str, content: bytes, *, keep_gps: bool = False) -> Stored:
    return accept(io.BytesIO(content), name, keep_gps=keep_gps, config=config)


def kept(config: Settings, stored: Stored) -> bytes:
    return locate(config.var_dir / "evidence", stored.digest).read_bytes()


def refusal(config: Settings, name: str, content: bytes) -> str:
    """The code of a refusal, after making sure that nothing was kept."""
    with i18n.language("en"), pytest.raises(Malformed) as refused:
        take(config, name, content)
    [reason] = refused.value.reasons
    assert reason.field == "evidence"
    assert reason.remedy
    assert [p for p in config.var_dir.rglob("*") if p.is_file()] == []
    return reason.code


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("验收单.pdf", PDF, "application/pdf"),
        ("a.docx", files.docx(), "wordprocessingml.document"),
        ("a.xlsx", files.package("[Content_Types].xml", "xl/workbook.xml"), "spreadsheetml.sheet"),
        ("a.pptx", files.package("[Content_Types].xml", "ppt/p.xml"), "presentationml"),
        ("a.ofd", files.package("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        ("a.doc", files.compound("WordDocument"), "application/msword"),
        ("a.wps", files.compound("WordDocument"), "application/msword"),
        ("a.xls", files.compound("Workbook"), "application/vnd.ms-excel"),
        ("a.ppt", files.compound("PowerPoint Document", far=True), "vnd.ms-powerpoint"),
        ("A.JPG", files.picture("JPEG"), "image/jpeg"),
        ("a.png", files.picture("PNG"), "image/png"),
        ("a.heic", files.heic(), "image/heic"),
        ("a.txt", "已验收\r\n".encode("gb18030"), "text/plain"),
        ("a.csv", "\ufeff编号,结果\n1,已办\n".encode(), "text/csv"),
    ],
)
def test_what_offices_use_is_taken(
    config: Settings, name: str, content: bytes, media_type: str
) -> None:
    stored = take(config, name, content)
    assert media_type in stored.media_type
    whole = kept(config, stored)
    assert hashlib.sha256(whole).hexdigest() == stored.digest
    assert len(whole) == stored.size


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("setup.exe", b"MZ\x90\x00" + bytes(99), "file_type_refused"),
        ("setup.pdf", b"MZ\x90\x00" + bytes(99), "file_type_refused"),
        ("setup.txt", b"MZ\x90\x00" + bytes(99), "file_type_refused"),
        ("run.txt", b"#!/bin/sh\nrm -rf /\n", "file_type_refused"),
        ("page.html", b"<html></html>", "file_type_refused"),
        ("page.txt", b"\xef\xbb\xbf \n<HTML><script>alert(1)</script>", "file_type_refused"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", "file_type_refused"),
        ("drawing.png", b"<svg onload='alert(1)'/>", "file_type_refused"),
        ("drawing.csv", b"<?xml version='1.0'?><svg/>", "file_type_refused"),
        ("all.zip", files.package("a.txt"), "file_type_refused"),
        ("all.docx", files.package("a.txt"), "file_type_refused"),
        ("app.docx", files.package("META-INF/MANIFEST.MF", "A.class"), "file_type_refused"),
        ("a.xlsx", files.docx(), "file_type_mismatch"),
        ("a.pdf", files.picture("PNG"), "file_type_mismatch"),
        ("a.jpg", files.picture("PNG"), "file_type_mismatch"),
        ("a.txt", PDF, "file_type_mismatch"),
        ("setup.doc", files.compound("!_StringData"), "file_type_refused"),
        ("a.docx", files.docx("word/vbaProject.bin"), "file_has_macros"),
        ("a.xls", files.compound("Workbook", "_VBA_PROJECT_CUR"), "file_has_macros"),
        ("a.docx", files.docx()[:-30], "file_broken"),
        ("a.doc", files.compound("WordDocument")[:600], "file_type_refused"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file_broken"),
        ("film.heic", b"\0\0\0\x18ftypisom" + bytes(99), "file_type_refused"),
        ("a.jpg", b"\xff\xd8\xff\xe0 no picture", "picture_broken"),
        ("a.png", b"\x89PNG\r\n\x1a\n no picture", "picture_broken"),
        ("a.heic", b"\0\0\0\x18ftypheic" + bytes(99), "picture_broken"),
        ("none", PDF, "file_type_refused"),
        ("../..", PDF, "file_name_missing"),
        ("a.pdf", b"", "file_refused"),
        ("a.pdf", PDF + bytes(8 << 20), "file_refused"),
    ],
)
def test_everything_else_is_refused_with_a_reason(
    config: Settings, name: str, content: bytes, code: str
) -> None:
    assert refusal(config, name, content) == code


def test_a_document_that_would_swell_is_refused(config: Settings) -> None:
    bomb = files.package("[Content_Types].xml", "word/document.xml", content=bytes(30 << 20))
    assert len(bomb) < 100_000
    assert refusal(config, "a.docx", bomb) == "file_swells"


@pytest.mark.parametrize("width", [20_000, 60_000])
def test_a_vast_picture_in_a_small_file_is_refused(config: Settings, width: int) -> None:
    assert refusal(config, "a.png", files.huge_png(width, 5000)) == "picture_too_large"
    assert refusal(config, "a.heic", files.heic(width=3_000_000)) == "picture_too_large"


@pytest.mark.parametrize(("form", "name"), [("JPEG", "现场.jpg"), ("PNG", "现场.png")])
def test_a_photo_forgets_where_it_was_taken_and_nothing_else(
    config: Settings, form: str, name: str
) -> None:
    photo = files.picture(form)
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(0x8825)
    stored = take(config, name, photo)
    assert stored.place_removed
    with Image.open(io.BytesIO(kept(config, stored))) as seen:
        found = seen.getexif()
        assert found.get_ifd(0x8825) == {}
        assert (found[files.ORIENTATION], found[files.MAKER]) == (6, "Maker")
        with Image.open(io.BytesIO(photo)) as before:
            assert seen.tobytes() == before.tobytes()
    assert stored.size == len(photo)


def test_a_photo_of_a_category_that_needs_the_place_is_kept_as_it_is(config: Settings) -> None:
    photo = files.picture("JPEG")
    stored = take(config, "a.jpg", photo, keep_gps=True)
    assert not stored.place_removed
    assert kept(config, stored) == photo


def test_a_photo_without_a_place_is_kept_as_it_is(config: Settings) -> None:
    for name, photo in (
        ("a.jpg", files.picture("JPEG", place=False)),
        ("a.png", files.picture("PNG", place=False)),
        ("a.heic", files.heic(place=False)),
    ):
        assert kept(config, take(config, name, photo)) == photo


def test_a_heic_photo_forgets_its_place_without_moving_a_byte_of_the_picture(
    config: Settings,
) -> None:
    photo = files.heic()
    stored = take(config, "a.heic", photo)
    seen = kept(config, stored)
    assert stored.place_removed
    assert len(seen) == len(photo)
    assert seen.endswith(b"\xaa" * 99)
    found = Image.Exif()
    found.load(seen[seen.index(b"Exif\0\0") : -99])
    assert found.get_ifd(0x8825) == {}
    assert found[files.ORIENTATION] == 6


def test_the_place_in_xmp_goes_too(config: Settings) -> None:
    stored = take(config, "a.jpg", files.picture("JPEG", place=False, xmp=files.XMP))
    seen = kept(config, stored)
    assert b"GPS" not in seen
    assert b"120,3.1E" not in seen
    assert b'tiff:Make="Maker"' in seen
    with Image.open(io.BytesIO(seen)) as opened:
        assert opened.getexif()[files.ORIENTATION] == 6


def test_the_place_in_the_texts_of_a_png_goes_too(config: Settings) -> None:
    raw = b"\nexif\n  99\n" + files.exif_block(place=True).hex().encode()
    packed_xmp = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(files.XMP)
    png = files.with_chunks(
        files.picture("PNG", place=False),
        files.png_chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw)),
        files.png_chunk(b"iTXt", packed_xmp),
        files.png_chunk(b"tEXt", b"exif:GPSLatitude\x0031"),
        files.png_chunk(b"tEXt", b"Comment\0kept"),
    )
    seen = kept(config, take(config, "a.png", png))
    assert b"GPS" not in seen
    assert b"Raw profile" not in seen
    assert b"Comment\0kept" in seen
    assert b'tiff:Make="Maker"' in seen
    with Image.open(io.BytesIO(seen)) as opened:
        opened.verify()


def test_a_png_text_that_would_swell_is_refused(config: Settings) -> None:
    swelling = b"Comment\0\0" + zlib.compress(bytes(40 << 20))
    png = files.with_chunks(files.picture("PNG"), files.png_chunk(b"zTXt", swelling))
    assert refusal(config, "a.png", png) == "picture_broken"


def test_damaged_exif_never_reaches_past_its_block() -> None:
    whole = files.exif_block(place=True)
    for cut in range(len(whole)):
        data = bytearray(b"\xff\xe1\0\x10" + whole[:cut] + b"\xaa" * 50)
        before = bytes(data)
        wipe_gps(data)
        assert data[4 + 14 :] == before[4 + 14 :]
    for place in range(6, len(whole)):
        data = bytearray(whole)
        data[place] = 0xFF
        wipe_gps(data)  # whatever it points at, nothing raises
        assert len(data) == len(whole)


def scanner(config: Settings, script: str, timeout: float = 30) -> Settings:
    command = shlex.join([sys.executable, "-c", script])
    return config.model_copy(update={"virus_scan_command": command, "virus_scan_timeout": timeout})


READS = "import sys; sys.exit(b'EICAR' in open(sys.argv[1], 'rb').read())"


def test_a_virus_scanner_decides(config: Settings) -> None:
    scanning = scanner(config, READS)
    assert take(scanning, "a.pdf", PDF).size == len(PDF)
    with pytest.raises(Malformed) as infected:
        take(scanning, "b.pdf", PDF + b"EICAR")
    assert infected.value.reasons[0].code == "file_infected"
    assert len([p for p in config.var_dir.rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize(
    ("script", "timeout"),
    [("raise SystemExit(2)", 30), ("import time; time.sleep(600)", 0.2)],
)
def test_what_the_scanner_could_not_scan_is_not_kept(
    config: Settings, script: str, timeout: float
) -> None:
    with pytest.raises(GuardFailed) as failed:
        take(scanner(config, script, timeout), "a.pdf", PDF)
    assert failed.value.reasons[0].code == "scan_failed"
    missing = config.model_copy(update={"virus_scan_command": "/no/such/scanner"})
    with pytest.raises(GuardFailed):
        take(missing, "a.pdf", PDF)
    assert [p for p in config.var_dir.rglob("*") if p.is_file()] == []


def test_the_scanner_is_told_none_of_our_secrets(
    config: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHAO_SECRET_12345", "hush")
    told = "import os, sys; sys.exit(any(k.startswith('XIAOHAO') for k in os.environ))"
    assert take(scanner(config, told), "a.pdf", PDF).name == "a.pdf"


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\li\\验收单.pdf", "验收单.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a Set-Cookie_ x.pdf"),
        ("\u202efdp.exe", "fdp.exe"),
        (" .hidden.pdf. ", "hidden.pdf"),
        ('a"b|c?.pdf', "a_b_c_.pdf"),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_names_are_made_harmless(declared: str, name: str) -> None:
    assert clean_name(declared) == name
