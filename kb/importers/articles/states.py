"""States: what other tools call the state of an article, by `states.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from kb.importers.articles.columns import column_keys
from kb.records.article import State
from kb.vocabulary.column_name import name_key

_CAUTION = (State.ARCHIVED, State.WORK_IN_PROGRESS, State.NOT_VALIDATED, State.VALIDATED)
_TRUE = frozenset({"true", "yes", "y", "1", "ja", "oui", "si", "wahr", "vrai", "verdadero", "on"})
_FALSE = frozenset({"false", "no", "n", "0", "nein", "non", "falsch", "faux", "falso", "off"})
_SAYS_LITTLE = frozenset({"active", "isactive"})
"""Flags that count only where no state is named: tools set them for other reasons too."""


class Flags:
    """Facts such as `draft: true`, gathered from the names and values of a record."""

    def __init__(self) -> None:
        self._values: dict[str, bool] = {}

    def take(self, name: str, value: object) -> bool:
        """Store a fact if it is a flag that says true or false; return whether it is."""
        key = next((key for key in column_keys(name) if key in _vocabulary().flags), None)
        truth = _truth(value)
        if key is None or truth is None:
            return False
        self._values[key] = truth
        return True

    def states(self, *, is_named: bool) -> list[State]:
        """Return the states that the flags mean; `is_named` says that a state is named too."""
        flags = _vocabulary().flags
        counting = (key for key in self._values if not (is_named and key in _SAYS_LITTLE))
        return [flags[key][self._values[key]] for key in counting if self._values[key] in flags[key]]


def state_named(text: str, columns: Iterable[str] = ()) -> State | None:
    """Return the state that a name stands for; a number counts where the columns tell which tool wrote it."""
    words = _vocabulary()
    if text.isdigit():
        keys = {name_key(column) for column in columns}
        numbers = (states for telltale, states in words.numbers if any(names <= keys for names in telltale))
        return next((states[text] for states in numbers if text in states), None)
    return words.names.get(name_key(text))


def most_cautious(states: Iterable[State]) -> State | None:
    """Return the state that promises least, `None` if there is none."""
    return min(states, key=_CAUTION.index, default=None)


class _Vocabulary:
    """The words of `states.toml`, by their keys."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.names = {name_key(name): state for state in State for name in (state.value, *content[state.value])}
        self.flags = {
            name_key(name): {key == "true": State(state) for key, state in meaning.items()}
            for name, meaning in content["flags"].items()
        }
        self.numbers = [
            (
                [{name_key(name) for name in names} for names in tool["telltale"]],
                {number: State(state) for number, state in tool["states"].items()},
            )
            for tool in content["numbers"]
        ]


@cache
def _vocabulary() -> _Vocabulary:
    return _Vocabulary(tomllib.loads((files(__package__) / "states.toml").read_text(encoding="utf-8")))


def _truth(value: object) -> bool | None:
    word = name_key(str(value))
    return True if word in _TRUE else False if word in _FALSE else None
