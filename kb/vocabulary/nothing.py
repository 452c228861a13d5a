"""Nothing: values that mean that there is none."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib.resources import files

_SIGNS = re.compile(r"[\s\-_.\u2013\u2014/*]*")

# characters of such a value at most: longer ones need not be looked at
_LONGEST = 24
# values whose meaning is kept: those of labels come again and again
_VALUES_KEPT = 8192


def is_nothing(value: str) -> bool:
    """Return whether the value of a label, a date or a count means that there is none: `N/A`, `-`, `keine`."""
    return len(value) <= _LONGEST and _is_nothing(value)


@lru_cache(maxsize=_VALUES_KEPT)
def _is_nothing(value: str) -> bool:
    plain = " ".join(value.casefold().split())
    return plain in _nothing() or _SIGNS.fullmatch(plain) is not None


def something(value: str) -> str:
    """Return a value, empty where it means that there is none."""
    return "" if is_nothing(value) else value


@cache
def _nothing() -> frozenset[str]:
    content = tomllib.loads((files("kb.vocabulary") / "nothing.toml").read_text(encoding="utf-8"))
    return frozenset(" ".join(value.casefold().split()) for value in content["values"])
