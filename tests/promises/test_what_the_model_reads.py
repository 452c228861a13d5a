"""What a ticket carries beside its complaint changes neither its suggestion nor what is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.composition import LiveServices, Services, open_services
from kb.records.article import Article
from kb.records.decision import Decision
from kb.records.incident import Incident
from kb.records.record_kind import RecordKind
from kb.retrieval.article_index import ArticleHit
from kb.retrieval.incident_index import IncidentHit
from kb.storage.rereading import reread
from kb.storage.schema import incidents
from training.learn import learn
from training.reading import read_anew

_COMPLAINTS = {
    "Audio": ["headset makes no sound in calls", "speaker hums in the meeting room", "microphone stays silent"],
    "Access": ["badge does not open the gate", "door code is refused at night", "turnstile stays shut for visitors"],
    "Orders": ["order form loses its lines", "invoice shows a wrong sum", "supplier is missing in the order form"],
}
_WHERE = ["in the north wing", "on my desk", "since the move", "for all of us", "again today", "after lunch"]
_FOOTER = "\n\nExample Works, Mill Lane 9\nReach us on extension 4410 from any telephone in the house"


def _form(said: str, place: int = 7) -> str:
    return (
        f"Reported through: self service page\nWhat is wrong: {said}\nAsset: {place * 37 % 9000}"
        f"\nHow urgent is it for your own work: please see the guideline{_FOOTER}"
    )


def _history() -> list[Incident]:
    said = [(topic, f"{line} {where}") for where in _WHERE for topic, lines in _COMPLAINTS.items() for line in lines]
    return [
        Incident(f"F{place}", line, description=_form(line, place), category=topic, assignment_group=topic)
        for place, (topic, line) in enumerate(said * 2)
    ]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with open_services(tmp_path_factory.mktemp("desk")) as found:
        found.store.put_incidents(_history())
        found.store.articles.put(
            [Article(id="K1", title="No sound", issue="headset without sound", resolution="Pair.")]
        )
        read_anew(found.memory, found.boilerplate)
        learn(found.memory, found.models, found.weights, fields=["category"])
        yield found


def _category(services: Services, short: str, long: str = "") -> tuple[str | None, Decision, list[str]]:
    found = services.assistant.suggest(Incident("", short, description=long))
    field = found.fields["category"]
    return field.value, field.decision, [hit.article.id for hit in found.articles]


_HEADSET = "My headset makes no sound in calls since the move."
_OLD = "The badge does not open the gate on the north wing, the door code is refused at night."
_LOG = "\n".join(f"2026-05-04 02:00:{second:02} INFO order form line {second} read" for second in range(40))

_TRACE = """com.example.ImportException: night job stopped
\tat com.example.Import.run(Import.java:40)
\tat com.example.Main.main(Main.java:7)
Caused by: com.example.LedgerException: zorbix ledger is locked
\tat com.example.Ledger.lock(Ledger.java:12)"""


@pytest.mark.parametrize(
    "long",
    [
        f"<html><head><style>p{{margin:0}}</style></head><body><p>{_HEADSET}</p></body></html>",
        f"{_HEADSET}\n\nOn Mon, 4 May 2026 at 09:00, Desk wrote:\n> {_OLD}\n> {_OLD}",
        f"{_HEADSET}\n\nVon: Desk\nGesendet: Montag, 4. Mai 2026\nAn: Ana\nBetreff: AW: Badge\n\n{_OLD}",
        f"{_HEADSET}\n\nBest regards,\nAna{_FOOTER}",
        f"{_HEADSET} {'x' * 5000}",
        _form(_HEADSET),
        f"{_LOG}\n2026-05-04 02:01:00 ERROR order form closed\n\n{_HEADSET}",
        f"{_HEADSET}\n\n{_TRACE}",
        f"The badge and the gate are fine, but {_HEADSET}",
    ],
    ids=["html", "quoted", "headers", "signature", "long word", "form", "log", "trace", "contrast"],
)
def test_the_complaint_decides(services: Services, long: str) -> None:
    value, decision, articles = _category(services, "Hello", _HEADSET)
    assert (value, articles) == ("Audio", ["K1"])
    assert _category(services, "Hello", long) == (value, decision, articles)


def test_a_reply_about_something_new_is_read_by_what_is_new(services: Services) -> None:
    new = f"That works again, thanks. Another thing: {_HEADSET}"
    value, _, _ = _category(services, "RE: RE: badge does not open the gate", f"{new}\n\nFrom: Desk\nSent: Monday\n"
                            f"To: Ana\nSubject: RE: badge\n\n> {_OLD}")  # fmt: skip
    assert value == "Audio"


@pytest.mark.parametrize("said", ["kettle boils over", "parking fee was charged twice", ""])
def test_a_form_makes_nothing_familiar(services: Services, said: str) -> None:
    value, decision, _ = _category(services, said or "RE:", _form(said))
    assert (value, decision) == (None, Decision.UNSURE)


def test_a_search_reads_as_a_ticket_does(services: Services) -> None:
    plain = services.memory.search(_HEADSET, limit=3)
    dressed = services.memory.search(f"<p>{_HEADSET}</p>\n{_form('').strip()}", limit=3)
    assert [hit.score for hit in dressed] == pytest.approx([hit.score for hit in plain], abs=0.05)
    articles = services.memory.search(f"<p>{_HEADSET}</p>{_form('')}", limit=1, kind=RecordKind.ARTICLES)
    assert [hit.article.id for hit in articles if isinstance(hit, ArticleHit)] == ["K1"]


def test_the_record_stays_as_it_came(services: Services) -> None:
    stored = services.store.incident("F0")
    assert stored.description == _history()[0].description
    assert "guideline" not in stored.text


def test_other_processes_follow_and_read_the_same(services: Services) -> None:
    with open_services(services.home) as other:
        live = LiveServices(other)
        assert other.store.incident("F0").text == services.store.incident("F0").text
        assert not live.follow()
        other.boilerplate.put(other.store.embeddings.boilerplate)
        assert live.follow()
        assert not live.follow()


def test_an_incident_is_found_by_the_telling_line_of_its_log(services: Services) -> None:
    stored = Incident("L1", "Night job", description=f"It stopped.\n\n{_TRACE}", category="Orders", state="closed")
    services.store.put_incidents([stored])
    (nearest, *_) = services.memory.search("zorbix ledger is locked", limit=1, kind=RecordKind.INCIDENTS)
    assert isinstance(nearest, IncidentHit)
    assert nearest.incident.number == "L1"


def test_a_folder_that_was_read_otherwise_opens_and_is_read_anew_once(tmp_path: Path) -> None:
    html = Incident("H1", "badge", description="<p>badge does not open the <b>gate</b></p>", category="Access")
    with open_services(tmp_path) as before:
        before.store.put_incidents([html, *_history()[:20]])
        raw = before.store.encoder.encode([f"badge\n{html.description}"])[0]
        with before.store.database.writing() as connection:  # as a version did that read HTML as it came
            before.store.embeddings.keep(connection, {"raw": raw})
            row = incidents.c.number == "H1"
            connection.execute(incidents.update().where(row).values(text_sha256="raw"))
    with open_services(tmp_path) as after:
        found = after.assistant.suggest(replace(html, number=""))
        assert found.similar_incidents[0].incident.number == "H1"
        steps = list[float]()
        assert reread(after.store.database, after.store.embeddings, steps.append) == 1
        assert steps == [0.0]
        assert reread(after.store.database, after.store.embeddings) == 0
        (stored,) = [one for one in after.store.incidents_since(0) if one.incident.number == "H1"]
        wanted = after.store.encoder.encode([html.text])[0]
        assert float(np.dot(stored.vector.astype(np.float32), wanted)) == pytest.approx(1.0, abs=0.01)


def test_a_damaged_file_of_boilerplate_is_named_and_suggestions_go_on(tmp_path: Path) -> None:
    with open_services(tmp_path) as before:
        before.store.put_incidents(_history()[:40])
        read_anew(before.memory, before.boilerplate)
    (tmp_path / "models" / "boilerplate.json").write_text("{", encoding="utf-8")
    with open_services(tmp_path) as after:
        assert after.assistant.suggest(Incident("", "badge does not open")).similar_incidents
        assert any("boilerplate.json" in warning for warning in after.warnings())
