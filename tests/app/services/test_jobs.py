from __future__ import annotations

import csv
import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from app.composition import open_services
from app.services.jobs import result_lines, submit_job, work
from kb.records.job import JobKind, JobState, UploadFormat
from kb.records.rejects import RejectKind, UnreadableFileError
from kb.service.job_queue import NoSuchJobError
from tests.conftest import served

SECRET = "Zq8!vRtx2Lw"
TICKETS = [("T1", "cannot print on the second floor"), ("T2", f"vpn drops, my password is {SECRET}"), ("T3", "=cmd()")]


def as_csv(rows: list[tuple[str, str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("number", "short_description"), *rows])
    return text.getvalue()


def test_an_upload_is_classified_in_the_background_and_downloaded(sample_copy: Path) -> None:
    with served(sample_copy) as address, httpx.Client(base_url=address) as http:
        answer = http.post(
            "/v1/jobs",
            params={"kind": "classify", "by": "ann"},
            content=as_csv(TICKETS),
            headers={"content-type": "text/csv"},
        )
        assert answer.status_code == 202
        job = answer.json()
        assert (job["state"], job["total"], answer.headers["location"]) == ("queued", 3, f"/v1/jobs/{job['id']}")
        events = []
        with http.stream("GET", f"/v1/jobs/{job['id']}/events", timeout=60) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            events = [line for line in stream.iter_lines() if line.startswith(("event:", "data:"))]
        assert events[-2] == "event: finished"
        assert json.loads(events[-1].removeprefix("data: "))["done"] == 3
        result = http.get(f"/v1/jobs/{job['id']}/result")
        rows = list(csv.DictReader(io.StringIO(result.text)))
        assert [row["number"] for row in rows] == ["T1", "T2", "T3"]
        assert rows[1]["category"] == "VPN"
        assert rows[2]["short_description"] == "'=cmd()"
        assert SECRET not in result.text
        assert http.delete(f"/v1/jobs/{job['id']}").status_code == 204
        assert http.get(f"/v1/jobs/{job['id']}").status_code == 404
    assert not any(SECRET.encode() in file.read_bytes() for file in sample_copy.rglob("*") if file.is_file())


def test_an_import_says_what_it_left_out_and_every_text_can_be_embedded_anew(tmp_path: Path) -> None:
    file = tmp_path / "upload.ndjson"
    rows = [{"number": f"N{number}", "description": f"printer {number} jams"} for number in range(5)]
    file.write_text("\n".join(["{broken", *map(json.dumps, rows), '{"number": "N9"}']))
    with open_services(tmp_path / "home") as services:
        job = submit_job(services, JobKind.IMPORT, UploadFormat.NDJSON, file, by="ann")
        again = submit_job(services, JobKind.RE_EMBED, UploadFormat.NDJSON, None, by=None)
        before = {record.incident.number: record.vector.tobytes() for record in services.store.incidents_since(0)}
        work(services)
        done = services.jobs.get(job.id)
        assert (done.state, done.written, done.rejected) == (JobState.DONE, 5, 2)
        rows_left_out = [(one.file, one.row) for one in done.rejects if one.kind is RejectKind.ROW]
        assert rows_left_out == [("upload", 1), ("upload", 7)]
        assert services.store.count_incidents() == 5
        assert not before
        embedded = services.jobs.get(again.id)
        assert (embedded.state, embedded.done, embedded.total) == (JobState.DONE, 5, 5)


def test_a_killed_job_goes_on_and_its_result_has_every_row_once(sample_copy: Path, tmp_path: Path) -> None:
    file = tmp_path / "upload.csv"
    rows = [(f"T{number}", f"printer {number} prints nothing") for number in range(3000)]
    file.write_text(as_csv(rows))
    with open_services(sample_copy) as services:
        job = submit_job(services, JobKind.CLASSIFY, UploadFormat.CSV, file, by=None)
        command = [sys.executable, "-m", "app", "--home", str(sample_copy), "jobs", "work"]
        process = subprocess.Popen(command)
        deadline = time.monotonic() + 60
        while not 0 < services.jobs.get(job.id).done < 3000 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        broken_off = services.jobs.get(job.id)
        assert broken_off.state is JobState.RUNNING
        assert 0 < broken_off.done < 3000
        with (sample_copy / "jobs" / job.id / "result.jsonl").open("a") as result:
            result.write('{"number": "T9')  # the line that was being written
        work(services)
        assert services.jobs.get(job.id).state is JobState.DONE
        found = list(csv.DictReader(result_lines(services, services.jobs.get(job.id))))
        assert [row["number"] for row in found] == [number for number, _ in rows]


def test_what_cannot_be_read_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    file = tmp_path / "upload.csv"
    file.write_bytes(b"\x00\xff\x00garbage")
    with open_services(tmp_path / "home") as services:
        with pytest.raises(UnreadableFileError, match="^upload"):
            submit_job(services, JobKind.IMPORT, UploadFormat.CSV, file, by=None)
        assert not list((tmp_path / "home" / "jobs").iterdir())
        with pytest.raises(NoSuchJobError):
            services.jobs.get("job_1")


def test_errors_are_problems(sample_copy: Path) -> None:
    with served(sample_copy) as address, httpx.Client(base_url=address) as http:
        wrong = http.post("/v1/jobs", params={"kind": "classify"}, content="x", headers={"content-type": "image/png"})
        assert wrong.status_code == 415
        empty = http.post("/v1/jobs", params={"kind": "import"}, content="", headers={"content-type": "text/csv"})
        assert (empty.status_code, empty.json()["detail"]) == (422, "upload: the file is empty")
        job = http.post("/v1/jobs", params={"kind": "re-embed"}).json()
        assert http.get(f"/v1/jobs/{job['id']}/result").status_code == 409
