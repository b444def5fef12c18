"""The parts of a Word file that are the same in every template: types, relations, properties."""

from __future__ import annotations

from notifications.documents.ooxml import HEAD

_OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_PARTS = {
    "styles": "styles+xml",
    "settings": "settings+xml",
    "header_first": "header+xml",
    "footer_first": "footer+xml",
    "footer_odd": "footer+xml",
    "footer_even": "footer+xml",
}


def plumbing() -> dict[str, bytes]:
    """Every part but the document, its styles, settings, headers and footers."""
    overrides = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_OFFICE}.{kind}"/>'
        for name, kind in _PARTS.items()
    )
    types = (
        f'{HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_OFFICE}.document.main+xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{overrides}</Types>"
    )
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    rels = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    links = "".join(
        f'<Relationship Id="{name}" Type="{office}/{name.partition("_")[0]}" Target="{name}.xml"/>'
        for name in _PARTS
    )
    root = (
        f'{HEAD}{rels}<Relationship Id="rId1" Type="{office}/officeDocument" '
        'Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.'
        'org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
        "</Relationships>"
    )
    core = (
        f'{HEAD}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/'
        'metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title></dc:title>'
        '<dc:creator></dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">'
        "2026-01-01T00:00:00Z</dcterms:created></cp:coreProperties>"
    )
    return {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": root.encode(),
        "word/_rels/document.xml.rels": f"{HEAD}{rels}{links}</Relationships>".encode(),
        "docProps/core.xml": core.encode(),
    }
