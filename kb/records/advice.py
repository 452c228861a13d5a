"""Advice: what a person can choose about how a file is read; each face adds how that is done there."""

from __future__ import annotations

from enum import StrEnum


class Advice(StrEnum):
    """A choice, in the words of a message."""

    SHEET = "choose another sheet to read it"
    NO_SHEET = "choose no sheet"
    ENCODING = "choose another encoding"
    DATE_ORDER = "choose whether the day or the month comes first"
    TIME_ZONE = "choose the time zone"
    DESCRIPTION = "choose the column that is the description"
    STATE = "choose the column that is the state"
    NUMBER = "choose the column that is the number"
