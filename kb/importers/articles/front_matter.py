"""Front matter: the YAML or TOML facts above the body of a page."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

import yaml

from kb.records.rejects import UnreadableFileError

# Front matter of real pages has tens of values; aliases that expand to more are an attack.
_VALUES_LIMIT = 10_000
_NAMED_LINE = re.compile(r"^[^\W\d_][\w ]{1,30}:\s+\S")
_UNQUOTED = re.compile(r"^([A-Za-z_][\w .-]*):[ \t]+([^\s'\"\[{>|&*!#%@`].*)$", re.MULTILINE)


class FrontMatterError(UnreadableFileError):
    """The facts above the body of a page cannot be read; the message says where."""


class _Loader(yaml.SafeLoader):
    """Reads values as `safe_load` does, except that dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def split_front_matter(text: str) -> tuple[Mapping[str, Any], str]:
    """Return front matter (YAML between `---`, TOML between `+++`, JSON) and body; none is an empty mapping.

    Raises FrontMatterError where it is opened but not closed, or is not a mapping.
    """
    if text.startswith("{"):
        return _json(text)
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    mark = lines[start].strip() if start < len(lines) and lines[start][0] in "-+" else ""
    if mark not in {"---", "+++"}:
        return {}, text
    ends = {"---", "..."} if mark == "---" else {"+++"}
    for number in range(start + 1, len(lines)):
        if lines[number].strip() in ends:
            content = "".join(lines[start + 1 : number])
            matter = _yaml(content, start + 2) if mark == "---" else _toml(content)
            return matter, "".join(lines[number + 1 :])
    if start:  # not where front matter stands, so the line is a rule
        return {}, text
    raise FrontMatterError(f"the front matter opened by {mark} on line 1 is never closed")


def leading_lines(text: str) -> tuple[Mapping[str, Any], str]:
    """Return the `Name: value` lines that a text begins with, up to a blank line, and what follows them."""
    rows = text.lstrip("\n").split("\n")
    count = next((number for number, row in enumerate(rows) if not _NAMED_LINE.match(row)), len(rows))
    named = dict(
        pair for row in rows[:count] if (pair := (row.partition(":")[0].strip(), row.partition(":")[2].strip()))
    )
    return (named, "\n".join(rows[count:])) if count else ({}, text)


def _json(text: str) -> tuple[Mapping[str, Any], str]:
    """Return a JSON object at the start of a text, as Hugo accepts it, and the rest of the text."""
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return {}, text
    return (value, text[end:]) if isinstance(value, dict) else ({}, text)


def _toml(content: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FrontMatterError(f"the front matter is not valid TOML: {error or 'nested too deeply'}") from None


def _yaml(content: str, first_line: int) -> Mapping[str, Any]:
    """Return the mapping in YAML; a value with a colon that should be quoted is read as if it were."""
    try:
        value = _loaded(content)
    except yaml.YAMLError as error:
        try:
            value = _loaded(_UNQUOTED.sub(_quoted, content))
        except (yaml.YAMLError, RecursionError, ValueError):
            mark = getattr(error, "problem_mark", None)
            where = f" on line {mark.line + first_line}" if mark else ""
            problem = getattr(error, "problem", None) or "it cannot be read"
            raise FrontMatterError(f"the front matter is not valid YAML{where}: {problem}") from None
    except RecursionError:
        raise FrontMatterError("the front matter is nested too deeply") from None
    except ValueError as error:
        raise FrontMatterError(f"the front matter holds a value that cannot be read ({error})") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FrontMatterError("the front matter is not a list of `name: value` lines")
    return {str(key): entry for key, entry in value.items()}


def _quoted(line: re.Match[str]) -> str:
    return f"{line[1]}: {json.dumps(line[2].rstrip(), ensure_ascii=False)}" if ": " in line[2] else line[0]


def _loaded(content: str) -> Any:
    loader = _Loader(content)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        if _size(node, {}) > _VALUES_LIMIT:
            raise FrontMatterError(
                f"the front matter's aliases stand for more than {_VALUES_LIMIT:,} values: write them out"
            )
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Return how many values a node holds once each alias is written out."""
    if id(node) in known:
        if not known[id(node)]:
            raise FrontMatterError("the front matter has an alias that holds itself: write it out")
        return known[id(node)]
    known[id(node)] = 0
    parts = list[yaml.Node]()
    if isinstance(node, yaml.MappingNode):
        parts = [part for pair in node.value for part in pair]
    elif isinstance(node, yaml.SequenceNode):
        parts = node.value
    size = 1 + sum(_size(part, known) for part in parts)
    known[id(node)] = size
    return size
