import random

import pytest

from kb.reading.boilerplate import NO_BOILERPLATE, ReadText, boilerplate_in, find_boilerplate

_TOPICS = {
    "Audio": ["headset makes no sound", "speaker hums in calls", "microphone is silent", "beamer has no sound"],
    "Access": ["badge does not open gate", "door code is refused", "badge lost at lunch", "turnstile stays shut"],
    "Orders": ["order form loses lines", "invoice has a wrong sum", "supplier is missing", "order cannot be sent"],
}


def _form(said: str, seed: int) -> str:
    asset = random.Random(seed).randint(1000, 99_999)
    return (
        f"{said}\nWhat is affected: {said}\nAsset number: {asset}\nHow many people have it: one or two"
        "\nSent through the service portal of Example Works"
    )


def _history(form: float = 0.8) -> list[ReadText]:
    said = [(topic, line, number) for number in range(25) for topic, lines in _TOPICS.items() for line in lines]
    return [
        ReadText(_form(line, place) if place % 10 < 10 * form else line, topic)
        for place, (topic, line, _) in enumerate(said)
    ]


def test_a_form_counts_for_nothing() -> None:
    found = find_boilerplate(_history())
    assert found.removed_from(_form("kettle is cold", 7)) == "kettle is cold\nkettle is cold"
    assert found.removed_from("kettle is cold") == "kettle is cold"
    assert found.removed_from(_form("", 7).strip()) == ""


def test_a_form_on_one_line_counts_for_nothing() -> None:
    flat = [ReadText(" ".join(entry.text.split()), entry.value) for entry in _history()]
    left = find_boilerplate(flat).removed_from(" ".join(_form("kettle is cold", 7).split()))
    assert "portal" not in left
    assert "how many people" not in left.lower()
    assert left.startswith("kettle is cold")


@pytest.mark.parametrize("share", [0.0, 0.1])
def test_what_few_texts_have_counts(share: float) -> None:
    assert find_boilerplate(_history(share)) == NO_BOILERPLATE


def test_what_goes_with_a_value_counts() -> None:
    history = [
        ReadText(f"{entry.text}\nreader shows a red light", entry.value) if entry.value == "Access" else entry
        for entry in _history(0.0)
    ]
    assert find_boilerplate(history) == NO_BOILERPLATE


def test_one_outage_is_no_boilerplate() -> None:
    outage = [ReadText(f"mail is down since {hour} in all offices", topic) for hour in range(30) for topic in _TOPICS]
    assert find_boilerplate([*_history(0.0), *outage]) == NO_BOILERPLATE


def test_it_is_the_same_for_the_same_texts_and_stays_for_a_few_more() -> None:
    found = find_boilerplate(_history())
    assert find_boilerplate(_history()) == found
    rarer = [*_history(), *(entry for _ in range(5) for entry in _history(0.0))]
    assert find_boilerplate(rarer) == NO_BOILERPLATE
    assert find_boilerplate(rarer, found) == found


def test_passages_are_told_as_they_stand() -> None:
    texts = [entry.text for entry in _history()]
    passages = boilerplate_in(texts, find_boilerplate(_history()))
    assert any("Sent through the service portal of Example Works" in passage for passage in passages)
