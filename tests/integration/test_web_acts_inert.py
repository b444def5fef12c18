"""Hostile text in the forms of acts comes back inert."""

from __future__ import annotations

import pytest

from tests.integration.test_commands_rights import PARTS, acts_of
from tests.integration.test_web_acts import TYPED, action_of, form_path, given
from tests.portal import Portal
from web.actions.evidence import ATTACH

pytestmark = pytest.mark.one_database

PAYLOAD = "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'{{7*7}}"


@pytest.mark.parametrize("part", PARTS)
def test_script_in_a_text_field_is_inert_wherever_it_is_shown(portal: Portal, part: str) -> None:
    world = portal.world
    for act in acts_of(part):
        action = action_of(act)
        typed = [f.name for f in action.fields if f.kind in TYPED]
        if not typed and action is not ATTACH:
            continue
        case = act.stage(world)
        path = form_path(world, act, case)
        browser = portal.at(act.now).sign_in(act.by)
        values, uploads = given(world, act)
        shown = set(browser.page(path).form().names)
        values |= {name: PAYLOAD for name in typed if name in shown and name in values}
        if "evidence_kind_0" in values:
            values |= {"evidence_name_0": PAYLOAD, "evidence_note_0": PAYLOAD}
        page = browser.follow(browser.fill(path, values, uploads))
        assert "<script>alert" not in page.text and "<img src=x" not in page.text
        refused = browser.post(path, {"csrf": browser.csrf, "version": "0", **values}, uploads)
        assert "<script>alert" not in refused.text and "<img src=x" not in refused.text
