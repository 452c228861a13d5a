from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kb.service.webhooks import Delivery, DeliveryState, Event, Webhook, signed

MOMENT = datetime.fromtimestamp(1_614_265_330, UTC)


@pytest.mark.parametrize("at", [MOMENT, MOMENT.astimezone(timezone(timedelta(hours=5)))])
def test_the_signature_is_that_of_the_specifications_example(at: datetime) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    webhook = Webhook("wh_1", "https://hooks.example.com/", frozenset(Event), MOMENT, None, secret)
    delivery = Delivery(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "wh_1",
        Event.JOB_FINISHED,
        '{"test": 2432232314}',
        DeliveryState.WAITING,
        1,
        MOMENT,
        None,
        None,
        MOMENT,
        None,
    )
    assert signed(webhook, delivery, at) == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
