"""Outgoing: requests to addresses that somebody entered, which must not reach into the organisation's own network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection, Mapping

import httpx

from models.errors import InvalidError

_SECONDS = 10.0
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class UnusableAddressError(InvalidError):
    """An address that must not be called; the message says why and how to allow it."""


def checked(url: str, allowed: Collection[str]) -> tuple[httpx.URL, str]:
    """Return a URL with the address in place of its host name, and the host name.

    The name is resolved once, every answer must be public unless the name is among those `allowed`, and what is
    called is the address that was checked. Raises UnusableAddressError.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise UnusableAddressError(f"url: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo:
        raise UnusableAddressError("url: give https://host/path, without user and password")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(parsed.host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnusableAddressError(f"url: {parsed.host} cannot be resolved") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if parsed.host.lower() not in {name.lower() for name in allowed}:
        inside = [address for address in addresses if not is_public(address)]
        if inside or not addresses:
            raise UnusableAddressError(
                f"url: {parsed.host} leads to {', '.join(inside)}, which is not a public address; "
                "name it in TRIAGE_WEBHOOK_HOSTS to allow it"
            )
    return parsed.copy_with(host=addresses[0]), parsed.host


def post(url: str, body: bytes, headers: Mapping[str, str], *, allowed: Collection[str]) -> int:
    """Send a body and return the status of the answer, whose body is not read; redirects are not followed.

    Raises UnusableAddressError, and httpx.HTTPError where nobody answers in time.
    """
    address, host = checked(url, allowed)
    named = {**headers, "Host": httpx.URL(url).netloc.decode("ascii")}
    with (
        httpx.Client(trust_env=False, follow_redirects=False, timeout=_SECONDS) as client,
        client.stream("POST", address, content=body, headers=named, extensions={"sni_hostname": host}) as response,
    ):
        return response.status_code


def is_public(text: str) -> bool:
    """Return whether an address is of the public internet, also where an IPv6 one carries an IPv4 one in it."""
    address = ipaddress.ip_address(text)
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in _within(address))


def _within(address: Address) -> list[Address]:
    """Return an address and those that it carries: mapped, 6to4, Teredo, NAT64."""
    found: list[Address | None] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return [address.ipv4_mapped]
        found += [address.sixtofour, *(address.teredo or ())]
        if any(address in network for network in _NAT64):
            found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]
