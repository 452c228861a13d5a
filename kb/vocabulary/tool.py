"""Tools: the words of one ticket tool, read from its file in `tools/`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from kb.vocabulary.column_name import name_forms, name_key
from kb.vocabulary.stage import Stage

PLAIN_WORDS = "Plain words"
"""Name of the file of words that no one tool owns."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What one tool calls its columns and states.

    `columns` maps a field of ours to the names that the tool and its translations give it, the more telling ones
    first; `further` are columns that look like a field of ours and are none with this tool. `stages` maps the name of
    a state to what it means. `telltale` are columns that only this tool has, or several that only it has together;
    they say that a file comes from it. `numbered` maps the numbers by which the tool answers searches to its names of
    columns. `sender` are the columns that say who wrote a message, where a file has a row
    for each message, and `callers` what stands there when the caller wrote it. `outcomes` say only that something was
    resolved and not how. `vague` maps a field of ours to words that may mean it and often mean something else.
    """

    name: str
    sources: tuple[str, ...]
    telltale: tuple[tuple[str, ...], ...]
    columns: Mapping[str, tuple[str, ...]]
    further: tuple[str, ...]
    numbered: Mapping[str, str]
    sender: tuple[str, ...]
    callers: tuple[str, ...]
    outcomes: tuple[str, ...]
    stages: Mapping[str, Stage]
    vague: Mapping[str, tuple[str, ...]]


@cache
def read_tools() -> tuple[Tool, ...]:
    """Return every tool that has a file, the plain words included, in the order of the files' names."""
    folder = files("kb.vocabulary") / "tools"
    entries = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(_tool(tomllib.loads(entry.read_text(encoding="utf-8"))) for entry in entries)


def read_plain_words() -> Tool:
    """Return the words that no one tool owns."""
    return next(tool for tool in read_tools() if tool.name == PLAIN_WORDS)


def tool_of(columns: Iterable[str]) -> Tool | None:
    """Return the tool whose telltale columns a file has the most of, `None` where none or several have as many."""
    present = {form for column in columns for form in name_forms(column)}
    counts = {tool.name: sum(map(present.issuperset, _telltale_keys(tool))) for tool in read_tools()}
    best = max(counts.values(), default=0)
    likely = [tool for tool in read_tools() if counts[tool.name] == best]
    return likely[0] if best and len(likely) == 1 else None


def is_certain(tool: Tool, columns: Iterable[str]) -> bool:
    """Return whether columns come from a tool beyond doubt, so that its numbers count.

    One telltale is enough where it is spelled as the tool's interface or database spells it: `closedate` is GLPI's,
    "Close Date" anybody's. Several are enough in any spelling.
    """
    names = list(columns)
    spelled = {name.rsplit(".", maxsplit=1)[-1] for name in names}
    forms = {form for column in names for form in name_forms(column)}
    as_it_spells = any(
        all(" " not in name and not spelled.isdisjoint((name, name.upper())) for name in together)
        for together in tool.telltale
    )
    return as_it_spells or sum(map(forms.issuperset, _telltale_keys(tool))) > 1


def _telltale_keys(tool: Tool) -> list[set[str]]:
    return [{name_key(column) for column in together} for together in tool.telltale]


def _tool(content: Mapping[str, object]) -> Tool:
    """Return the tool that a file describes.

    Raises KeyError, TypeError or ValueError where it lacks a name or a source, or names a stage that does not exist.
    """
    columns = _lists(content.get("columns", {}))
    stages = _lists(content.get("states", {}))
    return Tool(
        name=str(content["name"]),
        sources=_texts(content["sources"]),
        telltale=tuple(tuple(entry.split(" + ")) for entry in _texts(content.get("telltale", []))),
        columns=columns,
        further=_texts(content.get("further", [])),
        numbered=_named(content.get("numbered", {})),
        sender=_texts(content.get("sender", [])),
        callers=_texts(content.get("callers", [])),
        outcomes=_texts(content.get("outcomes", [])),
        stages={state: Stage(stage) for stage, states in stages.items() for state in states},
        vague=_lists(content.get("vague", {})),
    )


def _lists(value: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(value, dict):
        raise TypeError(f"expected a table of lists, not {value!r}")
    return {str(key): _texts(entry) for key, entry in value.items()}


def _named(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise TypeError(f"expected a table of texts, not {value!r}")
    return {str(number): str(name) for number, name in value.items()}


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise TypeError(f"expected a list of texts, not {value!r}")
    return tuple(value)
