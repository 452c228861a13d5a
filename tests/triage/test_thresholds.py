from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from app.composition import Services
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.retrieval.label_columns import LabelColumn
from models.classifier import Examples, LabelClassifier
from models.features import CIRCUMSTANCE, TextFeatures
from models.prediction_sets import SetRule
from triage.decision import NOTHING_KNOWN, NOTHING_SAID, ConfidenceLimits, decide
from triage.explanation import HABIT, words_for_and_against
from triage.function_words import FUNCTION_WORDS
from triage.hierarchy import parent_of, parent_values

LIMITS = ConfidenceLimits(automatic=0.9, unsure_below=0.3)


@pytest.mark.parametrize(("ranked", "chosen", "value", "decision", "reason"), [
    ([("A", 0.95), ("B", 0.05)], "A", "A", Decision.AUTOMATIC, None),
    ([("A", 0.8), ("B", 0.2)], "A", "A", Decision.SUGGESTED, None),
    ([("A", 0.5), ("B", 0.45)], "B", "B", Decision.SUGGESTED, None),
    ([("A", 0.28), ("B", 0.26)], "A", None, Decision.UNSURE, "A and B are about equally likely"),
    ([("A", 0.29), ("B", 0.1)], "A", None, Decision.UNSURE, "no value is likely enough"),
    ([("A", 0.95), ("B", 0.05)], None, None, Decision.UNSURE, "no value fits what the other fields say"),
])  # fmt: skip
def test_each_decision_has_its_reason(
    ranked: list[tuple[str, float]], chosen: str | None, value: str | None, decision: Decision, reason: str | None
) -> None:
    found = decide(ranked, chosen, LIMITS)
    assert (found.value, found.decision, found.reason) == (value, decision, reason)
    if value is None:
        assert found.confidence == min(ranked[0][1], 0.2999)
        assert found.alternatives[0].value == ranked[0][0]


def test_what_is_unlike_anything_known_is_never_answered() -> None:
    found = decide([("A", 0.99)], "A", LIMITS, known=False)
    assert (found.value, found.decision, found.reason) == (None, Decision.UNSURE, NOTHING_KNOWN)


def test_a_value_that_only_novelty_doubts_is_unsure_for_that_reason() -> None:
    assert decide([("A", 0.2), ("B", 0.01)], "A", LIMITS, belonging=0.25).reason == NOTHING_KNOWN
    assert decide([("A", 0.2), ("B", 0.01)], "A", LIMITS, belonging=0.9).reason == "no value is likely enough"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0, 1), st.sampled_from([None, 0, 1]), st.booleans())
def test_what_is_unsure_is_less_confident_than_what_is_shown(
    chances: list[float], bar: float, chosen: int | None, known: bool
) -> None:
    ranked = [(str(place), chance) for place, chance in enumerate(sorted(chances, reverse=True))]
    found = decide(ranked, None if chosen is None else str(chosen), ConfidenceLimits(0.9, bar), known=known)
    if found.decision is Decision.UNSURE:
        shown = [entry.confidence for entry in found.alternatives]
        assert max(shown) == shown[0] == found.confidence <= round(bar, 4)
        assert [entry.value for entry in found.alternatives] == [value for value, _ in ranked[:5]]


def test_without_a_threshold_nothing_is_automatic() -> None:
    assert decide([("A", 1.0)], "A", ConfidenceLimits(None, 0.3)).decision is Decision.SUGGESTED


def test_sets_hold_the_right_value_nine_times_in_ten() -> None:
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.full(6, 0.6), size=6000)
    truth = np.array([random.choice(6, p=row) for row in chances], dtype=np.int32)
    learnt = chances[np.arange(3000), truth[:3000]].astype(np.float32)
    rule = SetRule.fit(learnt, chances[:3000].argmax(axis=1) == truth[:3000], truth[:3000], 6)
    members = np.stack([rule.members(row) for row in chances[3000:]])
    assert members[np.arange(3000), truth[3000:]].mean() == pytest.approx(0.9, abs=0.02)
    by_value = [members[truth[3000:] == value, value].mean() for value in range(6)]
    assert min(by_value) > 0.85
    assert members.sum(axis=1).mean() < 4


def desk(
    random: np.random.Generator, count: int, evidence: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Chances of tickets, and their true values: half of the first value, the others evenly of the rest.

    `evidence` is how much the truth of each value shows in the logits, which are noise otherwise.
    """
    values = len(evidence)
    truth = np.where(random.random(count) < 0.5, 0, random.integers(1, values, count)).astype(np.int32)
    logits = random.normal(size=(count, values))
    logits[np.arange(count), truth] += np.array(evidence)[truth]
    chances = np.exp(logits)
    return chances / chances.sum(axis=1, keepdims=True), truth


def held_by(evidence: Sequence[float]) -> NDArray[np.float64]:
    """Coverage of each value by sets learnt from 4,000 tickets of such a desk, and the mean over its tickets."""
    random = np.random.default_rng(2)
    (chances, truth), (asked, true) = (desk(random, 4000, evidence) for _ in range(2))
    learnt = chances[np.arange(4000), truth].astype(np.float32)
    rule = SetRule.fit(learnt, chances.argmax(axis=1) == truth, truth, len(evidence))
    held = np.array([rule.members(row)[value] for row, value in zip(asked, true, strict=True)])
    return np.array([*(held[true == value].mean() for value in range(len(evidence))), held.mean()])


def test_one_easy_value_of_many_tickets_takes_nothing_from_the_others() -> None:
    assert held_by([3.0] + [1.0] * 25)[-1] == pytest.approx(0.9, abs=0.02)


def test_a_hard_value_of_many_tickets_is_held_as_often_as_the_others() -> None:
    assert held_by([0.5] + [4.0] * 7)[0] == pytest.approx(0.9, abs=0.02)


def test_known_values_make_up_for_those_that_nobody_could_name() -> None:
    random = np.random.default_rng(1)
    chances = random.dirichlet(np.full(6, 0.6), size=6000)
    truth = np.array([random.choice(6, p=row) for row in chances], dtype=np.int32)
    first = chances.argmax(axis=1) == truth
    learnt = chances[np.arange(6000), truth].astype(np.float32)
    rule = SetRule.fit(learnt[:3000], first[:3000], truth[:3000], 6, beyond=0.05)
    held = np.mean([rule.members(row)[true] for row, true in zip(chances[3000:], truth[3000:], strict=True)])
    assert 0.95 * held == pytest.approx(0.9, abs=0.02)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_a_set_is_never_empty_and_holds_the_best_guess(chances: list[float]) -> None:
    rule = SetRule(np.array([0.5, 0.9]), 0.7)
    members = rule.members(np.array(chances))
    assert members[int(np.argmax(chances))]


def test_siblings_that_share_the_confidence_answer_with_their_parent() -> None:
    child = LabelColumn(["Drops", "Certificate", "Jam", "Drops", "Drops"])
    parent = LabelColumn(["VPN", "VPN", "Printing", "VPN", "Printing"])
    parents = parent_values(child, parent)
    assert parents == {"Drops": "VPN", "Certificate": "VPN", "Jam": "Printing"}
    found = parent_of("category", [("Drops", 0.28), ("Certificate", 0.27), ("Jam", 0.2)], parents)
    assert found is not None
    assert (found.field, found.value, found.confidence, found.unclear) == (
        "category",
        "VPN",
        0.55,
        ("Drops", "Certificate"),
    )
    assert parent_of("category", [("Drops", 0.3), ("Jam", 0.3)], parents) is None
    assert parent_of("category", [("New", 0.9)], parents) is None


def test_an_answer_says_why_and_what_else_it_may_be(sample_services: Services) -> None:
    ticket = Incident("", "vpn drops every few minutes at home")
    plain = sample_services.assistant.suggest(ticket).fields["subcategory"]
    why = sample_services.assistant.suggest(ticket, explain=True).fields["subcategory"].explanation
    assert plain.explanation is None
    assert why is not None
    assert why.value == plain.value == "Connection drops"
    assert why.words_for
    assert all(word.text in ticket.text for word in (*why.words_for, *why.words_against))
    assert all(word.weight > 0 for word in why.words_for)
    assert all(word.weight < 0 for word in why.words_against)
    assert why.incidents
    assert all(sample_services.store.incident(voter.number).subcategory == why.value for voter in why.incidents)
    assert "KB00016" in why.articles
    assert plain.prediction_set[0] == "Connection drops"


def test_what_the_caller_came_with_before_stands_among_the_words() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 120)
    called = [(f"caller={('ann', 'bob', 'cleo')[code]}",) if i % 3 else () for i, code in enumerate(codes)]
    texts = [f"{('broken', 'slow', 'locked')[code if i % 2 else 0]}" for i, code in enumerate(codes)]
    meaning, everyone = np.zeros((120, 4), dtype=np.float32), np.ones(120, dtype=bool)
    known = TextFeatures.fit(texts, frozen=4)
    examples = Examples(
        known.transform(texts, meaning, called),
        random.dirichlet(np.ones(3), (1, 120)).astype(np.float32),
        codes,
        np.arange(120),
        everyone,
        ~everyone,
    )
    classifier = LabelClassifier.fit(examples, ["Disk", "Network", "Account"], jobs=1)
    asked = known.transform(["slow"], meaning[:1], [("caller=cleo",)])
    spoke_for, against = words_for_and_against(classifier, known, asked, value="Network", instead_of="Account")
    assert [word.text for word in spoke_for] == ["slow"]
    assert {word.text for word in against} == {CIRCUMSTANCE, HABIT}
    by_word = (asked.words @ classifier.estimators["words"].arrays()["weights"])[0]
    by_habit = classifier.estimators["habits"].scores(asked)[0]
    (habit,) = (word.weight for word in against if word.text == HABIT)
    assert habit == pytest.approx(by_habit[1] - by_habit[2], abs=1e-4)
    told = sum(word.weight for word in (*spoke_for, *against))
    assert told == pytest.approx(by_word[1] - by_word[2] + habit, abs=2e-4)
    alone = words_for_and_against(classifier, known, asked, value="Network", instead_of=None)
    assert sum(word.weight for part in alone for word in part) == pytest.approx(by_word[1] + by_habit[1], abs=2e-4)


def test_a_vague_ticket_says_why_it_is_unsure(sample_services: Services) -> None:
    fields = sample_services.assistant.suggest(Incident("", "I need help")).fields
    assert fields["subcategory"].decision is Decision.UNSURE
    assert fields["subcategory"].reason
    assert {field.reason for field in sample_services.assistant.suggest(Incident("", "?!")).fields.values()} == {
        NOTHING_SAID
    }


def test_what_is_unlike_anything_known_is_less_familiar_and_unsure(sample_services: Services) -> None:
    known = ["vpn drops at home", "printer queue stuck, nothing comes out", "mailbox is full"]
    unknown = [
        "the giraffe in the zoo eats blue cheese",
        "quel temps fera-t-il demain à la plage",
        "3 eggs and 200 g of flour",
    ]
    asked = [sample_services.assistant.suggest(Incident("", text)) for text in known + unknown]
    assert min(found.known for found in asked[:3]) > max(found.known for found in asked[3:]) + 0.2
    for found in asked[3:]:
        assert {field.decision for field in found.fields.values()} == {Decision.UNSURE}
        assert {field.reason for field in found.fields.values()} == {NOTHING_KNOWN}
        assert {field.parent for field in found.fields.values()} == {None}


def test_an_explanation_names_no_function_words_and_no_word_twice(sample_services: Services) -> None:
    text = "since the update this morning the vpn drops every few minutes at home, for me and for my colleague"
    fields = sample_services.assistant.suggest(Incident("", text), explain=True).fields
    for name, field in fields.items():
        why = field.explanation
        assert why is not None
        for words in (why.words_for, why.words_against):
            said = set[str]()
            for word in words:
                if word.text in (HABIT, CIRCUMSTANCE):
                    continue
                parts = set(word.text.split())
                assert parts - said, (name, word.text)
                assert not parts & FUNCTION_WORDS, (name, word.text)
                said |= parts
    assert "vpn" in {word.text for word in (fields["category"].explanation or why).words_for}


def test_a_priority_is_explained_by_the_impact_and_urgency_that_the_matrix_derives_it_from(
    sample_services: Services,
) -> None:
    ticket = Incident("", "vpn drops every few minutes at home")
    fields = sample_services.assistant.suggest(ticket, explain=True).fields
    why = fields["priority"].explanation
    assert why is not None
    best = {name: fields[name].best for name in ("impact", "urgency")}
    assert why.derived_from == {name: guess.value for name, guess in best.items() if guess is not None}
    assert (why.words_for, why.incidents) == ((), ())
    urgent = replace(ticket, impact="1 - High", urgency="1 - High")
    raised = sample_services.assistant.suggest(urgent, explain=True).fields["priority"]
    assert raised.best is not None
    assert raised.best.value.startswith("1")
    assert raised.explanation is not None
    assert raised.explanation.derived_from == {"impact": "1 - High", "urgency": "1 - High"}
    odd = replace(ticket, impact="whatever")
    assert sample_services.assistant.suggest(odd).fields["priority"].best == fields["priority"].best
