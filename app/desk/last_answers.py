"""Last answers: what the service said last, which a page goes on showing while the service is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import streamlit as st

from app.desk.visitor import Keeper, browser
from models.errors import TriageError, UnavailableError

Said = TypeVar("Said")

_MOST = 1000  # a ticket has four, so: the tickets at which 250 people were last


@dataclass(frozen=True, slots=True)
class LastAnswer(Generic[Said]):
    """What the service answered; where it is away now, `away` says so, and the answer is of before."""

    value: Said
    away: UnavailableError | None = None


@st.cache_resource
def _answers() -> Keeper[Any]:
    return Keeper(_MOST)


def last_answer(name: str, call: Callable[[], Said], *, is_everybodys: bool = False) -> LastAnswer[Said]:
    """Return what a call of the service returns, or while the service is away what it last returned.

    `name` tells apart what was asked. It is what was last returned in this browser, or `is_everybodys` in any. Raises
    what the call raises; what the service refuses now is not shown later either.
    """
    key = name if is_everybodys else f"{browser()} {name}"
    try:
        value = call()
    except UnavailableError as error:
        if (last := _answers().get(key)) is None:
            raise
        return LastAnswer(last, error)
    except TriageError:
        _answers().drop(key)
        raise
    _answers().put(key, value)
    return LastAnswer(value)
