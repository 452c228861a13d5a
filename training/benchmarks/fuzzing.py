"""Fuzzing: files that are damaged at random must be accepted or refused, and leave the store intact."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import random
import resource
import zipfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl

from kb.importers.articles.files import read_articles
from kb.importers.incidents import IncidentFile
from kb.importers.loading import load_articles, load_incidents
from kb.importers.tables.spreadsheet_xml import SPACE
from kb.records.columns import ColumnError
from kb.records.limits import MEGABYTE
from kb.records.rejects import UnreadableFileError
from kb.storage.database import Database
from kb.storage.incident_store import IncidentStore
from models.encoder import OnnxEncoder

FILES = int(os.environ.get("TRIAGE_FUZZING_FILES", "10000"))
"""Number of damaged files; fewer for a trial run."""
_WARM = 200  # files until the caches of encoder and database are full
_ROWS = 4
_SUFFIXES = (
    *("csv", "ndjson", "json", "columns.json", "search.json", "xml", "xlsx", "html.xls", "sheets.xls"),
    *("csv.gz", "csv.zip", "md"),
)
_PIECES = (
    b"\x00",
    b'"',
    b"\n",
    b"\r",
    b",",
    b"\xff\xfe",
    b"\xf0\x9f\x92\xa9",
    b"{",
    b"}",
    b"[",
    b"null",
    b"1e999",
    b"=1+1",
    b"<a>",
    b"</",
    b"<!DOCTYPE a [<!ENTITY b 'c'>]>&b;",
    b"---\n",
    b"&a [*a]",
    b"```",
    b"sep=;\n",
    b"<td colspan=99999999>",
    b"<table><tr>",
    b"<!--",
    b"<Cell ss:Index='999999'/>",
)


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Import 10,000 damaged files of all formats; each must be accepted, row by row, or refused with a reason."""
    chance = random.Random(0)  # noqa: S311 (damage, not secrets)
    rows = _some_rows(data / "tickets_category.csv.gz")
    told = Counter[str]()
    database = Database.in_folder(scratch / "home")
    database.migrate()
    store = IncidentStore(database, OnnxEncoder())
    before = 0
    for count in range(FILES):
        if count == min(_WARM, FILES // 2):
            before = _peak_memory()
        suffix = chance.choice(_SUFFIXES)
        some = [chance.choice(rows) for _ in range(_ROWS)]
        file = scratch / f"upload.{suffix}"
        file.write_bytes(_damaged_file(some, suffix, chance))
        told += _imported(store, file)
    whole = store.count_incidents() == sum(1 for _ in store.all_incidents())
    database.close()
    return {
        "files": FILES,
        **told,
        "store_whole": whole,
        "extra_memory_mb": round((_peak_memory() - before) / MEGABYTE, 1),
    }


def _some_rows(path: Path) -> list[dict[str, str]]:
    """Return the first rows of a table; reading all of it would hide in the peak what reading damaged files takes."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(islice(csv.DictReader(file), 400))


def _peak_memory() -> int:
    """Return the peak memory of the process in bytes (Linux counts in kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _imported(store: IncidentStore, file: Path) -> Counter[str]:
    try:
        if file.suffix == ".md":
            loaded = list(load_articles(store, read_articles(file)))
        else:
            loaded = list(load_incidents(store, IncidentFile.open(file).read(), source=file.name))
    except (UnreadableFileError, ColumnError):
        return Counter(files_refused=1)
    rejects = sum(len(batch.rejects) for batch in loaded)
    return Counter(files_taken=1, rows_taken=sum(batch.rows for batch in loaded), rows_and_cells_named=rejects)


def _damaged_file(rows: list[dict[str, str]], suffix: str, chance: random.Random) -> bytes:
    """Return a damaged file of a format; for packed ones, content and packing are damaged equally often."""
    inside = chance.random() < 0.5
    content = _written(rows, suffix.partition(".")[0])
    match suffix:
        case "xlsx":
            return _damaged_parts(content, chance) if inside else _damaged(content, chance)
        case "csv.gz":
            return gzip.compress(_damaged(content, chance)) if inside else _damaged(gzip.compress(content), chance)
        case "csv.zip":
            packed = _zipped({"upload.csv": _damaged(content, chance) if inside else content})
            return packed if inside else _damaged(packed, chance)
    return _damaged(content, chance)


def _written(rows: list[dict[str, str]], suffix: str) -> bytes:
    short = [
        {"number": row["number"], "description": row["description"][:60], "category": row["category"]} for row in rows
    ]
    return _workbook(short) if suffix == "xlsx" else _WRITERS.get(suffix, _delimited)(short).encode()


def _delimited(rows: list[dict[str, str]]) -> str:
    return "\n".join([",".join(rows[0]), *(",".join(f'"{value}"' for value in row.values()) for row in rows)])


def _json_lines(rows: list[dict[str, str]]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def _json_lists(rows: list[dict[str, str]]) -> str:
    return json.dumps({"users": [{"id": 1, "name": "Mara"}], "tickets": rows})


def _json_columns(rows: list[dict[str, str]]) -> str:
    return json.dumps({"columns": list(rows[0]), "data": [list(row.values()) for row in rows]})


def _json_search(rows: list[dict[str, str]]) -> str:
    numbered = [{"2": row["number"], "1": row["description"], "7": row["category"]} for row in rows]
    return json.dumps({"totalcount": len(rows), "data": numbered})


def _xml(rows: list[dict[str, str]]) -> str:
    fields = ("".join(f"<{name}>{escape(value)}</{name}>" for name, value in row.items()) for row in rows)
    return f"<export>{''.join(f'<incident>{cells}</incident>' for cells in fields)}</export>"


def _page(rows: list[dict[str, str]]) -> str:
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in line) for line in (rows[0], *map(dict.values, rows)))
    return f"<html><table><tr>{'</tr><tr>'.join(lines)}</tr></table></html>"


def _article(rows: list[dict[str, str]]) -> str:
    return f"---\ntitle: {rows[0]['number']}\ntags: [a, b]\n---\n# Symptoms\n{rows[0]['description']}\n"


def _spreadsheet(rows: list[dict[str, str]]) -> str:
    cells = (
        "".join(f'<Cell><Data ss:Type="String">{escape(cell)}</Data></Cell>' for cell in line)
        for line in (rows[0], *map(dict.values, rows))
    )
    return (
        f'<Workbook xmlns="{SPACE}" xmlns:ss="{SPACE}"><Worksheet ss:Name="Tickets"><Table>'
        f"{''.join(f'<Row>{line}</Row>' for line in cells)}</Table></Worksheet></Workbook>"
    )


_WRITERS = {
    "ndjson": _json_lines,
    "json": _json_lists,
    "columns": _json_columns,
    "search": _json_search,
    "xml": _xml,
    "html": _page,
    "sheets": _spreadsheet,
    "md": _article,
}


def _workbook(rows: list[dict[str, str]]) -> bytes:
    book, content = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("Tickets")
    for line in (list(rows[0]), *(list(row.values()) for row in rows)):
        sheet.append(line)
    book.save(content)
    return content.getvalue()


def _damaged_parts(workbook: bytes, chance: random.Random) -> bytes:
    """Return a workbook with one damaged part."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice([name for name in parts if name.endswith(".xml")])
    return _zipped(parts | {name: _damaged(parts[name], chance)})


def _zipped(parts: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def _damaged(content: bytes, chance: random.Random) -> bytes:
    """Return content with pieces inserted, bits flipped, parts doubled and cut off."""
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(damaged) + 1)
        match chance.randrange(4):
            case 0:
                damaged[place:place] = chance.choice(_PIECES)
            case 1 if place < len(damaged):
                damaged[place] ^= 1 << chance.randrange(8)
            case 2:
                damaged[place:place] = damaged[place : place + chance.randint(1, 80)]
            case _:
                del damaged[place : place + chance.randint(1, 40)]
    return bytes(damaged)
