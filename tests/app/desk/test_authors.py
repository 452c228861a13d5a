"""What a person decides on a page carries their name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.composition import open_services
from app.desk.parts import service
from app.environment import API_VARIABLE
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from tests.conftest import printers_and_vpn, served

OPEN = ("INC1", "INC2")


def review_page() -> None:
    from app.desk.review import show

    show()


def new_ticket_page() -> None:
    from app.desk.new_ticket import show

    show()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A desk with two open tickets, whose API is served."""
    home = tmp_path / "home"
    with open_services(home) as services:
        waiting = [Incident(number, description="the printer prints nothing", state="new") for number in OPEN]
        services.store.put_incidents([*printers_and_vpn(6), *waiting])
    service.clear()
    with served(home) as address:
        monkeypatch.setenv(API_VARIABLE, address)
        yield home
        service().close()
    service.clear()


def decisions(home: Path) -> list[Feedback]:
    with open_services(home) as services:
        return services.store.feedback.all()


def test_what_is_accepted_on_review_carries_the_name_and_none_where_nobody_gave_one(home: Path) -> None:
    page = AppTest.from_function(review_page, default_timeout=60)
    page.session_state["person"] = " ada "
    page.run()
    assert not page.exception
    page.button(key="accept-INC1").click().run()
    page = AppTest.from_function(review_page, default_timeout=60).run()
    page.button(key="accept-INC2").click().run()
    kept = decisions(home)
    assert {(entry.number, entry.by) for entry in kept} == {("INC1", "ada"), ("INC2", None)}
    assert {entry.field for entry in kept} == {"category", "assignment_group"}


def test_what_is_accepted_and_refused_on_a_new_ticket_carries_the_name(home: Path) -> None:
    page = AppTest.from_function(new_ticket_page, default_timeout=60)
    page.session_state["person"] = "ada"
    page.run()
    number = page.session_state["draft"].number
    page.text_input(key=f"short-{number}").input("the printer prints nothing").run()
    assert not page.exception
    page.button(key=f"accept-{number}-category").click().run()
    page.button(key=f"never-{number}-assignment_group").click().run()
    assert [(entry.field, entry.chosen is None, entry.by) for entry in decisions(home)] == [
        ("category", False, "ada"),
        ("assignment_group", True, "ada"),
    ]
