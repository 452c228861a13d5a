"""States: what the name or number of a state means, by the words of the tools."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from kb.vocabulary.stage import Stage
from kb.vocabulary.tool import PLAIN_WORDS, read_tools

# a name in a tool's file that ends like this stands for every state that begins with its words
_BEGINNING = " *"
# states read at a time: files have tens of them, a damaged one may have one a row
_STATES_KEPT = 4096
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SIGNS = re.compile(r"[\W_]+")
_ORDINAL = re.compile(r"^\d+ (?=\D)")
_QUALIFIED = re.compile(r"\s[-\u2013\u2014]\s|[/:>|(\[]")


def plain_state(text: str) -> str:
    """Return the name of a state for comparison: lower case, no accents, no signs, words apart."""
    decomposed = unicodedata.normalize("NFKD", _CAMEL.sub(" ", text))
    return _SIGNS.sub(" ", "".join(one for one in decomposed if not unicodedata.combining(one))).strip().casefold()


@lru_cache(maxsize=_STATES_KEPT)
def stage_of(state: str, tool: str | None = None) -> Stage:
    """Return what a state means, `UNKNOWN` where that is not known for certain.

    A number means something only in a known `tool`. A state of several parts, such as "Closed (duplicate)", is finished
    only where all of them are.
    """
    name = _ORDINAL.sub("", plain_state(state))
    return _named(name, tool) or _qualified(state, tool) or Stage.UNKNOWN


def _named(name: str, tool: str | None) -> Stage | None:
    own = _stages(tool).get(name) if tool else None
    return own or _all_stages().get(name) or _begun(name)


def _begun(name: str) -> Stage | None:
    """Return the stage of a state that begins with words which settle it, whatever follows."""
    words = name.split()
    beginnings = (" ".join(words[:end]) for end in range(len(words), 0, -1))
    return next((stage for beginning in beginnings if (stage := _beginnings().get(beginning))), None)


def _qualified(state: str, tool: str | None) -> Stage | None:
    """Return the stage of a state with a qualifier behind a dash or in brackets."""
    parts = [part for part in map(plain_state, _QUALIFIED.split(state)) if part and not part.isdigit()]
    first, *others = [_named(part, tool) for part in parts] or [None]
    if first is None or not others:
        return first
    finished = [stage is not None and stage.is_finished for stage in others]
    if not first.is_finished:
        return None if any(finished) else first
    return first if all(finished) else Stage.CANCELLED if Stage.CANCELLED in others else None


@cache
def _stages(tool: str) -> dict[str, Stage]:
    return {
        plain_state(name): stage
        for one in read_tools()
        if one.name == tool
        for name, stage in one.stages.items()
        if not name.endswith(_BEGINNING)
    }


@cache
def _all_stages() -> Mapping[str, Stage]:
    """Return what words mean in any tool; the plain words win."""
    merged: dict[str, Stage] = {}
    for tool in read_tools():
        merged = _stages(tool.name) | merged
    return {name: stage for name, stage in (merged | _stages(PLAIN_WORDS)).items() if not name.isdigit()}


@cache
def _beginnings() -> Mapping[str, Stage]:
    return {
        plain_state(name): stage
        for tool in read_tools()
        for name, stage in tool.stages.items()
        if name.endswith(_BEGINNING)
    }
