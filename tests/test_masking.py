from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kb.masking import Secret, is_card, is_iban, mask

LINES = yaml.safe_load((Path(__file__).parent / "samples" / "secrets.yaml").read_text(encoding="utf-8"))
PLANTED = [(kind, entry["line"], entry["secret"]) for kind, entries in LINES.items() for entry in entries]


@pytest.mark.parametrize(
    ("kind", "line", "secret"), PLANTED, ids=[f"{kind}-{n}" for n, (kind, *_) in enumerate(PLANTED)]
)
def test_a_secret_is_masked_and_what_surrounds_it_stays(kind: str, line: str, secret: str) -> None:
    masked = mask(line)
    assert secret not in masked.text
    assert "[masked: " in masked.text
    assert masked.found


def test_every_kind_has_lines() -> None:
    assert set(LINES) == {kind.value for kind in Secret}
