from __future__ import annotations

import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import served


@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_idle_connection_is_closed_by_the_client_and_not_by_the_service(tmp_path: Path, workers: str) -> None:
    kept = httpx.Limits().keepalive_expiry
    assert kept is not None
    with served(tmp_path / "home", "--workers", workers) as api:
        connection = HTTPConnection(urlsplit(api).netloc, timeout=30)
        for pause in (kept + 2, 0):
            connection.request("GET", "/healthz")
            assert connection.getresponse().read(), "a connection that was closed raises RemoteDisconnected"
            time.sleep(pause)
        connection.close()
