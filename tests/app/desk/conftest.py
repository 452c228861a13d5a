"""A small desk to work at in a browser: printers, VPN, one article, and open tickets."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.client import Client
from app.composition import open_services
from kb.records.article import Article, State
from kb.records.incident import Incident
from tests.browser import browser_page, desk_of
from tests.conftest import printers_and_vpn
from training.learn import learn

TEXTS = (
    "the printer on the second floor does not print number 8",
    "vpn connection drops when working from home number 9",
    "I need help",
)
OPEN = tuple(f"OPEN{number}" for number in range(6))


@dataclass(frozen=True, slots=True)
class SmallDesk:
    """Where the desk and its API answer, and a client of the API."""

    address: str
    api: Client


@pytest.fixture(scope="session")
def small_home(made_once: Callable[[str, Callable[[Path], object]], Path]) -> Path:
    """The data folder of the small desk, trained once for all modules to copy."""
    return made_once("small-desk", _make_small_desk)


def _make_small_desk(home: Path) -> None:
    with open_services(home) as services:
        now = datetime.now(UTC)
        waiting = [
            Incident(
                number,
                short_description=TEXTS[at % 3],
                state="new",
                caller="Ada",
                opened_at=now - timedelta(days=at * at),
            )
            for at, number in enumerate(OPEN)
        ]
        services.store.put_incidents([*printers_and_vpn(60), *waiting])
        answer = Article("KB1", "The printer does not print", resolution="Clear the queue.", state=State.VALIDATED)
        services.store.articles.put([answer])
        services.memory.refresh()
        learn(services.memory, services.models, services.weights)


@pytest.fixture(scope="module")
def small_desk(small_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDesk]:
    home = shutil.copytree(small_home, tmp_path_factory.mktemp("desk") / "home")
    with desk_of(home) as (address, api), Client(api) as client:
        yield SmallDesk(address, client)


@pytest.fixture
def page() -> Iterator[Page]:
    with browser_page(width=1440, height=900) as page:
        yield page
