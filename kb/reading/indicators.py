"""Indicators: links, mail addresses and digests in a text, written so that nobody opens one by mistake."""

from __future__ import annotations

import re

# as many as an agent reads; a pasted mail header may hold hundreds
_MOST = 20
_MOST_CHARACTERS = 20_000
_LINK = re.compile(r"\b(?:https?|ftp)://[^\s<>\"'()]{3,500}", re.IGNORECASE)
_ADDRESS = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b")
_DIGEST = re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})\b", re.IGNORECASE)


def indicators(text: str) -> list[str]:
    """Return the links, mail addresses and digests of a text, defanged, in the order of their kinds."""
    text = text[:_MOST_CHARACTERS]
    links = [_defanged(link.rstrip(".,;:!?")) for link in _LINK.findall(text)]
    addresses = [one.replace("@", "[at]").replace(".", "[.]") for one in _ADDRESS.findall(_LINK.sub(" ", text))]
    return list(dict.fromkeys([*links, *addresses, *_DIGEST.findall(text)]))[:_MOST]


def _defanged(link: str) -> str:
    scheme, _, rest = link.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower().replace('tt', 'xx').replace('ftp', 'fxp')}://{host.replace('.', '[.]')}{slash}{path}"
