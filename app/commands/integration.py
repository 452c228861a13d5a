"""Commands for connected systems: their jobs, and the webhooks that send them events."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands import console
from app.commands.options import Home, Json, give_way, home_of, is_followed_by_another, open_services
from kb.records.api_key import Scope
from kb.records.webhook import DeliveryState, Event

jobs = typer.Typer(help="Jobs submitted to the API.", rich_markup_mode=None)
webhooks = typer.Typer(help="Addresses that receive events.", rich_markup_mode=None)

INTEGRATION = {"jobs": jobs, "webhooks": webhooks}


@jobs.callback(invoke_without_command=True)
def list_jobs(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the newest jobs."""
    from app.presenters.jobs import job_view
    from app.schemas.jobs import JobsView

    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = JobsView(jobs=[job_view(job) for job in services.jobs.all(limit=50)])
    if as_json:
        print(found.model_dump_json())
    for job in found.jobs:
        console.say(f"{job.id}  {job.kind}  {job.state}  {job.done:,} of {job.total:,} rows  {job.error or ''}")


@jobs.command("work")
def work_on_jobs(
    context: typer.Context,
    background: Annotated[bool, typer.Option("--background", help="Run at the lowest priority.")] = False,
    home: Home = None,
) -> None:
    """Run the waiting jobs, as a service does in the background."""
    from app.services.jobs import work

    if background:
        give_way()
    with open_services(home_of(context, home)) as services:
        work(services)


def mcp(
    context: typer.Context,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="Scope; with write, tools may correct. By default they only read.")
    ] = None,
    home: Home = None,
) -> None:
    """Serve suggestions, search and gaps as MCP tools over standard input and output."""
    from app.mcp_server import mcp_server

    with open_services(home_of(context, home)) as services:
        mcp_server(services, scope or [Scope.SUGGEST]).run("stdio")


@webhooks.callback(invoke_without_command=True)
def list_webhooks(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List the webhooks."""
    from app.presenters.webhooks import webhook_view
    from app.schemas.webhooks import WebhooksView

    if is_followed_by_another(context, home):
        return
    with open_services(home_of(context, home)) as services:
        found = WebhooksView(webhooks=[webhook_view(webhook) for webhook in services.webhooks.all()])
    if as_json:
        print(found.model_dump_json())
    for webhook in found.webhooks:
        state = "  disabled: its address is gone" if webhook.disabled_at else ""
        console.say(f"{webhook.id}  {webhook.url}  {', '.join(webhook.events)}{state}")


@webhooks.command("add")
def add_webhook(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Address that receives the events.")],
    event: Annotated[list[Event] | None, typer.Option(help="Kind of event; all by default.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Send events to an address, and print once the secret that signs them."""
    from app.background.outbound_http import checked
    from app.presenters.webhooks import new_webhook_view

    with open_services(home_of(context, home)) as services:
        checked(url, services.settings.webhook_hosts)
        made = services.webhooks.add(url, event or list(Event))
    console.say(f"webhook {made.id}; its secret is not shown again")
    if as_json:
        print(new_webhook_view(made).model_dump_json())
    else:
        print(made.secret)


@webhooks.command("remove")
def remove_webhook(
    context: typer.Context,
    webhook: Annotated[str, typer.Argument(help="Id of the webhook in the list.")],
    home: Home = None,
) -> None:
    """Remove a webhook and drop its pending deliveries."""
    with open_services(home_of(context, home)) as services:
        services.webhooks.remove(webhook)
    console.say(f"webhook {webhook} is removed")


@webhooks.command("deliveries")
def list_deliveries(
    context: typer.Context,
    state: Annotated[DeliveryState | None, typer.Option(help="Only deliveries in this state.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the newest deliveries and their state."""
    from app.presenters.webhooks import delivery_view
    from app.schemas.webhooks import DeliveriesView

    with open_services(home_of(context, home)) as services:
        entries = services.webhooks.deliveries(state=state, limit=50)
        found = DeliveriesView(deliveries=[delivery_view(delivery) for delivery in entries])
    if as_json:
        print(found.model_dump_json())
    for one in found.deliveries:
        why = one.last_error or one.last_status or ""
        console.say(f"{one.id}  {one.webhook}  {one.event}  {one.state}  {one.attempts} attempts  {why}")
