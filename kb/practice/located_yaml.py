"""YAML with places: plain values, every scalar as text, and the line of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions that lead from the document to one of its values."""

# Room for thousands of targets; more is a file that repeats itself through aliases.
_MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a file, in which line and field, and what to do."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field + ': ' if self.field else ''}{self.message}"


class LocatedYaml:
    """A YAML document as mappings, lists and texts; `problems` say what YAML itself does not refuse."""

    def __init__(self, text: str) -> None:
        """Read a document; what cannot be read is the only problem then, and `value` is empty."""
        self.value: Any = {}
        self.problems: list[Problem] = []
        self._lines: dict[Path, int] = {}
        self._count = 0
        try:
            node = yaml.compose(text, Loader=yaml.BaseLoader)
            self.value = {} if node is None else self._value(node, ())
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse(mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}")
        except yaml.YAMLError as error:
            self._refuse(1, f"is not YAML: {str(error).splitlines()[0]}")
        except RecursionError:
            self._refuse(1, "nests too deeply; write it flat")

    def line(self, path: Path) -> int:
        """Return the line of a value, or of the nearest one around it."""
        for end in range(len(path), -1, -1):
            if (line := self._lines.get(path[:end])) is not None:
                return line
        return 1

    def _refuse(self, line: int, message: str) -> None:
        self.value, self.problems = {}, [Problem(line, "", message)]

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self._lines.setdefault(path, node.start_mark.line + 1)
        self._count += 1
        if self._count > _MOST_VALUES:
            raise yaml.YAMLError(f"more than {_MOST_VALUES:,} values; it repeats itself through aliases")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(entry, (*path, index)) for index, entry in enumerate(node.value)]
        return node.value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        values = dict[str, Any]()
        for key, entry in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(Problem(line, field_name(path), "has a key that is not a text; write a name"))
                continue
            name = str(key.value)
            if name in values:
                earlier = self._lines[*path, name]
                self.problems.append(
                    Problem(line, field_name((*path, name)), f"stands in line {earlier} already; keep one of both")
                )
                continue
            self._lines[*path, name] = line
            values[name] = self._value(entry, (*path, name))
        return values


def field_name(path: Path) -> str:
    """Return the name of a value in a document, such as `targets[2].within`."""
    name = ""
    for part in path:
        name += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if name else part
    return name
