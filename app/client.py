"""Client of the HTTP API, typed; the desk uses it, and scripts may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from app.error_codes import error_class
from app.room_client import RoomClient
from app.schemas.acts import ActsView
from app.schemas.administration import (
    CatalogueView,
    DriftView,
    FieldModeView,
    ModeExamplesView,
    ModelsView,
    ModesView,
    StatesView,
)
from app.schemas.articles import (
    ArticleList,
    ArticleStepsView,
    ArticleView,
    CoachView,
    DifferenceView,
    FlagList,
    FlagView,
    HintsView,
    HintView,
    MergedView,
)
from app.schemas.board import BoardView
from app.schemas.clocks import ClocksView
from app.schemas.curation import (
    CaseList,
    ContributionsView,
    DoneView,
    ItemView,
    MeasuresView,
    PeopleView,
    PersonView,
    TaxonomyView,
    WorklistView,
)
from app.schemas.fields import FieldValuesView
from app.schemas.health import ReadinessView
from app.schemas.imports import ImportPreviewView
from app.schemas.incident_life import EventView, MovedView, TimelineView
from app.schemas.incidents import IncidentView, WrittenView
from app.schemas.job_reports import CheckupView, EvaluationView, ReplayView
from app.schemas.jobs import JobsView, JobView
from app.schemas.keys import KeysView, KeyView, NewKeyView
from app.schemas.label_changes import LabelChangesView, LabelChangeView
from app.schemas.major_incidents import MajorIncidentDetailView, MajorIncidentsView, MajorIncidentView
from app.schemas.major_room import MajorRoomsView, MajorRoomView
from app.schemas.notifications import NotificationsView, NotificationView
from app.schemas.problems import Problem
from app.schemas.queue import QueueView
from app.schemas.search import SearchView
from app.schemas.security import RestrictedIncidentsView, RestrictedIncidentView, SecurityProceduresView
from app.schemas.suggestions import ClassifyView, FeedbackView, ReviewView, SuggestionView
from kb.records.act import UndoError
from kb.records.api_key import Scope
from kb.records.board import OverLimitError
from kb.records.incident_moves import IncidentMoveError
from kb.records.job import JobKind
from kb.records.life_cycle import Role
from models.errors import InvalidError, TriageError, UnavailableError

View = TypeVar("View", bound=BaseModel)

_UPLOAD_SECONDS = 600.0  # a file of 100,000 rows is looked through before the service answers


class Client:
    """The API at one address.

    What the service refuses is raised as the kind of TriageError that it was there: NotFoundError, EditConflictError,
    InvalidError and so on; UnavailableError where it does not answer.
    """

    def __init__(
        self, address: str = "http://127.0.0.1:8000", *, key: str | None = None, timeout: float = 30.0
    ) -> None:
        headers = {"authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.Client(base_url=address, headers=headers, timeout=timeout, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def suggest(self, ticket: Mapping[str, Any], *, explain: bool = False) -> SuggestionView:
        """Return what is suggested for a ticket, and with `explain` why."""
        return self._call(SuggestionView, "POST", "/v1/suggest", json=ticket, params={"explain": explain})

    def classify(self, tickets: Sequence[Mapping[str, Any]]) -> ClassifyView:
        """Return the fields of up to 1000 tickets."""
        return self._call(ClassifyView, "POST", "/v1/classify", json={"tickets": list(tickets)})

    def put_incident(self, number: str, incident: Mapping[str, Any], **said: Any) -> IncidentView:
        """Write one incident; `said` are the parameters of `PUT /v1/incidents`."""
        return self._call(IncidentView, "PUT", _path("/v1/incidents", number), json=incident, params=_given(said))

    def log_incident(
        self,
        number: str,
        incident: Mapping[str, Any],
        feedback: Sequence[Mapping[str, Any]] = (),
        *,
        article: str | None = None,
        by: str | None = None,
    ) -> IncidentView:
        """Write one incident with what a person decided on its fields: `field`, `suggested` and `chosen` of each.

        With `article`, that one solved it. Where the incident is new, `undo` of the answer is the id of the act.
        """
        decisions = [{"by": by, **decision} for decision in feedback]
        link = None if article is None else {"article": article, "by": by}
        body = {**incident, "decisions": decisions, "article_link": link}
        return self.put_incident(number, body, undoable=True, by=by)

    def put_incidents(self, incidents: Sequence[Mapping[str, Any]]) -> WrittenView:
        """Write up to 1000 incidents."""
        return self._call(WrittenView, "POST", "/v1/incidents", json={"incidents": list(incidents)})

    def incident(self, number: str) -> IncidentView:
        """Read one incident."""
        return self._call(IncidentView, "GET", _path("/v1/incidents", number))

    def clocks(self, number: str) -> ClocksView:
        """Return how much of each target of an incident is used, when it is due, and why."""
        return self._call(ClocksView, "GET", f"{_path('/v1/incidents', number)}/clocks")

    def timeline(self, number: str) -> TimelineView:
        """Return what happened to an incident, the earliest first."""
        return self._call(TimelineView, "GET", f"{_path('/v1/incidents', number)}/timeline")

    def note_event(
        self, number: str, kind: str, *, by: str | None = None, note: str | None = None, at: datetime | None = None
    ) -> EventView:
        """Add to the timeline of an incident what changes no field of it, such as an answer to the caller."""
        body = {"kind": kind, "by": by, "note": note, "at": None if at is None else at.isoformat()}
        return self._call(EventView, "POST", f"{_path('/v1/incidents', number)}/events", json=body)

    def move_incident(
        self, number: str, to: str, *, by: str | None = None, note: str | None = None, override: str | None = None
    ) -> MovedView:
        """Move an incident to another stage, which a state of a ticket tool may name.

        Raises InvalidError where nothing is called so, ConflictError with the reason where that is not allowed, and
        OverLimitError where the board has no room and no `override` says why it has to be.
        """
        path = f"{_path('/v1/incidents', number)}/transitions"
        return self._call(MovedView, "POST", path, json={"to": to, "by": by, "note": note, "override": override})

    def link_article(self, number: str, article: str, *, by: str | None = None) -> IncidentView:
        """Note that an article solved an incident."""
        path = f"{_path('/v1/incidents', number)}/articles"
        return self._call(IncidentView, "POST", path, json={"article": article, "by": by})

    def capture(self, number: str, *, searched: str | None = None, by: str | None = None) -> ArticleView:
        """Turn an incident into an article that is work in progress."""
        path = f"{_path('/v1/incidents', number)}/capture"
        return self._call(ArticleView, "POST", path, json={"searched": searched, "by": by})

    def review(self, *, limit: int = 50) -> ReviewView:
        """Open tickets, the one that most needs a person first."""
        return self._call(ReviewView, "GET", "/v1/review", params={"limit": limit})

    def queue(self, *, limit: int = 25, offset: int = 0, **filters: str | None) -> QueueView:
        """Return a page of the queue: open incidents in the order in which they need a person."""
        params = _given({"limit": limit, "offset": offset, **filters})
        return self._call(QueueView, "GET", "/v1/queue", params=params)

    def board(
        self,
        *,
        by: str = "none",
        lanes: int = 20,
        lanes_offset: int = 0,
        limit: int = 20,
        offset: int = 0,
        **filters: str | None,
    ) -> BoardView:
        """Return the board: open incidents by lane and stage, and the limits that hold."""
        paging = {"lanes": lanes, "lanes_offset": lanes_offset, "limit": limit, "offset": offset}
        return self._call(BoardView, "GET", "/v1/board", params=_given({"by": by, **paging, **filters}))

    def major_incidents(self, *, limit: int = 20) -> MajorIncidentsView:
        """Major incidents that were proposed, the newest first."""
        return self._call(MajorIncidentsView, "GET", "/v1/major-incidents", params={"limit": limit})

    def major_incident(self, key: str) -> MajorIncidentDetailView:
        """Return a major incident with all that is known of it."""
        return self._call(MajorIncidentDetailView, "GET", _path("/v1/major-incidents", key))

    def merge_majors(self, key: str, into: str, *, by: str | None = None) -> MajorIncidentView:
        """Merge a major incident into another one; returns that one."""
        path = f"{_path('/v1/major-incidents', key)}/merge"
        return self._call(MajorIncidentView, "POST", path, json={"into": into, "by": by})

    def unmerge_major(self, key: str, *, by: str | None = None) -> MajorIncidentView:
        """Part a major incident from the one it was merged into."""
        return self._call(MajorIncidentView, "POST", f"{_path('/v1/major-incidents', key)}/unmerge", json={"by": by})

    def decide_major(
        self, key: str, decision: str, *, by: str | None = None, seen: str | None = None
    ) -> MajorIncidentView:
        """Confirm a proposed major incident ("accepted"), reject it ("rejected"), or take that back ("open").

        One that was accepted can be demoted ("demoted"). `seen` is the decision that the person saw; where somebody
        decided otherwise since, EditConflictError is raised.
        """
        path = f"{_path('/v1/major-incidents', key)}/decision"
        return self._call(MajorIncidentView, "POST", path, json={"decision": decision, "by": by, "seen": seen})

    def security_procedures(self) -> SecurityProceduresView:
        """Return what is done about each kind of security incident."""
        return self._call(SecurityProceduresView, "GET", "/v1/security-procedures")

    def security_incidents(self, *, person: str | None = None) -> RestrictedIncidentsView:
        """Return the restricted incidents that a person may see, and how many there are in all."""
        return self._call(RestrictedIncidentsView, "GET", "/v1/security-incidents", headers=_as(person))

    def security_incident(self, number: str, *, person: str | None = None) -> RestrictedIncidentView:
        """Read a restricted incident that a person may see."""
        path = _path("/v1/security-incidents", number)
        return self._call(RestrictedIncidentView, "GET", path, headers=_as(person))

    def restrict(self, number: str, *, person: str | None = None, **said: Any) -> RestrictedIncidentView:
        """Restrict an incident to those who are named; `said` are the fields of `PUT /v1/security-incidents`."""
        path = _path("/v1/security-incidents", number)
        body = {**_given(said), "by": person}
        return self._call(RestrictedIncidentView, "PUT", path, json=body, headers=_as(person))

    def move_restricted(
        self, number: str, to: str, *, person: str | None = None, note: str | None = None
    ) -> RestrictedIncidentView:
        """Move a restricted incident to another stage."""
        path = f"{_path('/v1/security-incidents', number)}/transitions"
        body = {"to": to, "by": person, "note": note}
        return self._call(RestrictedIncidentView, "POST", path, json=body, headers=_as(person))

    def lift_restriction(self, number: str, *, person: str | None = None) -> None:
        """Let everybody see a restricted incident again."""
        path = _path("/v1/security-incidents", number)
        self._send("DELETE", path, params=_given({"by": person}), headers=_as(person))

    def declare_major(self, incident: str, *, by: str | None = None) -> MajorRoomView:
        """Declare an incident to be a major one."""
        return self._call(MajorRoomView, "POST", "/v1/major-incidents", json={"incident": incident, "by": by})

    def major_rooms(self, *, limit: int = 20) -> MajorRoomsView:
        """Major incidents that were accepted, the newest first."""
        return self._call(MajorRoomsView, "GET", "/v1/major-rooms", params={"limit": limit})

    def major(self, key: str) -> RoomClient:
        """Return the client of one major incident that was accepted."""
        return RoomClient(self._send, _path("/v1/major-incidents", key))

    def modes(self) -> ModesView:
        """Return what is done with suggestions on each field, with the evidence."""
        return self._call(ModesView, "GET", "/v1/modes")

    def set_mode(self, field: str, mode: str, *, by: str | None = None) -> FieldModeView:
        """Set the mode of a field."""
        return self._call(FieldModeView, "PUT", _path("/v1/modes", field), json={"mode": mode, "by": by})

    def act(self, acts: Sequence[Mapping[str, Any]], *, by: str | None = None) -> ActsView:
        """Do something to up to 500 incidents: each act has `number`, `act`, `fields` and `expected`."""
        return self._call(ActsView, "POST", "/v1/queue/acts", json={"acts": list(acts), "by": by})

    def undo(self, act: str, *, by: str | None = None) -> IncidentView:
        """Undo an act by the id that its result has."""
        return self._call(IncidentView, "POST", f"{_path('/v1/acts', act)}/undo", json={"by": by})

    def withdraw_feedback(self, key: int, *, by: str | None = None) -> None:
        """Withdraw what a person decided."""
        self._send("DELETE", f"/v1/feedback/{key}", params=_given({"by": by}))

    def mode_examples(self, field: str, *, limit: int = 10) -> ModeExamplesView:
        """Tickets on which a field would have been filled in, wrong ones first."""
        return self._call(ModeExamplesView, "GET", f"{_path('/v1/modes', field)}/examples", params={"limit": limit})

    def field_values(self, field: str, parent: str | None = None, *, limit: int = 1000) -> FieldValuesView:
        """Return the values that a person may choose for a field, with `parent` the value one level up."""
        path = f"{_path('/v1/fields', field)}/values"
        return self._call(FieldValuesView, "GET", path, params=_given({"parent": parent, "limit": limit}))

    def states(self) -> StatesView:
        """Return the states that incidents have and what they mean."""
        return self._call(StatesView, "GET", "/v1/states")

    def set_states(self, meanings: Mapping[str, str | None], *, by: str | None = None) -> StatesView:
        """Say what states mean."""
        return self._call(StatesView, "PUT", "/v1/states", json={"meanings": dict(meanings), "by": by})

    def people(self) -> PeopleView:
        """Who has which role with articles."""
        return self._call(PeopleView, "GET", "/v1/people")

    def give_role(
        self, name: str, role: Role, *, groups: Sequence[str] | None = None, by: str | None = None
    ) -> PersonView:
        """Give a person a role with articles, and with `groups` the named groups that they are in."""
        body = _given({"role": role, "by": by, "groups": groups})
        return self._call(PersonView, "PUT", _path("/v1/people", name), json=body)

    def take_role(self, name: str) -> None:
        """Let a person have the role that everybody has."""
        self._send("DELETE", _path("/v1/people", name))

    def keys(self) -> KeysView:
        """Who may call the API and for what."""
        return self._call(KeysView, "GET", "/v1/keys")

    def make_key(
        self, name: str, scopes: Sequence[Scope], *, days: float | None = None, groups: Sequence[str] = ()
    ) -> NewKeyView:
        """Create a key; its text is in this answer only."""
        body = {"name": name, "scopes": list(scopes), "days": days, "groups": list(groups)}
        return self._call(NewKeyView, "POST", "/v1/keys", json=body)

    def revoke_key(self, key: str) -> KeyView:
        """Revoke a key."""
        return self._call(KeyView, "DELETE", _path("/v1/keys", key))

    def catalogue(self) -> CatalogueView:
        """Return the values that each field may have, where that was told."""
        return self._call(CatalogueView, "GET", "/v1/catalogue")

    def set_catalogue(self, field: str, values: Sequence[str]) -> CatalogueView:
        """Say which values a field may have; none for any."""
        return self._call(CatalogueView, "PUT", _path("/v1/catalogue", field), json={"values": list(values)})

    def label_changes(self) -> LabelChangesView:
        """Return the values that were renamed, merged, split or retired."""
        return self._call(LabelChangesView, "GET", "/v1/label-changes")

    def change_label(
        self, field: str, old: str, new: Sequence[str], *, since: datetime | None = None, by: str | None = None
    ) -> LabelChangeView:
        """Record that a value was renamed, merged, split or, without a new one, retired."""
        said = {"field": field, "old": old, "new": list(new), "since": since and since.isoformat(), "by": by}
        return self._call(LabelChangeView, "POST", "/v1/label-changes", json=_given(said))

    def withdraw_label_change(self, key: int) -> None:
        """Withdraw a label change."""
        self._send("DELETE", f"/v1/label-changes/{key}")

    def drift(self, *, days: float = 30) -> DriftView:
        """Return whether anything moves, in the last days compared with those before."""
        return self._call(DriftView, "GET", "/v1/drift", params={"days": days})

    def models(self) -> ModelsView:
        """Return the trained models, and whether another training is due."""
        return self._call(ModelsView, "GET", "/v1/models")

    def serve_model(self, version: str) -> ModelsView:
        """Let a trained model serve."""
        return self._call(ModelsView, "PUT", "/v1/models/serving", json={"version": version})

    def feedback(self, **decision: Any) -> FeedbackView:
        """Tell what a person decided."""
        return self._call(FeedbackView, "POST", "/v1/feedback", json=decision)

    def search(self, text: str, *, kind: str | None = None, limit: int = 10, service: str | None = None) -> SearchView:
        """Search incidents and articles."""
        given = {"q": text, "kind": kind, "limit": limit, "service": service}
        return self._call(SearchView, "GET", "/v1/search", params=_given(given))

    def articles(self, *, limit: int = 50, offset: int = 0, **filters: str | None) -> ArticleList:
        """Return a page of articles by title; `filters` are those of `GET /v1/articles`."""
        given = {"limit": limit, "offset": offset, **filters}
        return self._call(ArticleList, "GET", "/v1/articles", params=_given(given))

    def article(self, key: str) -> ArticleView:
        """Read one article."""
        return self._call(ArticleView, "GET", _path("/v1/articles", key))

    def post_article(self, article: Mapping[str, Any]) -> ArticleView:
        """Write a new article."""
        return self._call(ArticleView, "POST", "/v1/articles", json=article)

    def patch_article(self, key: str, changes: Mapping[str, Any], *, version: int | None = None) -> ArticleView:
        """Change parts of an article; raises EditConflictError where `version` is not the newest any more."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        return self._call(ArticleView, "PATCH", _path("/v1/articles", key), json=changes, headers=headers)

    def article_steps(self, key: str, *, by: str | None = None) -> ArticleStepsView:
        """List the steps that an article may take, and whether a person may take them."""
        return self._call(ArticleStepsView, "GET", f"{_path('/v1/articles', key)}/steps", params=_given({"by": by}))

    def hints(self, article: Mapping[str, Any]) -> list[HintView]:
        """Say what could be better in a text that is not kept yet."""
        return self._call(HintsView, "POST", "/v1/articles/hints", json=article).hints

    def opened(self, key: str, *, number: str | None = None, by: str | None = None) -> None:
        """Note that somebody read an article."""
        self._send("POST", f"{_path('/v1/articles', key)}/uses", json={"number": number, "by": by})

    def not_found(self, text: str, *, number: str | None = None, by: str | None = None) -> None:
        """Note that a search found no article that helps."""
        self._send("POST", "/v1/searches", json={"text": text, "number": number, "by": by})

    def withdraw_not_found(self, text: str, *, number: str | None = None, by: str | None = None) -> None:
        """Withdraw that a search found no article that helps."""
        self._send("POST", "/v1/searches/withdraw", json={"text": text, "number": number, "by": by})

    def difference(self, key: str, before: int, after: int) -> DifferenceView:
        """Return what changed between two versions of an article."""
        path = f"{_path('/v1/articles', key)}/difference"
        return self._call(DifferenceView, "GET", path, params={"before": before, "after": after})

    def restore_article(self, key: str, version: int, *, by: str | None = None) -> ArticleView:
        """Give an article the content of an earlier version again."""
        path = f"{_path('/v1/articles', key)}/restore"
        return self._call(ArticleView, "POST", path, json={"version": version, "by": by})

    def merge_article(self, key: str, into: str, *, by: str | None = None) -> MergedView:
        """Let another article take this one's place."""
        return self._call(MergedView, "POST", f"{_path('/v1/articles', key)}/merge", json={"into": into, "by": by})

    def flags(self, key: str) -> FlagList:
        """Return what people found wrong with an article."""
        return self._call(FlagList, "GET", f"{_path('/v1/articles', key)}/flags")

    def flag_article(
        self, key: str, reason: str, comment: str = "", *, number: str | None = None, by: str | None = None
    ) -> FlagView:
        """Say what is wrong with an article."""
        body = {"reason": reason, "comment": comment, "number": number, "by": by}
        return self._call(FlagView, "POST", f"{_path('/v1/articles', key)}/flags", json=body)

    def close_flag(self, key: str, flag: int, *, by: str | None = None) -> FlagList:
        """Say that a flag is settled."""
        return self._call(FlagList, "POST", f"{_path('/v1/articles', key)}/flags/{flag}/close", json={"by": by})

    def coaching(self, key: str) -> CoachView:
        """Return what could be better in an article, and what it did."""
        return self._call(CoachView, "GET", f"{_path('/v1/articles', key)}/coaching")

    def worklist(self, *, kind: str | None = None, limit: int = 50, decided: bool = False) -> WorklistView:
        """Return what a knowledge manager should do, as of when curation looked last; it does not wait for that."""
        given = {"kind": kind, "limit": limit, "decided": decided, "wait": False}
        return self._call(WorklistView, "GET", "/v1/worklist", params=_given(given))

    def decide(
        self, item: str, verdict: str | None, *, name: str | None = None, note: str = "", by: str | None = None
    ) -> ItemView:
        """Decide on an item of the worklist, or with a name and no verdict only name it."""
        body = {"verdict": verdict, "name": name, "note": note, "by": by}
        return self._call(ItemView, "POST", f"{_path('/v1/worklist', item)}/decision", json=body)

    def do(self, item: str, *, by: str | None = None, polish: bool = False, keep: str | None = None) -> DoneView:
        """Do the one thing that an item asks for; `keep` is the article that stays in a merge."""
        body = {"by": by, "polish": polish, "keep": keep}
        return self._call(DoneView, "POST", f"{_path('/v1/worklist', item)}/do", json=body)

    def measures(self, **chosen: Any) -> MeasuresView:
        """Return how well the knowledge base covers the work of a `team` or `service`, `since` and `until` a day."""
        return self._call(MeasuresView, "GET", "/v1/measures", params=_given({**chosen, "wait": False}))

    def cases(self, *, limit: int = 50, offset: int = 0, **filters: Any) -> CaseList:
        """List the cases behind a measure; `filters` are those of `GET /v1/cases`."""
        given = {"limit": limit, "offset": offset, **filters}
        return self._call(CaseList, "GET", "/v1/cases", params=_given(given))

    def case_table(self) -> str:
        """Return every case that the measures count, as CSV."""
        return self._send("GET", "/v1/measures/cases").text

    def contributions(self) -> ContributionsView:
        """Who contributed what, for the coach."""
        return self._call(ContributionsView, "GET", "/v1/contributions")

    def taxonomy(self) -> TaxonomyView:
        """Return what is wrong with the categories."""
        return self._call(TaxonomyView, "GET", "/v1/taxonomy", params={"wait": False})

    def preview_import(self, name: str, content: bytes, **said: Any) -> ImportPreviewView:
        """Return what an import of a file would do.

        `said` may have `map` and `state` (lists of NAME=VALUE), `sheet`, `timezone` and `day_first`.
        """
        return self._upload(ImportPreviewView, "/v1/imports/preview", name, content, said)

    def start_import(self, name: str, content: bytes, *, by: str | None = None, **said: Any) -> JobView:
        """Import a file in the background; `said` is as for a preview."""
        return self._upload(JobView, "/v1/imports", name, content, {**said, "by": by})

    def start_training(self, *, by: str | None = None) -> JobView:
        """Train in the background."""
        return self._call(JobView, "POST", "/v1/jobs", params=_given({"kind": JobKind.TRAIN.value, "by": by}))

    def start_report(self, kind: JobKind, *, by: str | None = None) -> JobView:
        """Evaluate, replay or examine the data in the background."""
        return self._call(JobView, "POST", "/v1/jobs", params=_given({"kind": kind.value, "by": by}))

    def jobs(self, *, kind: JobKind | None = None, limit: int = 50) -> JobsView:
        """Return the newest jobs, or those of a kind."""
        return self._call(JobsView, "GET", "/v1/jobs", params=_given({"kind": kind, "limit": limit}))

    def notifications(self, *, status: str | None = None, number: str | None = None) -> NotificationsView:
        """Return the newest notifications, in one state or of one incident."""
        params = _given({"status": status, "number": number})
        return self._call(NotificationsView, "GET", "/v1/notifications", params=params)

    def retry_notification(self, key: str) -> NotificationView:
        """Send a notification again; raises ConflictError where it is under way or has arrived."""
        return self._call(NotificationView, "POST", f"{_path('/v1/notifications', key)}/retry")

    def evaluation(self, key: str) -> EvaluationView:
        """Return the figures of an evaluation that is done."""
        return self._call(EvaluationView, "GET", f"{_path('/v1/jobs', key)}/result")

    def replay(self, key: str) -> ReplayView:
        """Return the figures of a replay that is done."""
        return self._call(ReplayView, "GET", f"{_path('/v1/jobs', key)}/result")

    def checkup(self, key: str) -> CheckupView:
        """Return the problems that were found in the data."""
        return self._call(CheckupView, "GET", f"{_path('/v1/jobs', key)}/result")

    def job_report(self, key: str) -> str:
        """Return the page to read of an evaluation or a replay, as HTML."""
        return self._send("GET", f"{_path('/v1/jobs', key)}/report").text

    def job(self, key: str) -> JobView:
        """Read how far a job is."""
        return self._call(JobView, "GET", _path("/v1/jobs", key))

    def _upload(self, view: type[View], path: str, name: str, content: bytes, said: Mapping[str, Any]) -> View:
        parameters = _given({"name": name, **said})
        return self._call(view, "POST", path, params=parameters, content=content, timeout=_UPLOAD_SECONDS)

    def ready(self) -> ReadinessView:
        """Return whether the service can answer, and from what."""
        return self._call(ReadinessView, "GET", "/readyz")

    def _call(self, view: type[View], method: str, path: str, **more: Any) -> View:
        return view.model_validate_json(self._send(method, path, **more).content)

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **more)
        except httpx.TransportError as error:
            raise UnavailableError(
                f"the service at {self._http.base_url} does not answer ({error}); is it running?"
            ) from None
        if response.is_success:
            return response
        raise _error(response)


def _error(response: httpx.Response) -> TriageError:
    try:
        problem = Problem.model_validate_json(response.content)
    except ValueError:
        return error_class("", response.status_code)(f"the service answered {response.status_code}; its log says why")
    kind = error_class(problem.type, response.status_code)
    detail = problem.detail if problem.wording is None else problem.wording.wording()
    if issubclass(kind, InvalidError):
        return kind(detail, field=problem.errors[0].field if problem.errors else None)
    if issubclass(kind, OverLimitError):
        return kind(detail, [one.excess() for one in problem.exceeded or ()])
    if problem.refused_move is not None:
        return IncidentMoveError(detail, problem.refused_move.refused_move())
    if problem.refused_undo is not None:
        return UndoError(detail, problem.refused_undo.record())
    return kind(detail)


def _as(person: str | None) -> dict[str, str]:
    """Return the header that says for whom the call is made."""
    return {"triage-person": quote(person, safe="")} if person else {}


def _path(base: str, key: str) -> str:
    return f"{base}/{quote(key, safe='')}"


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}
