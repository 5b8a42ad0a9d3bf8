"""People and their roles: granting, proposing, confirming, declining, withdrawing."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import granting, people
from vestige.errors import BadInput, NotFound, Refused
from vestige.web import hands
from vestige.web.pages import draw, holds


def list_people(request: HttpRequest) -> HttpResponseBase:
    """Everybody with their roles, and the roles that wait for a second person."""
    found, actor = hands.act(request, people.list_people), hands.actor(request)
    may_propose, may_confirm = holds(actor, Permission.ROLE_PROPOSE), holds(actor, Permission.ROLE_CONFIRM)
    context = {
        "people": found,
        "proposals": hands.ports().shape.proposals() if may_confirm else (),
        "roles": sorted(hands.ports().roles) if may_propose else (),
        "may_propose": may_propose,
        "may_confirm": may_confirm,
        "may_withdraw": holds(actor, Permission.ROLE_WITHDRAW),
    }
    return draw(request, "people.html", context)


def grant(request: HttpRequest) -> HttpResponseBase:
    """A role for a person: at once, or proposed."""

    def act() -> str:
        given = hands.act(request, granting.grant, request.POST.get("badge", ""), request.POST.get("role", ""))
        done = f"{given.person.name} is {given.role} now."
        return done if given.granted else f"It is proposed that {given.person.name} becomes {given.role}. Somebody else has to confirm it."

    return _done(request, act)


def confirm(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """The second person says yes."""

    def act() -> str:
        found = hands.act(request, granting.confirm, ref)
        return f"{found.name} is {found.role} now."

    return _done(request, act)


def decline(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """It is not granted."""

    def act() -> str:
        found = hands.act(request, granting.decline, ref)
        return f"{found.name} does not become {found.role}."

    return _done(request, act)


def withdraw(request: HttpRequest) -> HttpResponseBase:
    """A person holds a role no more."""

    def act() -> str:
        given = request.POST
        person = hands.act(request, granting.withdraw, given.get("badge", ""), given.get("role", ""), given.get("reason", ""))
        return f"{person.name} is {given.get('role', '')} no more."

    return _done(request, act)


def _done(request: HttpRequest, act: Callable[[], str]) -> HttpResponseBase:
    """Do it, and say on the page that follows how it went: who may not at all gets the page that says so."""
    try:
        words = act()
    except (BadInput, NotFound) as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    except Refused as error:
        if not holds(hands.actor(request), Permission.ROLE_PROPOSE):
            raise
        messages.error(request, f"Refused: {error}.")
    else:
        messages.success(request, words)
    return redirect("/people")
