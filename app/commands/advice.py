"""Advice in a terminal: the command-line option for each choice that a message recommends."""

from __future__ import annotations

from kb.records.advice import Advice

OPTIONS = {
    Advice.SHEET: "--sheet NAME",
    Advice.NO_SHEET: "leave --sheet out",
    Advice.ENCODING: "--encoding NAME",
    Advice.DATE_ORDER: "--day-first or --month-first",
    Advice.TIME_ZONE: "--timezone NAME",
    Advice.DESCRIPTION: "--map description=COLUMN",
    Advice.STATE: "--map state=COLUMN",
    Advice.NUMBER: "--map number=COLUMN",
}


def with_options(message: str) -> str:
    """Return a message with the option behind each choice that it names."""
    for advice, option in OPTIONS.items():
        message = message.replace(advice, f"{advice} ({option})")
    return message
