"""Questions that are asked at the same time get their own answers, by few calls."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from kb.records.incident import Incident
from triage.micro_batching import MicroBatcher


def test_who_waits_is_answered_by_one_call_each_with_its_own():
    calls, first_in, go_on = list[list[int]](), Event(), Event()

    def doubled(numbers: Sequence[int]) -> list[int]:
        calls.append(list(numbers))
        first_in.set()
        go_on.wait(10)
        return [2 * number for number in numbers]

    together = MicroBatcher(doubled, most=4)
    with ThreadPoolExecutor(10) as threads:
        first = threads.submit(together.ask, 0)
        first_in.wait(10)
        others = [threads.submit(together.ask, number) for number in range(1, 10)]
        while len(together._waiting) < 9:
            pass
        go_on.set()
        assert [first.result(10), *(other.result(10) for other in others)] == [2 * number for number in range(10)]
    assert [len(call) for call in calls] == [1, 4, 4, 1]


def test_a_question_that_fails_fails_alone():
    def inverse(numbers: Sequence[float]) -> list[float]:
        return [1 / number for number in numbers]

    together = MicroBatcher(inverse, most=8)
    with ThreadPoolExecutor(8) as threads:
        asked = {number: threads.submit(together.ask, number) for number in range(8)}
    for number in range(1, 8):
        assert asked[number].result() == 1 / number
    with pytest.raises(ZeroDivisionError):
        asked[0].result()
    assert together.ask(4) == 0.25


def test_suggestions_asked_for_at_once_are_those_asked_for_alone(sample_services):
    assistant = sample_services.assistant
    tickets = [
        Incident("", text)
        for text in ("vpn drops at home", "?", "the printer on the second floor is jammed", "cannot log in", "test")
    ]
    alone = [assistant.suggest(ticket) for ticket in tickets]
    with ThreadPoolExecutor(len(tickets)) as threads:
        with assistant.memory.lock:  # the first one waits for it, the others for the first
            asked = [threads.submit(assistant.suggest, ticket) for ticket in tickets]
            while len(assistant._batcher._waiting) < len(tickets) - 1:
                pass
        at_once = [one.result() for one in asked]
    for one, other in zip(alone, at_once, strict=True):
        assert {name: field.value for name, field in one.fields.items()} == {
            name: field.value for name, field in other.fields.items()
        }
        assert [hit.article.id for hit in one.articles] == [hit.article.id for hit in other.articles]
        assert [hit.incident.number for hit in one.similar_incidents] == [
            hit.incident.number for hit in other.similar_incidents
        ]
