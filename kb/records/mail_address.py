"""Mail address: one plain address, strict enough that no header and no command can be smuggled in with it."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


def mail_address(text: str) -> str:
    """Return a text that is one mail address without a name beside it; raises ValueError for anything else."""
    if not _ADDRESS.fullmatch(text) or ".." in text:
        raise ValueError(f'"{text[:100]}" is not a mail address; write one such as desk@example.org')
    return text


def is_mail_address(text: str) -> bool:
    """Return whether a text is one mail address without a name beside it."""
    try:
        mail_address(text)
    except ValueError:
        return False
    return True
