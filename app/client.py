"""Client of the HTTP API, typed; the desk uses it, and scripts may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from app.error_codes import error_class
from app.schemas.administration import DriftView, FieldModeView, ModelsView, ModesView
from app.schemas.articles import ArticleList, ArticleView, CoachView, DifferenceView, FlagList, FlagView, MergedView
from app.schemas.curation import ContributionsView, DoneView, ItemView, MeasuresView, TaxonomyView, WorklistView
from app.schemas.health import ReadinessView
from app.schemas.incidents import IncidentView, MajorIncidentsView, WrittenView
from app.schemas.problems import Problem
from app.schemas.search import SearchView
from app.schemas.suggestions import ClassifyView, FeedbackView, ReviewView, SuggestionView
from kb.records.life_cycle import Role
from models.errors import InvalidError, TriageError, UnavailableError

View = TypeVar("View", bound=BaseModel)


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
        """What is suggested for a ticket, and with `explain` why."""
        return self._call(SuggestionView, "POST", "/v1/suggest", json=ticket, params={"explain": explain})

    def classify(self, tickets: Sequence[Mapping[str, Any]]) -> ClassifyView:
        """The fields of up to 1000 tickets."""
        return self._call(ClassifyView, "POST", "/v1/classify", json={"tickets": list(tickets)})

    def put_incident(self, number: str, incident: Mapping[str, Any]) -> IncidentView:
        """Write one incident."""
        return self._call(IncidentView, "PUT", _path("/v1/incidents", number), json=incident)

    def put_incidents(self, incidents: Sequence[Mapping[str, Any]]) -> WrittenView:
        """Write up to 1000 incidents."""
        return self._call(WrittenView, "POST", "/v1/incidents", json={"incidents": list(incidents)})

    def incident(self, number: str) -> IncidentView:
        """Read one incident."""
        return self._call(IncidentView, "GET", _path("/v1/incidents", number))

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

    def major_incidents(self, *, limit: int = 20) -> MajorIncidentsView:
        """Major incidents that were proposed, the newest first."""
        return self._call(MajorIncidentsView, "GET", "/v1/major-incidents", params={"limit": limit})

    def modes(self) -> ModesView:
        """What the desk does with suggestions on each field, with the evidence."""
        return self._call(ModesView, "GET", "/v1/modes")

    def set_mode(self, field: str, mode: str, *, by: str | None = None) -> FieldModeView:
        """Set the mode of a field."""
        return self._call(FieldModeView, "PUT", _path("/v1/modes", field), json={"mode": mode, "by": by})

    def give_role(self, name: str, role: Role) -> None:
        """Give a person a role with articles."""
        self._send("PUT", _path("/v1/people", name), json={"role": role})

    def drift(self, *, days: float = 30) -> DriftView:
        """Whether anything moves, in the last days compared with those before."""
        return self._call(DriftView, "GET", "/v1/drift", params={"days": days})

    def models(self) -> ModelsView:
        """The trained models, and whether another training is due."""
        return self._call(ModelsView, "GET", "/v1/models")

    def feedback(self, **decision: Any) -> FeedbackView:
        """Tell what a person decided."""
        return self._call(FeedbackView, "POST", "/v1/feedback", json=decision)

    def search(self, text: str, *, kind: str | None = None, limit: int = 10, service: str | None = None) -> SearchView:
        """Search incidents and articles."""
        given = {"q": text, "kind": kind, "limit": limit, "service": service}
        return self._call(SearchView, "GET", "/v1/search", params=_given(given))

    def articles(self, *, limit: int = 50, offset: int = 0, state: str | None = None) -> ArticleList:
        """A page of articles by title."""
        given = {"limit": limit, "offset": offset, "state": state}
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

    def opened(self, key: str, *, number: str | None = None, by: str | None = None) -> None:
        """Note that somebody read an article."""
        self._send("POST", f"{_path('/v1/articles', key)}/uses", json={"number": number, "by": by})

    def not_found(self, text: str, *, number: str | None = None, by: str | None = None) -> None:
        """Note that a search found no article that helps."""
        self._send("POST", "/v1/searches", json={"text": text, "number": number, "by": by})

    def difference(self, key: str, before: int, after: int) -> DifferenceView:
        """What changed between two versions of an article."""
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
        """What people found wrong with an article."""
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
        """What could be better in an article, and what it did."""
        return self._call(CoachView, "GET", f"{_path('/v1/articles', key)}/coaching")

    def worklist(self, *, kind: str | None = None, limit: int = 50, decided: bool = False) -> WorklistView:
        """What a knowledge manager should do, as of when curation looked last; it does not wait for that."""
        given = {"kind": kind, "limit": limit, "decided": decided, "wait": False}
        return self._call(WorklistView, "GET", "/v1/worklist", params=_given(given))

    def decide(
        self, item: str, verdict: str | None, *, name: str | None = None, note: str = "", by: str | None = None
    ) -> ItemView:
        """Decide on an item of the worklist, or with a name and no verdict only name it."""
        body = {"verdict": verdict, "name": name, "note": note, "by": by}
        return self._call(ItemView, "POST", f"{_path('/v1/worklist', item)}/decision", json=body)

    def do(self, item: str, *, by: str | None = None, polish: bool = False) -> DoneView:
        """Do the one thing that an item asks for."""
        return self._call(DoneView, "POST", f"{_path('/v1/worklist', item)}/do", json={"by": by, "polish": polish})

    def measures(self, **chosen: Any) -> MeasuresView:
        """How well the knowledge base covers the work of a `team` or `service`, `since` and `until` a day."""
        return self._call(MeasuresView, "GET", "/v1/measures", params=_given({**chosen, "wait": False}))

    def cases(self) -> str:
        """Every case that the measures count, as CSV."""
        return self._send("GET", "/v1/measures/cases").text

    def contributions(self) -> ContributionsView:
        """Who contributed what, for the coach."""
        return self._call(ContributionsView, "GET", "/v1/contributions")

    def taxonomy(self) -> TaxonomyView:
        """What is wrong with the categories."""
        return self._call(TaxonomyView, "GET", "/v1/taxonomy", params={"wait": False})

    def ready(self) -> ReadinessView:
        """Whether the service can answer, and from what."""
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
    if issubclass(kind, InvalidError):
        return kind(problem.detail, field=problem.errors[0].field if problem.errors else None)
    return kind(problem.detail)


def _path(base: str, key: str) -> str:
    return f"{base}/{quote(key, safe='')}"


def _given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}
