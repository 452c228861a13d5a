"""Whatever happens to a file of a data folder: a sentence names it and the way out, or the last good state serves.

Two hundred trials with a fixed seed, every file of a trained folder and every kind of damage among them, each opened by
a command and by a service; and every state file damaged under a service that runs.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import open_services
from app.services.jobs import submit_job, work
from kb.records.job import JobKind, UploadFormat
from kb.retrieval.weights import Weights
from models.encoder import OnnxEncoder
from models.encoder_registry import EncoderRegistry
from models.errors import TriageError
from models.shipped_encoders import FAST
from tests.conftest import free_port, printers_and_vpn, triage

TRIALS, PARTS = 200, 10
TICKET = "the printer on the third floor does not print"
OWN = "own"
_NEVER_READ = (".lock", "-wal", "-shm")  # a lock's file is held, not read; the log is empty when all is closed
_WAY_OUT = re.compile(
    "restore|train again|train or install|`triage|delete it|hand the job in again|install that version|move it away"
)


@dataclass(frozen=True)
class Trained:
    """A folder with everything the product writes, what a command answers with it, and its two jobs."""

    home: Path
    answer: dict[str, Any]
    waiting: str
    done: str


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    home = tmp_path_factory.mktemp("trained")
    upload = home.parent / "upload.csv"
    upload.write_text("number,description\n" + "".join(f"T{i},printer {i} jams\n" for i in range(20)))
    with open_services(home) as services:
        services.store.put_incidents(printers_and_vpn())
    triage("--home", str(home), "train", "--fields", "category")
    own = home / "encoders" / OWN
    own.mkdir(parents=True)
    for file in FAST.iterdir():
        if file.suffix in (".json", ".onnx"):
            os.link(file, own / file.name) if _links(file, own) else shutil.copy(file, own)
    with open_services(home) as services:
        services.encoders.choose(own)
        services.weights.put(Weights(0.8, 0.2))
        services.models.try_until(60)
        done = submit_job(services, JobKind.CLASSIFY, UploadFormat.CSV, upload, by=None)
        work(services)
        waiting = submit_job(services, JobKind.CLASSIFY, UploadFormat.CSV, upload, by=None)
    return Trained(home, _suggested(home), waiting.id, done.id)


def _links(file: Path, folder: Path) -> bool:
    return file.stat().st_dev == folder.stat().st_dev


def _suggested(home: Path) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(triage("--home", str(home), "suggest", TICKET, "--json").stdout)
    return answer


# Damage


def _cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(1, len(content))]


def _flipped(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(8):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _in_json(change: Callable[[dict[str, Any], str], None]) -> Callable[[bytes, random.Random], bytes]:
    """Damage to one entry of a JSON object, or of one that stands in it."""

    def damaged(content: bytes, chance: random.Random) -> bytes:
        whole = json.loads(content)
        if not isinstance(whole, dict):
            return b"{}"
        place, inner = whole, [whole]
        while inner and chance.random() < 0.7:
            place = chance.choice(inner)
            inner = [entry for entry in place.values() if isinstance(entry, dict) and entry]
        change(place, chance.choice(sorted(place.keys() - {"sha256"})))  # without which a state file is whole
        return json.dumps(whole).encode()

    return damaged


KINDS: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "emptied": lambda _, __: b"",
    "cut": _cut,
    "garbage": lambda content, chance: chance.randbytes(max(len(content), 10)),
    "flipped": _flipped,
    "removed": lambda _, __: None,
}
JSON_KINDS: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "a key missing": _in_json(lambda place, key: place.pop(key)),
    "another type": _in_json(lambda place, key: place.update({key: [7]})),
    "no number": _in_json(lambda place, key: place.update({key: float("nan")})),
    "a newer version": _in_json(lambda place, _: place.update({"format": 99, "form": 99})),
}
DATABASE_KINDS = ("a newer version", "no table", "no vectors")


def trials(home: Path) -> list[tuple[str, str]]:
    """Two hundred pairs of a file and a kind of damage: every file, and every kind of damage to a kind of file."""
    chance = random.Random(25)
    files = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    files = [file for file in files if not file.endswith(_NEVER_READ)]
    kinds = {file: list(KINDS) for file in files}
    for file in files:
        kinds[file] += [
            *(JSON_KINDS if file.endswith(".json") else ()),
            *(DATABASE_KINDS if file == "triage.db" else ()),
        ]
    pairs = [(file, kind) for file in files for kind in kinds[file]]
    states = [pair for pair in pairs if pair[0] == "triage.db" or pair[0].count("/") == 1 or "manifest" in pair[0]]
    one_each = [(file, chance.choice(list(KINDS))) for file in files]
    certain = list(dict.fromkeys([*states, *one_each]))
    rest = [pair for pair in pairs if pair not in certain]
    return [*certain, *chance.sample(rest, TRIALS - len(certain))]


def damage(path: Path, kind: str, chance: random.Random) -> None:
    if path.name == "triage.db" and kind in DATABASE_KINDS:
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(
                {
                    "a newer version": "UPDATE alembic_version SET version_num = '9999'",
                    "no table": "DROP TABLE incidents",
                    "no vectors": "UPDATE embeddings SET vector = x'00ff'",
                }[kind]
            )
        connection.close()
        return
    content = path.read_bytes()
    path.unlink()  # it may be the link to a file of the product
    damaged = (KINDS | JSON_KINDS)[kind](content, chance)
    if damaged is not None:
        path.write_bytes(damaged)


# What is right


def names_file(said: str, file: str) -> bool:
    """Whether a message names the file, or the folder of the artefact that it is part of, and a way out."""
    path = Path(file)
    return any(name in said for name in (file, path.name, path.parent.name)) and bool(_WAY_OUT.search(said))


def is_same(answer: dict[str, Any], expected: dict[str, Any]) -> bool:
    found, wanted = (one["fields"].get("category", {}) for one in (answer, expected))
    return (
        found.get("value") == wanted["value"]
        and abs(found["confidence"] - wanted["confidence"]) < 0.01
        and answer["model"]["version"] == expected["model"]["version"]
    )


def wrong_of_command(home: Path, file: str, kind: str, trained: Trained, log: pytest.LogCaptureFixture) -> str | None:
    """What is wrong with how a command meets a damaged file; the command is one that reads it."""
    arguments = {"tried.json": ["models", "--json"], "upload.jsonl": ["jobs", "work"]}.get(
        Path(file).name, ["suggest", TICKET, "--json"]
    )
    done = triage("--home", str(home), *arguments, status=None)
    if done.returncode == 1:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        return None if len(lines) == 1 and names_file(lines[0], file) else f"said {done.stderr!r}"
    if done.returncode != 0:
        return f"status {done.returncode}: {done.stderr!r}"
    if arguments[0] == "suggest" and not (file == "triage.db" and kind == "flipped"):
        same = is_same(json.loads(done.stdout), trained.answer)
        return (
            None if same or names_file(done.stderr + log.text, file) else f"answers otherwise and says {done.stderr!r}"
        )
    return None


def wrong_of_service(home: Path, file: str, kind: str, trained: Trained, _: pytest.LogCaptureFixture) -> str | None:
    """What is wrong with how a service meets it: it does not start and says why, or answers as before."""
    try:
        with open_services(home) as services, TestClient(create_app(services, hosts=["testserver"])) as api:
            suggested, ready = api.post("/v1/suggest", json={"description": TICKET}), api.get("/readyz")
            result = api.get(f"/v1/jobs/{trained.done}/result")
            if not services.jobs.get(trained.waiting).is_finished:
                work(services)
            job = services.jobs.get(trained.waiting)
    except TriageError as error:
        return None if names_file(str(error), file) else f"said {error}"
    if file == "triage.db" and kind == "flipped":  # SQLite keeps no checksums: a value may have become another one
        return next((str(one.status_code) for one in (suggested, ready, result) if one.status_code == 500), None)
    answers = suggested.status_code == ready.status_code == 200 and (
        is_same(suggested.json(), trained.answer) or names_file(" ".join(ready.json()["warnings"]), file)
    )
    has_result = result.status_code == 409 or result.text.count("\n") == 21
    is_refused = "hand the job in again" in (job.error or "")
    if not answers or (file.endswith("result.jsonl") and not has_result):
        return f"answers {suggested.text}, {ready.text}, {result.status_code} {result.text!r}"
    if file.endswith(f"{trained.waiting}/upload.jsonl") and not is_refused:
        return f"the job is {job.state}: {job.error}"
    return None


@pytest.fixture
def _one_encoder(encoder: OnnxEncoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Open a whole encoder once for all trials, which is most of the time that a start takes."""
    opened = EncoderRegistry.open
    kept = {file.name: file.read_bytes() for file in FAST.iterdir() if file.suffix in (".json", ".onnx")}

    def open_once(self: EncoderRegistry, folder: Path) -> OnnxEncoder:
        whole = all((folder / name).is_file() and (folder / name).read_bytes() == kept[name] for name in kept)
        return encoder if whole else opened(self, folder)

    monkeypatch.setattr(EncoderRegistry, "open", open_once)


@pytest.mark.usefixtures("_one_encoder")
@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_file_ends_in_one_sentence_or_the_last_good_state_serves(
    part: int, trained: Trained, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failures = []
    for number, (file, kind) in list(enumerate(trials(trained.home)))[part::PARTS]:
        homes = tmp_path / f"{number}-command", tmp_path / f"{number}-service"
        for home, check in zip(homes, (wrong_of_command, wrong_of_service), strict=True):
            shutil.copytree(trained.home, home, copy_function=os.link)
            for kept in (home / "triage.db", *home.glob("jobs/*/*")):  # what is written in place is no link
                shutil.copy(kept, scratch := kept.with_suffix(".copy"))
                scratch.replace(kept)
            damage(home / file, kind, random.Random(number))
            caplog.clear()  # what a command logs stands on standard error when it is no test
            wrong = check(home, file, kind, trained, caplog)
            if wrong is not None:
                failures.append(f"{number} {file} {kind}: {check.__name__}: {wrong}"[:400])
            shutil.rmtree(home)
    assert failures == []


def test_trials_meet_every_file_and_every_kind_of_damage(trained: Trained) -> None:
    pairs = trials(trained.home)
    assert len(set(pairs)) == TRIALS
    files = {file for file, _ in pairs}
    for name in (
        "triage.db",
        "models/serving.json",
        "models/weights.json",
        "models/tried.json",
        "encoders/serving.json",
    ):
        assert len([kind for file, kind in pairs if file == name]) >= 8, name
    assert {str(path.relative_to(trained.home)) for path in trained.home.glob("models/*/*")} <= files
    assert {Path(file).name for file in files} >= {"upload.jsonl", "result.jsonl", "manifest.json"}


@pytest.mark.usefixtures("_one_encoder")
def test_state_files_damaged_under_a_running_service_leave_the_last_good_state_in_place(
    trained: Trained, tmp_path: Path
) -> None:
    home = shutil.copytree(trained.home, tmp_path / "home")
    chance, unwarned = random.Random(25), list[str]()

    def asked(api: TestClient) -> tuple[httpx.Response, httpx.Response]:
        return api.post("/v1/suggest", json={"description": TICKET}), api.get("/readyz")

    with (
        open_services(home) as services,
        TestClient(create_app(services, hosts=["testserver"]), raise_server_exceptions=False) as api,
    ):
        assert asked(api)[1].json()["warnings"] == []
        for name in ("models/serving.json", "models/weights.json", "encoders/serving.json"):
            whole = (home / name).read_bytes()
            for kind in (*KINDS, *JSON_KINDS):
                damage(home / name, kind, chance)
                suggested, ready = asked(api)
                assert (suggested.status_code, ready.status_code) == (200, 200), (name, kind)
                assert is_same(suggested.json(), trained.answer), (name, kind)
                warnings = ready.json()["warnings"]
                unwarned += [f"{name} {kind}"] if not warnings else []
                assert [names_file(warning, name) for warning in warnings] == [True] * len(warnings), (name, kind)
                (home / name).write_bytes(whole)
                assert asked(api)[1].json()["warnings"] == [], (name, kind)
    assert unwarned == []


def test_a_damaged_sign_in_file_is_named_before_the_desk_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = list[str]()
    monkeypatch.setenv("TRIAGE_OIDC_METADATA_URL", "https://login.example.test/.well-known/openid-configuration")
    monkeypatch.setattr(os, "execve", lambda *_: started.append("desk"))
    port, file = str(free_port()), tmp_path / "sign_in.toml"
    triage("--home", str(tmp_path), "desk", "--port", port)
    whole = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    for content in (b"", whole[:30], b"\xff\xfe", b"[auth]\n", b"auth = 7\n", b"[auth]\ncookie_secret = 7\n"):
        file.write_bytes(content)
        said = triage("--home", str(tmp_path), "desk", "--port", port, status=1).stderr
        assert f"{file}: is damaged; delete it and start the desk again" in said
    assert started == ["desk"]
