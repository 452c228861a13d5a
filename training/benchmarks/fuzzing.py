"""Fuzzing: tables that are damaged at random, each of which must be taken or refused, and leave the store whole."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

from kb.importers.incidents import IncidentFile
from kb.importers.loading import load_incidents
from kb.records.columns import ColumnError
from kb.records.rejects import UnreadableFileError
from kb.storage.database import Database
from kb.storage.incident_store import IncidentStore
from models.encoder import OnnxEncoder
from training.benchmarks.classification import read

FILES = 10_000
_ROWS = 4
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
)


def measure(data: Path, scratch: Path) -> dict[str, Any]:
    """Import 10,000 damaged tables; each must be taken, row by row, or refused with a reason."""
    chance = random.Random(0)  # noqa: S311 (damage, not secrets)
    rows = read(data / "tickets_category.csv.gz")[:400]
    told = Counter[str]()
    database = Database.in_folder(scratch / "home")
    database.migrate()
    store = IncidentStore(database, OnnxEncoder())
    for _ in range(FILES):
        suffix = chance.choice(("csv", "ndjson"))
        some = [chance.choice(rows) for _ in range(_ROWS)]
        file = scratch / f"upload.{suffix}"
        file.write_bytes(_damaged(_written(some, suffix), chance))
        told += _imported(store, file)
    whole = store.count_incidents() == sum(1 for _ in store.all_incidents())
    database.close()
    return {"files": FILES, **told, "store_whole": whole}


def _imported(store: IncidentStore, file: Path) -> Counter[str]:
    try:
        loaded = list(load_incidents(store, IncidentFile.open(file).read(), source=file.name))
    except (UnreadableFileError, ColumnError):
        return Counter(files_refused=1)
    rejects = sum(len(batch.rejects) for batch in loaded)
    return Counter(files_taken=1, rows_taken=sum(batch.rows for batch in loaded) - rejects, rows_rejected=rejects)


def _written(rows: list[dict[str, str]], suffix: str) -> bytes:
    short = [
        {"number": row["number"], "description": row["description"][:60], "category": row["category"]} for row in rows
    ]
    if suffix == "ndjson":
        return "\n".join(json.dumps(row) for row in short).encode()
    lines = [",".join(short[0]), *(",".join(f'"{value}"' for value in row.values()) for row in short)]
    return "\n".join(lines).encode()


def _damaged(content: bytes, chance: random.Random) -> bytes:
    """Content with pieces put in, bits turned, parts doubled and cut off."""
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
