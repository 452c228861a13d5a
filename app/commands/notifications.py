"""Commands for notifications: sent ones, previews, checks, and a test mail."""

from __future__ import annotations

from typing import Annotated

import typer

from app.commands import console
from app.commands.options import Home, Json, home_of, open_services, print_json
from app.error_codes import FAILED
from kb.records.notification import NotificationEvent, NotificationState

notifications = typer.Typer(
    help="Notifications about incidents, by the rules of practice.yaml.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

NOTIFICATIONS = {"notifications": notifications}


@notifications.command("list")
def list_notifications(
    context: typer.Context,
    status: Annotated[NotificationState | None, typer.Option(help="Only those in this state.")] = None,
    number: Annotated[str | None, typer.Option(help="Only those about this incident.")] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """List the newest notifications, each with its reason."""
    from app.presenters.notifications import notifications_view
    from app.services.notifications import has_rules

    with open_services(home_of(context, home)) as services:
        found = services.notifications.all(state=status, number=number, limit=100)
        view = notifications_view(found, services.notifications.counts(), is_on=has_rules(services))
    if as_json:
        print(view.model_dump_json())
        return
    for one in view.notifications:
        console.say(f"{one.id}  {one.created_at:%Y-%m-%d %H:%M}  {one.number}  {one.event}  {one.state}  {one.reason}")
    if not view.notifications:
        is_narrowed = status is not None or number is not None
        console.say("there are no such notifications" if is_narrowed else "there are no notifications yet")


@notifications.command()
def preview(
    context: typer.Context,
    event: Annotated[NotificationEvent, typer.Argument(help="Event to preview.")],
    number: Annotated[str, typer.Argument(help="Number of an incident.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Show whom the rules would notify of an event, and the text; nothing is sent.

    Facts that only a real event has, such as the share of a target, are made-up examples.
    """
    from app.presenters.notifications import preview_view
    from app.services.notifications import preview_notifications

    with open_services(home_of(context, home)) as services:
        found = preview_notifications(services, number, event)
    view = preview_view(number, event, found.texts, found.examples)
    if as_json:
        print(view.model_dump_json())
        return
    if view.examples:
        made_up = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in view.examples.items())
        console.say(f"Made-up examples in these texts: {made_up}. A real notification has the facts of its event.\n")
    for one in view.texts:
        console.say(
            f"To: {one.name} <{one.address or 'no address'}>, {one.channel}, at {one.next_at:%Y-%m-%d %H:%M} UTC"
        )
        console.say(f"Subject: {one.subject}\n\n{one.text}")
    if not view.texts:
        console.say(f"no rule notifies anybody of {event}")


@notifications.command()
def check(context: typer.Context, home: Home = None, as_json: Json = False) -> None:
    """List what is wrong with the rules and templates of notifications."""
    from app.services.notifications import problems_of_notifications

    with open_services(home_of(context, home)) as services:
        found = problems_of_notifications(services)
    if as_json:
        print_json({"problems": found})
    for problem in found:
        console.say(problem)
    if found:
        raise typer.Exit(FAILED)
    console.say("no mistakes")


@notifications.command("test")
def send_test_mail(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="Mail address that receives the test.")],
    home: Home = None,
) -> None:
    """Send a test mail through the mail server of practice.yaml."""
    from app.background.notification_delivery import send_test

    with open_services(home_of(context, home)) as services:
        send_test(services, address)
    console.say(f"the mail server accepted the test for {address}")


@notifications.command()
def retry(
    context: typer.Context,
    notification: Annotated[str, typer.Argument(help="Id of the notification in the list.")],
    home: Home = None,
) -> None:
    """Send a failed or dropped notification again."""
    from app.services.notifications import send_again

    with open_services(home_of(context, home)) as services:
        send_again(services, notification)
    console.say(f"{notification} is sent again")
