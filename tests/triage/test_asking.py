"""Questions to the caller: asked where a field is unsure, with choices that the ticket does not have and that help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from app.api.application import create_app
from app.composition import Services, open_services
from app.services.suggesting import suggest_ticket
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.question_kind import QuestionKind
from tests.conftest import triage
from triage.asking import answered, possible_questions, worth_asking
from triage.suggestion import Answer

SYSTEMS = {
    "Outlook": "Messaging",
    "Citrix": "Virtual Desktops",
    "Salesforce": "Sales Applications",
    "Kronos": "Time Recording",
    "Jabber": "Telephony",
    "Tableau": "Reporting",
}
FAULTS = [
    "{} is slow and the page takes minutes to open",
    "very slow today, {} hangs at every click",
    "{} hangs, I wait and wait, nothing happens",
    "since this morning {} is so slow that nobody can work",
    "{} freezes again and again and is slow",
]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    home = tmp_path_factory.mktemp("asking")
    (home / "settings.env").write_text("TRIAGE_UNSURE_BELOW=0.5\n")
    with open_services(home) as opened:
        opened.store.put_incidents(
            [
                Incident(
                    f"I{system}{number}",
                    FAULTS[number % len(FAULTS)].format(system),
                    caller=f"caller {number}",
                    assignment_group=group,
                    service=f"{group} service",
                    state="closed",
                )
                for system, group in SYSTEMS.items()
                for number in range(20)
            ]
        )
        yield opened


def test_an_unsure_ticket_is_asked_what_makes_it_sure(services: Services) -> None:
    ticket = Incident("", "it is slow again, please help", state="new")
    found = suggest_ticket(services, ticket).suggestion
    assert found.fields["assignment_group"].decision is Decision.UNSURE
    (question, *_rest) = [one for one in found.questions if one.kind is QuestionKind.WORDS]
    assert set(question.choices) <= SYSTEMS.keys()
    assert len(question.choices) == 4
    for choice, value in zip(question.choices, question.leads_to, strict=True):
        assert value == SYSTEMS[choice]
        after = suggest_ticket(services, answered(ticket, choice)).suggestion
        assert after.fields["assignment_group"].value == SYSTEMS[choice]
        assert after.questions == ()
    assert question.text == "Which of these is it about?"
    assert f"“{question.choices[0]}” went to {question.leads_to[0]}" in question.why


def test_at_most_two_questions_and_none_about_what_the_ticket_says(services: Services) -> None:
    found = suggest_ticket(services, Incident("", "it is slow again", state="new")).suggestion
    assert 1 <= len(found.questions) <= 2
    told = suggest_ticket(
        services, Incident("", "it is slow again", service="Messaging service", state="new")
    ).suggestion
    assert all(question.kind is not QuestionKind.SERVICE for question in told.questions)


def test_a_sure_ticket_and_one_without_words_are_asked_nothing(services: Services) -> None:
    for text in ("since this morning Citrix is so slow that nobody can work", "..."):
        assert suggest_ticket(services, Incident("", text, state="new")).suggestion.questions == (), text


def test_an_answer_that_leaves_the_field_unsure_is_not_worth_a_question(services: Services) -> None:
    ticket = services.store.embeddings.as_read(Incident("", "it is slow again, please help", state="new"))
    fields = suggest_ticket(services, ticket).suggestion.fields
    vector = services.memory.query(ticket.text, ticket.searched_text).vector
    index = services.memory.incidents
    found = possible_questions(ticket, fields, index, index.similarities(vector))
    unsure = Answer(fields, 0.5)
    assert found
    assert worth_asking(found, [unsure for question in found for _ in question.choices]) == ()


def test_a_word_that_few_texts_have_is_no_choice(services: Services) -> None:
    names = [
        Incident(
            f"N{number}",
            "it is slow again, says Petronella",
            assignment_group=group,
            state="closed",
            caller=str(number),
        )
        for number, group in enumerate(list(SYSTEMS.values())[:4])
    ]
    services.store.put_incidents(names)
    found = suggest_ticket(services, Incident("", "it is slow again, please help", state="new")).suggestion
    assert "Petronella" not in {choice for question in found.questions for choice in question.choices}


def test_the_api_and_the_command_give_questions(services: Services, tmp_path: Path) -> None:
    app = create_app(services, hosts=["testserver"])
    with TestClient(app) as client:
        answer = client.post("/v1/suggest", json={"short_description": "it is slow again, please help"}).json()
    question = answer["questions"][0]
    assert {*question} == {"field", "kind", "text", "why", "choices"}
    assert question["field"] == "assignment_group"
    shown = triage("--home", str(services.home), "suggest", "it is slow again, please help")
    assert question["choices"][0] in shown.stdout
