"""Commands for who connects other systems: jobs that they handed in, and webhooks that tell them of events."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands import console
from app.commands.options import Home, Json, give_way, home_of, is_followed_by_another, open_services
from kb.records.api_key import Scope
from kb.records.webhook import DeliveryState, Event

jobs = typer.Typer(help="Large work that was handed in by the API.", rich_markup_mode=None)
webhooks = typer.Typer(help="Addresses that are told of events.", rich_markup_mode=None)

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
    background: Annotated[bool, typer.Option("--background", help="At the lowest priority.")] = False,
    home: Home = None,
) -> None:
    """Work on the jobs that wait, as a service does by itself."""
    from app.services.jobs import work

    if background:
        give_way()
    with open_services(home_of(context, home)) as services:
        work(services)


def mcp(
    context: typer.Context,
    scope: Annotated[list[Scope] | None, typer.Option(help="Add write to let tools correct; else they read.")] = None,
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
        state = "  told no more: its address is gone" if webhook.disabled_at else ""
        console.say(f"{webhook.id}  {webhook.url}  {', '.join(webhook.events)}{state}")


@webhooks.command("add")
def add_webhook(
    context: typer.Context,
    url: Annotated[str, typer.Argument(help="Address to be told.")],
    event: Annotated[list[Event] | None, typer.Option(help="Of what; of everything unless given.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Tell an address of events, and print the secret that signs them, this once."""
    from app.background.outbound_http import checked
    from app.presenters.webhooks import new_webhook_view

    with open_services(home_of(context, home)) as services:
        checked(url, services.settings.webhook_hosts)
        made = services.webhooks.add(url, event or list(Event))
    console.say(f"webhook {made.id}; its secret is shown only now")
    if as_json:
        print(new_webhook_view(made).model_dump_json())
    else:
        print(made.secret)


@webhooks.command("remove")
def remove_webhook(
    context: typer.Context,
    webhook: Annotated[str, typer.Argument(help="Which, by its id in the list.")],
    home: Home = None,
) -> None:
    """Tell an address no more, and drop what is on its way to it."""
    with open_services(home_of(context, home)) as services:
        services.webhooks.remove(webhook)
    console.say(f"webhook {webhook} is removed")


@webhooks.command("deliveries")
def list_deliveries(
    context: typer.Context,
    state: Annotated[DeliveryState | None, typer.Option(help="Only those that wait, arrived or are dead.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the newest deliveries and what became of them."""
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
