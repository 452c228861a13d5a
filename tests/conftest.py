from __future__ import annotations

import io
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
from filelock import FileLock
from hypothesis import settings

from app.commands.main import main
from app.composition import Services, open_services
from app.sample.preparation import prepare
from kb.records.incident import Incident
from kb.retrieval.memory import Memory
from kb.storage.database import Database
from kb.storage.folder_identity import FolderIdentity
from kb.storage.incident_store import IncidentStore
from models.blas_threads import one_thread
from models.encoder import OnnxEncoder
from tests.postgresql import postgresql_server

os.environ.setdefault("TRIAGE_LOG_LEVEL", "warning")
os.environ["TRIAGE_ENCODER"] = "minilm"  # trainings of other tests need not try two
os.environ["TRIAGE_CONTROL_SHARE"] = "0"  # drafts have random numbers; tests of control tickets set a share

SAMPLE_NOW = datetime(2026, 10, 30, 9, 30, tzinfo=UTC)
"""The moment at which the sample desk starts in tests, so that they see the same tickets on every day."""

REAL_DATA = Path(os.environ.get("TRIAGE_REAL_DATA", Path(__file__).parent.parent.parent / "shared" / "data"))
settings.register_profile("any machine", deadline=None)  # how long an example takes tells of the machine
settings.load_profile("any machine")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=200, help="random cases that clocks are compared on")
    parser.addoption("--kills", type=int, default=10, help="processes that are killed while they send notifications")
    parser.addoption("--storm-seconds", type=int, default=6, help="seconds for which a storm sends 50 reports each")
    parser.addoption("--walks", type=int, default=3, help="random walks on which no typed text may be lost")
    parser.addoption("--sample-home", type=Path, help="a sample desk prepared before, instead of preparing one")


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Linear algebra as a desk does it, in tests that open none too."""
    with one_thread():
        yield


@pytest.fixture(autouse=True)
def _own_main() -> Iterator[None]:
    """Streamlit's tests put a script of theirs in place of `__main__`, which processes started later would run."""
    main_module = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main_module


@pytest.fixture(scope="session")
def encoder() -> OnnxEncoder:
    return OnnxEncoder()


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty database, whose tables are made once for all tests."""
    home = tmp_path_factory.mktemp("empty") / "home"
    database = Database.in_folder(home)
    database.migrate()
    database.close()
    return home


@pytest.fixture
def store(empty_home: Path, tmp_path: Path, encoder: OnnxEncoder) -> Iterator[IncidentStore]:
    database = Database.in_folder(shutil.copytree(empty_home, tmp_path / "home"))
    yield IncidentStore(database, encoder)
    database.close()


@pytest.fixture
def identity(store: IncidentStore) -> FolderIdentity:
    return FolderIdentity(store.database)


@pytest.fixture
def memory(store: IncidentStore) -> Memory:
    return Memory(store)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Give a data folder that is made once for all workers, as a copy for this one: its name, and what makes it."""
    run = tmp_path_factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run

    def made(name: str, make: Callable[[Path], object]) -> Path:
        with FileLock(run / f"{name}.lock"):
            if not (run / name).exists():
                make(run / f"{name}-in-the-making")
                (run / f"{name}-in-the-making").rename(run / name)
        return shutil.copytree(run / name, tmp_path_factory.mktemp(name) / "home")

    return made


@pytest.fixture(scope="session")
def sample_home(
    made_once: Callable[[str, Callable[[Path], object]], Path],
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> Path:
    """The sample desk, loaded and learnt from once for all workers; tests that write take a copy."""
    if prepared := pytestconfig.getoption("--sample-home"):
        return shutil.copytree(prepared, tmp_path_factory.mktemp("sample") / "home")
    return made_once("sample-desk", _prepare_sample)


def _prepare_sample(home: Path) -> None:
    with open_services(home) as services:
        prepare(services, now=SAMPLE_NOW)


@pytest.fixture
def sample_copy(sample_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(sample_home, tmp_path / "sample")


@pytest.fixture(scope="session")
def sample_services(sample_home: Path) -> Iterator[Services]:
    """The sample desk for tests that only read."""
    with open_services(sample_home) as services:
        services.memory.refresh()
        yield services


@pytest.fixture(scope="session")
def real_data() -> Path:
    if not (REAL_DATA / "README.md").exists():
        pytest.skip(f"real tickets are not there: {REAL_DATA} (TRIAGE_REAL_DATA names another folder)")
    return REAL_DATA


@pytest.fixture(scope="session")
def new_postgresql_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """A real PostgreSQL server; each call makes an empty database and gives its SQLAlchemy URL."""
    with postgresql_server(tmp_path_factory.mktemp("postgresql")) as new:
        yield new


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start `triage` with arguments; what still runs at the end is stopped."""
    with ExitStack() as stack:

        def start(*arguments: str, **more: object) -> subprocess.Popen[bytes]:
            process = subprocess.Popen([sys.executable, "-m", "app", *arguments], **more)
            stack.callback(_stop, process)
            return process

        yield start


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def triage(
    *arguments: str, status: int | None = 0, text: str | bytes | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end and check its exit status; in this process, which saves seconds of imports a time.

    With `status` None any exit status is right.
    """
    out, told = io.StringIO(), io.StringIO()
    with ExitStack() as stack:
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(told))
        stack.enter_context(patch.object(sys, "argv", ["triage", *arguments]))
        stack.enter_context(patch.object(sys, "stdin", _standard_input(text)))
        with pytest.raises(SystemExit) as ended:
            main()
    done = subprocess.CompletedProcess(arguments, int(ended.value.code or 0), out.getvalue(), told.getvalue())
    assert status in (None, done.returncode), done.stderr
    assert "Traceback" not in done.stderr
    return done


def _standard_input(text: str | bytes | None) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text if isinstance(text, bytes) else (text or "").encode()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float = 300) -> None:
    """Wait until a service answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"{url} did not answer within {seconds} s")


@contextmanager
def served(home: Path, *options: str) -> Iterator[str]:
    """A real API process over a data folder; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "app", "--home", str(home), "serve", "--port", str(port), *options]
    process = subprocess.Popen(command)
    try:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(process)


def printers_and_vpn(each: int = 30) -> list[Incident]:
    """Resolved incidents of two plain kinds."""
    return [
        Incident(
            f"{kind[0].upper()}{i}",
            description=f"{text} number {i}",
            category=category,
            assignment_group=group,
            resolution=solved,
        )
        for i in range(each)
        for kind, text, category, group, solved in (
            (
                "printer",
                "the printer on the second floor does not print",
                "Printing",
                "Print Services",
                "Queue cleared",
            ),
            ("vpn", "vpn connection drops when working from home", "VPN", "Network", "Switched to TCP"),
        )
    ]
