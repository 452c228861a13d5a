"""Texts: what every text from outside goes through before it is kept."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters and lone surrogates, which no database keeps; line ends and tabs stay."""
    return _CONTROL.sub("", text)
