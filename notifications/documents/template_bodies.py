"""What stands between header and footer of the Word templates: 文件, 信函, form."""

from __future__ import annotations

from notifications.documents.ooxml import TAB, control, paragraph, run
from notifications.documents.template_tables import grid, imprint, rows


def _file() -> str:
    slots = (
        paragraph("GbCopyNo", run("{{ slots[0] }}"))
        + paragraph("GbSlot", run("{{ slots[1] }}"))
        + paragraph("GbSlot", run("{{ slots[2] }}"))
    )
    upward = paragraph(
        "GbNumberUp", run("{{ number }}"), TAB, run("签发人："), run("{{ signer }}", "GbSigner")
    )
    return (
        slots
        + paragraph("GbMark", run("{{ mark }}"))
        + control("if upward")
        + upward
        + control("else")
        + paragraph("GbNumber", run("{{ number }}"))
        + control("endif")
        + paragraph("GbRule")
        + paragraph("GbTitle", run("{{ title }}"))
        + _content()
        + imprint(ruled=True)
        + paragraph("GbTiny")
    )


def _letter() -> str:
    return (
        paragraph("GbLetterNumber", run("{{ number }}"))
        + control("for slot in filled_slots")
        + paragraph("GbSlot", run("{{ slot }}"))
        + control("endfor")
        + paragraph("GbTitle", run("{{ title }}"))
        + _content()
        + control("if imprint")
        + imprint(ruled=False)
        + control("endif")
        + paragraph("GbTiny")
    )


def _content() -> str:
    levels = "".join(
        control(f"{'if' if n == 0 else 'elif'} p.level == {n}")
        + paragraph("GbBody" if n == 0 else f"GbLevel{n}", run("{{ p.text }}"))
        for n in range(5)
    )
    return (
        control("if addressees")
        + paragraph("GbAddressee", run("{{ addressees }}"))
        + control("else")
        + paragraph("GbBody")
        + control("endif")
        + control("for p in paragraphs")
        + levels
        + control("endif")
        + control("endfor")
        + control("for a in attachments")
        + control("if loop.first")
        + paragraph("GbAttachment", run("附件：{{ a }}"))
        + control("else")
        + paragraph("GbAttachmentNext", run("{{ a }}"))
        + control("endif")
        + control("endfor")
        + _signature()
        + control("if note")
        + paragraph("GbNote", run("（{{ note }}）"))
        + control("endif")
        + _annexes()
    )


def _signature() -> str:
    return paragraph("GbIssuer", run("{{ issuer }}")) + paragraph("GbDate", run("{{ date }}"))


def _annexes() -> str:
    return (
        control("for a in annexes")
        + paragraph("GbAnnex", run("附件{{ a.n }}"))
        + paragraph("GbAnnexTitle", run("{{ a.title }}"))
        + grid("a.grid")
        + paragraph("GbTiny")
        + control("endfor")
    )


def _form() -> str:
    return (
        control("for slot in filled_slots")
        + paragraph("GbSlot", run("{{ slot }}"))
        + control("endfor")
        + paragraph("GbFormTitle", run("{{ title }}"))
        + paragraph(
            "GbFormNumber", run("{% if signer %}签发人：{{ signer }}　{% endif %}{{ number }}")
        )
        + rows("r in rows", "{{ r.label }}", "{{ r.text }}")
        + control("if grid")
        + paragraph("GbTiny")
        + grid("grid")
        + control("endif")
        + control("if strips")
        + paragraph("GbTiny")
        + rows("s in strips", "{{ s }}", "", height=16)
        + control("endif")
        + control("if copies")
        + paragraph("GbCell", run("抄送：{{ copies }}。"))
        + control("endif")
        + control("if issuer")
        + _signature()
        + control("endif")
    )


BODIES = {"file": _file, "letter": _letter, "form": _form}
"""Layouts and what makes their bodies."""
