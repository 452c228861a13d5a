from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.records.excerpt import excerpt, headline


@given(st.text(max_size=500), st.integers(1, 400))
def test_an_excerpt_is_one_line_within_its_limit(text: str, limit: int) -> None:
    shown = excerpt(text, limit)
    assert len(shown) <= limit
    assert "\n" not in shown
    assert shown.removesuffix("…") in " ".join(text.split())


def test_an_incident_is_called_by_its_short_description_or_by_the_beginning_of_its_text() -> None:
    assert headline("vpn drops", "since noon") == "vpn drops"
    assert headline("", "since\nnoon") == "since noon"
