from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx

from app.composition import open_services
from app.sample.incidents import sample_incidents
from tests.conftest import SAMPLE_NOW, free_port, triage, wait_for


def test_the_demo_serves_both_stops_cleanly_and_starts_again(
    sample_copy: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    for _ in range(2):
        port, desk_port = free_port(), free_port()
        demo = started(
            "--home", str(sample_copy), "demo", "--port", str(port), "--desk-port", str(desk_port),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        wait_for(f"http://127.0.0.1:{port}/readyz")
        wait_for(f"http://127.0.0.1:{desk_port}/_stcore/health")
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").json()["incidents"] == len(sample_incidents(now=SAMPLE_NOW))
        demo.send_signal(signal.SIGINT)
        output, messages = demo.communicate(timeout=30)
        assert demo.returncode == 0
        assert b"Connection drops" in output
        assert b"Traceback" not in messages
        for closed in (port, desk_port):
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", closed)) != 0


def test_an_occupied_port_is_named_with_the_way_out(sample_copy: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for command, option in (
            (["demo", "--port"], "--port"),
            (["demo", "--desk-port"], "--desk-port"),
            (["serve", "--port"], "--port"),
            (["desk", "--port"], "--port"),
        ):
            done = triage("--home", str(sample_copy), *command, str(port), status=1)
            assert f"port {port}" in done.stderr
            free = int(done.stderr.rpartition(f"use a free one with {option} ")[2])
            assert free > port
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", free))


def test_serving_survives_being_killed_and_loses_nothing(
    sample_copy: Path, started: Callable[..., subprocess.Popen[bytes]]
) -> None:
    acknowledged = 0
    for _ in range(3):
        port = free_port()
        service = started("--home", str(sample_copy), "serve", "--port", str(port))
        wait_for(f"http://127.0.0.1:{port}/readyz")
        for _ in range(15):
            answer = httpx.put(
                f"http://127.0.0.1:{port}/v1/incidents/K{acknowledged}", json={"description": f"vpn {acknowledged}"}
            )
            assert answer.status_code == 200
            acknowledged += 1
        service.kill()
        service.wait()
    with open_services(sample_copy) as services:
        assert all(services.store.incident(f"K{i}").description == f"vpn {i}" for i in range(acknowledged))
