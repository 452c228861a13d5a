"""The demo: the made-up sample desk, learnt from and served."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import httpx
from rich.progress import TaskID

from app.commands import console
from app.composition import Services, open_services
from app.presenters.suggestions import suggestion_view
from app.sample.generate import ARTICLES, sample_incidents, sample_open_tickets
from app.servers import check_port, start
from app.services.suggesting import suggest_ticket
from kb.importers.articles import read_articles
from kb.importers.loading import IMPORT, load_articles, load_incidents
from kb.records.incident import Incident
from training.learn import learn

EXAMPLE = (
    "vpn drops every few minutes when i work from home, have to sign in again each time. "
    "colleagues in the office are fine"
)
_READY_SECONDS = 60
_STOP_SECONDS = 10


def run_demo(home: Path, *, port: int, desk_port: int) -> int:
    """Prepare the sample desk, show one suggestion, and serve until stopped; returns the exit status."""
    check_port("127.0.0.1", port)
    check_port("127.0.0.1", desk_port, option="--desk-port")
    with open_services(home) as services:
        prepare(services)
        console.say(f"\nA ticket comes in: “{EXAMPLE}”\n")
        found = suggest_ticket(services, Incident("", "", EXAMPLE, state="new"))
        console.show_suggestion(suggestion_view(found.suggestion))
    api = f"http://127.0.0.1:{port}"
    with _stopped_together(
        start("--home", str(home), "serve", "--port", str(port), TRIAGE_LOG_LEVEL="warning"),
        start("--home", str(home), "desk", "--port", str(desk_port), "--api", api),
    ) as processes:
        if not _answers(f"{api}/readyz", processes) or not _answers(f"http://127.0.0.1:{desk_port}", processes):
            console.fail("the service did not start; the lines above say why")
            return 1
        console.say(f"\nready: desk http://127.0.0.1:{desk_port}   API {api}/docs   Ctrl-C stops both")
        while all(process.poll() is None for process in processes):
            time.sleep(0.2)
        console.fail("one of the two services ended; both are stopped")
        return 1


def prepare(services: Services) -> None:
    """Load and learn the sample desk; a start that was broken off is completed, a finished one left alone."""
    incidents = [*sample_incidents(), *sample_open_tickets()]
    if services.store.count_incidents() < len(incidents):
        console.say("loading the sample desk (made up: its people, tickets and articles do not exist)")
        with console.progress("articles", None) as bar:
            for batch in load_articles(services.store, read_articles(ARTICLES), by=IMPORT):
                bar.advance(TaskID(0), batch.rows)
        with console.progress("incidents", len(incidents)) as bar:
            for batch in load_incidents(services.store, incidents, source="sample desk"):
                bar.advance(TaskID(0), batch.rows)
    if services.models.serving() is None:
        with console.steps("learning") as told:
            learn(
                services.memory,
                services.models,
                services.weights,
                precision=services.settings.precision,
                report=told,
            )


@contextlib.contextmanager
def _stopped_together(*processes: subprocess.Popen[bytes]) -> Iterator[tuple[subprocess.Popen[bytes], ...]]:
    """Processes that are stopped when the block ends, by Ctrl-C and SIGTERM too."""

    def stop(_: int, __: FrameType | None) -> None:
        raise SystemExit(0)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        yield processes
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(url: str, processes: tuple[subprocess.Popen[bytes], ...]) -> bool:
    """Whether a service answers before its time is over, and while all of them run."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and all(process.poll() is None for process in processes):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5).is_success:
                return True
        time.sleep(0.1)
    return False
