"""The MCP server: suggestions, similar incidents, articles and gaps as tools for other programs' assistants.

Speaks the Model Context Protocol over standard input and output: 2026-07-28 without a handshake, earlier versions
with one.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from app.composition import Services
from app.presenters.curation import item_view
from app.presenters.search import search_view
from app.presenters.security import security_advice_view
from app.presenters.suggestions import suggestion_view
from app.schemas.curation import GapsView
from app.schemas.field_types import Text, Value
from app.schemas.search import SearchView
from app.schemas.suggestions import CorrectedView, SuggestionView
from app.services.board import limits_on_decision
from app.services.field_values import check_decision
from app.services.suggesting import suggest_ticket
from kb.records.api_key import Scope
from kb.records.feedback import Feedback
from kb.records.incident import Incident
from kb.records.record_kind import RecordKind
from kb.records.worklist_item import ItemKind
from models.errors import TriageError
from triage.corrections import teach

_READS = ToolAnnotations(read_only_hint=True, open_world_hint=False)
_WRITES = ToolAnnotations(read_only_hint=False, destructive_hint=False, open_world_hint=False)

Wanted = Annotated[str, Field(min_length=1, max_length=10_000, description="What is looked for.")]
Limit = Annotated[int, Field(ge=1, le=100)]


def mcp_server(services: Services, scopes: Collection[Scope]) -> MCPServer:
    """The server over a desk; without the scope write its tools only read."""
    server = MCPServer(
        "triage",
        instructions="Suggests category, assignment group, priority and known workarounds for IT service desk tickets, "
        "with the resolved incidents and articles that speak for them. What is `unsure` is not known.",
        log_level="ERROR",
    )

    @server.tool(annotations=_READS)
    def suggest(short_description: Text = "", description: Text = "") -> SuggestionView:
        """Suggest the fields of a new ticket, known workarounds and similar incidents, with the evidence."""
        found = suggest_ticket(services, Incident("", short_description, description, state="new"))
        # at once: a session lasts for days, and its client may end it by killing the process
        services.prediction_log.flush()
        return suggestion_view(found.suggestion, found.fields.masked, found.major, security_advice_view(found.security))

    @server.tool(annotations=_READS)
    def similar_incidents(text: Text, limit: Limit = 10) -> SearchView:
        """Find resolved incidents like what a text describes; the excerpt says how they were resolved."""
        return search_view(
            services.memory.search(services.store.masking.text(text).text, kind=RecordKind.INCIDENTS, limit=limit)
        )

    @server.tool(annotations=_READS)
    def search_articles(query: Wanted, limit: Limit = 10) -> SearchView:
        """Search the knowledge articles, best first; archived ones are never found."""
        return search_view(
            services.memory.search(services.store.masking.text(query).text, kind=RecordKind.ARTICLES, limit=limit)
        )

    @server.tool(annotations=_READS)
    def gaps(limit: Limit = 10) -> GapsView:
        """List what is asked again and again and no article answers, as curation found it last."""
        found = [entry for entry in services.workbench.worklist().entries if entry.item.kind is ItemKind.GAP]
        return GapsView(gaps=[item_view(entry) for entry in found[:limit]], total=len(found))

    if Scope.WRITE in scopes:

        @server.tool(annotations=_WRITES)
        def correct(
            number: Value, field: Value, chosen: Value, *, suggested: Value = "", by: Value = "", override: Value = ""
        ) -> CorrectedView:
            """Say what the value of an incident's field is; the next suggestion knows it.

            `override` is the reason for a value beyond a limit of the board.
            """
            entry = Feedback(field, chosen, datetime.now(UTC), number, suggested=suggested or None, by=by or None)
            try:
                check_decision(services, field, chosen)
                limits = limits_on_decision(services, entry, override)
                return CorrectedView(number=teach(services.store, entry, None, check=limits)[1])
            except TriageError as error:
                raise ToolError(str(error)) from None

    return server
