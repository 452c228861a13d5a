"""XML documents: reads the repeated element as a record and its children as cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import iterparse

from kb.importers.tables.layout import recognised_columns
from kb.importers.tables.packing import open_binary
from kb.importers.tables.row import Row, checked_row
from kb.importers.tables.xml_source import ELEMENTS_A_RECORD, BoundedSource, xml_refusals
from kb.records.json_text import flattened
from kb.records.limits import DEPTH_LIMIT
from kb.records.rejects import Reject, UnreadableFileError
from kb.records.wording import Wording

_PAIRED = ("name", "value", "values")
"""Halves of a further field; Jira puts the name of the field's element before them, `customfieldname`."""
_HTML = frozenset({"p", "br", "div", "span", "b", "strong", "i", "em", "u", "a", "ul", "ol", "li", "pre", "code"})
"""Elements of a text with unescaped markup."""
_LOOKED_AT = 5000  # elements that are searched for the record
_Place = tuple[str, ...]


def xml_rows(path: Path, _: str | None) -> Iterator[Row | Reject]:
    """Yield the rows of an XML export, read as a stream; entities and external references are refused."""
    with xml_refusals(path):
        place = _record_place(path)
        if place is None:
            raise UnreadableFileError(Wording("{file}: holds no list of records", {"file": str(path)}))
        for number, element in enumerate(_elements(path, place), start=1):
            yield checked_row(path.name, number, _cells(element))


def _record_place(path: Path) -> _Place | None:
    """Return the path of records: the elements with children that look most like tickets, then the most frequent."""
    counts = Counter[_Place]()
    columns: dict[_Place, dict[str, None]] = {}
    for looked_at, (place, element) in enumerate(_walk(path, None)):
        if len(place) > 1 and len(element):
            counts[place] += 1
            columns.setdefault(place, {}).update(dict.fromkeys(_cells(element)))
        if looked_at >= _LOOKED_AT:
            break
    return max(
        counts, key=lambda place: (recognised_columns(list(columns[place])), counts[place], -len(place)), default=None
    )


def _elements(path: Path, wanted: _Place) -> Iterator[Element]:
    for place, element in _walk(path, wanted):
        if place == wanted:
            yield element


def _walk(path: Path, wanted: _Place | None) -> Iterator[tuple[_Place, Element]]:
    """Yield every element as it ends, with the names above it; free elements that were yielded or are no record."""
    open_elements: list[Element] = []
    size = 0
    with open_binary(path) as file:
        source = BoundedSource(file, str(path))
        for event, element in iterparse(source, events=("start", "end")):
            if event == "start":
                open_elements.append(element)
                size += 1
                if len(open_elements) > DEPTH_LIMIT or size > ELEMENTS_A_RECORD:
                    raise UnreadableFileError(
                        Wording("{file}: nests deeper, or has larger records, than any export", {"file": str(path)})
                    )
                continue
            place = tuple(_name(entry) for entry in open_elements)
            open_elements.pop()
            yield place, element
            if len(place) <= (2 if wanted is None else len(wanted)):
                if open_elements:
                    open_elements[-1].remove(element)
                source.begin_record()
                size = 0


def _cells(record: Element) -> dict[str, str]:
    """Return the cells of a record, by names of children and attributes, as those of a JSON object."""
    return flattened(dict(record.attrib) | _children(record))


def _children(element: Element) -> dict[str, Any]:
    """Return what the children of an element hold, by their names: several of one name in a list, each text once."""
    values: dict[str, Any] = {}
    repeated: dict[str, list[Any]] = {}
    for child in element:
        name, value = _column(child), _value(child)
        if name not in values:
            values[name] = value
        else:
            repeated.setdefault(name, [values[name]]).append(value)
    return values | {name: _each_once(given) for name, given in repeated.items()}


def _each_once(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values)) if all(isinstance(value, str) for value in values) else values


def _column(child: Element) -> str:
    """Return the column of a child; for `<field name="priority">` its attribute, which ServiceNow uses."""
    is_named = not len(child) and child.text and "display_value" not in child.attrib
    return child.get("name") or _name(child) if is_named else _name(child)


def _value(element: Element) -> Any:
    """Return what an element holds: a text, a list for `<labels><label>...`, or an object."""
    shown = element.get("display_value")  # ServiceNow says so what a reference means
    if shown is not None:
        return shown.strip()
    if not len(element):
        return (element.text or "").strip()
    if all(_name(child).lower() in _HTML for child in element):
        return "".join(element.itertext()).strip()
    held, own = _children(element), _name(element).lower()
    if len(held) == 1:
        ((name, value),) = held.items()
        if isinstance(value, list) or own.startswith(name.lower()):
            return value if isinstance(value, list) else [value]
    return {
        half if (half := name.lower().removeprefix(own)) in _PAIRED else name: value for name, value in held.items()
    }


def _name(element: Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]
