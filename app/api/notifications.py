"""Notifications over HTTP: sent, waiting and failed ones with their reasons."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from app.api.access import scoped
from app.api.routing import TheServices, problems_of
from app.presenters.notifications import notification_view, notifications_view
from app.schemas.notifications import NotificationsView, NotificationView
from app.services.notifications import has_rules, send_again
from kb.records.api_key import Scope
from kb.records.notification import NotificationState

notifications = scoped(Scope.ADMIN, tag="notifications")

NOTIFICATIONS = (notifications,)


@notifications.get("/notifications")
def list_notifications(
    services: TheServices,
    status: Annotated[NotificationState | None, Query(description="Only those in this state.")] = None,
    number: Annotated[str | None, Query(max_length=200, description="Only those about this incident.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> NotificationsView:
    """List the newest notifications, each with its reason."""
    with services.store.database.snapshot():
        found = services.notifications.all(state=status, number=number, limit=limit)
        counts = services.notifications.counts()
    return notifications_view(found, counts, is_on=has_rules(services))


@notifications.post("/notifications/{id}/retry", responses=problems_of(404))
def retry_notification(id: str, services: TheServices) -> NotificationView:  # noqa: A002 (named as in the path)
    """Send a failed or dropped notification again, to the present address in practice.yaml."""
    return notification_view(send_again(services, id))
