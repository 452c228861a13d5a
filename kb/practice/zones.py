"""Time zones, from the installed `tzdata` and never from the system, whose copy may be years old.

Debian 12 does not know that Morocco has kept to UTC since September 2026: clocks there would be an hour wrong.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@cache
def zone_names() -> frozenset[str]:
    """Return the names of all time zones."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def zone_named(name: str) -> ZoneInfo:
    """Return a time zone; raises ValueError where there is none of this name."""
    if name not in zone_names():
        raise ValueError(f'"{name}" is not a known time zone')
    with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
