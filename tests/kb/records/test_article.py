"""What an article says: whether it holds an answer."""

from __future__ import annotations

import pytest

from kb.records.article import Article


@pytest.mark.parametrize("text", ["", "N/A", "<br>", "<!-- later -->", "### Steps", "> tbd", "| - |"])
def test_what_nobody_wrote_solves_nothing(text: str) -> None:
    assert not Article("K1", "Fan", resolution=text, workaround=text).solves


@pytest.mark.parametrize(
    "text",
    ["Oil it", "<script>alert(1)</script>", "<iframe src=film></iframe>", "![](steps.png)", "### Steps\n\nOil it"],
)
def test_what_somebody_wrote_solves_something(text: str) -> None:
    assert Article("K1", "Fan", resolution=text).solves
    assert Article("K1", "Fan", workaround=text).solves
