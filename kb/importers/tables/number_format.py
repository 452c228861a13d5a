"""Number formats: writes numbers as a sheet shows them."""

from __future__ import annotations

import re

_EXACT = 10**15
"""Excel keeps 15 digits of a number and shows zeros for the rest."""
_PIECE = re.compile(r'"([^"]*)"|\\(.)|([0#?]+(?:\.[0#?]+)?)|([-/ .:()])')
_DAMAGED_NUMBER = "is a number of more than 15 digits, of which Excel keeps no more: export it as text"


def shown_number(value: float, number_format: str) -> tuple[str, str | None]:
    """Return a number as its format shows it, and what is wrong with it: Excel loses digits of long ones."""
    return ("", _DAMAGED_NUMBER) if abs(value) >= _EXACT else (_formatted(value, number_format), None)


def _formatted(value: float, number_format: str) -> str:
    """Return a number as its format shows it: leading zeros, decimals, per cent, letters before or after it."""
    shown = number_format.partition(";")[0]
    if shown.endswith("%"):
        return f"{value:.{_decimals(shown)}%}"
    pieces = list(_PIECE.finditer(shown))
    places = [piece[3] for piece in pieces if piece[3]]
    is_whole = "".join(piece[0] for piece in pieces) == shown and places and value >= 0
    if is_whole and all("." not in place for place in places) and float(value).is_integer():
        return _in_places(int(value), pieces)
    if is_whole and len(places) == 1 and "0" in places[0]:
        whole, _, decimals = places[0].partition(".")
        width = whole.count("0") + (1 + len(decimals) if decimals else 0)
        digits = f"{value:0{width}.{len(decimals)}f}"
        return "".join(piece[1] or piece[2] or piece[4] or digits for piece in pieces)
    return str(int(value)) if float(value).is_integer() else str(value)


def _in_places(value: int, pieces: list[re.Match[str]]) -> str:
    """Return a whole number in the places of its format, filled from the right, with the text between them."""
    digits = str(value)
    parts: list[str] = []
    left = sum(bool(piece[3]) for piece in pieces)
    for piece in reversed(pieces):
        if not piece[3]:
            parts.append(piece[1] or piece[2] or piece[4] or "")
            continue
        left -= 1
        size = len(piece[3]) if left else max(len(piece[3]), len(digits))
        part, digits = digits[-size:] if digits else "", digits[:-size]
        parts.append(part.rjust(piece[3].count("0"), "0"))
    return "".join(reversed(parts))


def _decimals(number_format: str) -> int:
    return len(number_format.partition(".")[2].rstrip("%"))
