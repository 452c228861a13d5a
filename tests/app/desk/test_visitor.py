from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from app.desk.visitor import browser


def test_browsers_without_a_cookie_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    session = dict[str, Any]()  # Streamlit has one object for the sessions of all visitors
    monkeypatch.setattr("app.desk.visitor.st.session_state", session)
    monkeypatch.setattr("app.desk.visitor.st.context", SimpleNamespace(cookies={}))
    first = browser()
    assert browser() == first
    session.clear()
    assert browser() != first
