from __future__ import annotations

from datetime import UTC, datetime

from app.presenters.webhooks import new_webhook_view, webhook_view
from kb.records.webhook import Event, Webhook


def test_a_secret_is_shown_when_the_webhook_is_new_and_never_again() -> None:
    webhook = Webhook(
        "wh_1", "https://hooks.example/", frozenset({Event.JOB_FINISHED}), datetime.now(UTC), None, "whsec_x"
    )
    assert new_webhook_view(webhook).secret == "whsec_x"
    assert "whsec_x" not in webhook_view(webhook).model_dump_json()
