"""API keys over HTTP: making, listing and revoking them."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.keys import key_view, new_key_view
from app.schemas.keys import KeyBody, KeysView, KeyView, NewKeyView
from kb.records.api_key import Scope

keys = scoped(Scope.ADMIN, tag="keys")
making = scoped(Scope.ADMIN, tag="keys", answers_secrets=True)

KEYS = (making, keys)


@making.post("/keys", status_code=HTTPStatus.CREATED)
def post_key(body: KeyBody, services: TheServices) -> NewKeyView:
    """Create a key. Its text is only in this answer, since only a digest of it is stored."""
    return new_key_view(*services.keys.make(body.name, body.scopes, days=body.days, groups=body.groups))


@keys.get("/keys")
def list_keys(services: TheServices) -> KeysView:
    """List the keys without their texts, the oldest first."""
    now = datetime.now(UTC)
    return KeysView(keys=[key_view(key, now) for key in services.keys.all()])


@keys.delete("/keys/{id}", responses=problems_of(404))
def revoke_key(id: str, services: TheServices) -> KeyView:  # noqa: A002 (named as in the path)
    """Revoke a key from the next request on; this cannot be undone."""
    services.keys.revoke(id)
    now = datetime.now(UTC)
    return next(key_view(key, now) for key in services.keys.all() if key.id == id)
