from __future__ import annotations

import pytest

from kb.records.security import NOBODY, Restriction, Tlp, Viewer, strictest

PERSON, MEMBER = Viewer("Sara  LEAD"), Viewer("Tom", frozenset({"InfoSec"}))
KEY = Viewer(None, frozenset({"infosec"}))
OTHER = Viewer("Ada", frozenset({"service desk"}))


@pytest.mark.parametrize(
    ("tlp", "seen_by"),
    [
        (Tlp.CLEAR, [PERSON, MEMBER, KEY, OTHER, NOBODY]),
        (Tlp.GREEN, [PERSON, MEMBER, KEY, OTHER, NOBODY]),
        (Tlp.AMBER, [PERSON, MEMBER, KEY]),
        (Tlp.AMBER_STRICT, [PERSON, MEMBER]),
        (Tlp.RED, [PERSON]),
    ],
)
def test_a_marking_says_who_sees_it(tlp: Tlp, seen_by: list[Viewer]) -> None:
    restriction = Restriction(tlp, ("sara lead",), ("infosec",))
    viewers = [PERSON, MEMBER, KEY, OTHER, NOBODY]
    assert [viewer for viewer in viewers if restriction.is_seen_by(viewer)] == seen_by


def test_the_strictest_marking_counts() -> None:
    assert strictest([Tlp.AMBER, Tlp.RED, Tlp.CLEAR]) is Tlp.RED
    assert strictest([Tlp.AMBER, Tlp.AMBER_STRICT]) is Tlp.AMBER_STRICT
    assert strictest([]) is Tlp.CLEAR
