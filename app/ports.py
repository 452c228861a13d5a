"""Ports: whether one is free to listen on, and which one is."""

from __future__ import annotations

import socket

from models.errors import UnavailableError

_HIGHEST = 65535


class PortTakenError(UnavailableError):
    """Nothing can listen on a port; the message says why and what to do."""


def check_port(host: str, port: int, *, option: str = "--port ", avoid: tuple[int, ...] = ()) -> None:
    """Raise PortTakenError unless a service can listen on the port.

    The message names a free port that is none of `avoid`, written behind `option`.
    """
    reason = _obstacle(host, port)
    if reason is None:
        return
    free = free_port_after(host, port, avoid=avoid)
    way_out = f"use a free one with {option}{free}" if free else f"choose another address or another {option.strip()}"
    raise PortTakenError(f"cannot listen on {host} port {port} ({reason}): {way_out}")


def free_port_after(host: str, port: int, *, avoid: tuple[int, ...] = ()) -> int | None:
    """Return the next port on which a service can listen, `None` where the address itself cannot be used."""
    if _obstacle(host, 0) is not None:
        return None
    later = range(port + 1, _HIGHEST + 1)
    return next((other for other in later if other not in avoid and _obstacle(host, other) is None), None)


def _obstacle(host: str, port: int) -> str | None:
    """Return why nothing can listen on a port, `None` where something can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return str(error.strerror or error)
    return None
