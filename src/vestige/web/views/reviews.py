"""The weekly review of the log: the weeks, one week, its signature."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import review
from vestige.errors import BadInput, Refused
from vestige.web import hands
from vestige.web.pages import draw, holds


def list_weeks(request: HttpRequest) -> HttpResponseBase:
    """The weeks, newest first, and who signed them."""
    return draw(request, "reviews.html", {"weeks": hands.act(request, review.list_weeks)})


def show_week(request: HttpRequest, week: str) -> HttpResponseBase:
    """What of a week a person should look at, and the signatures under it."""
    sheet = hands.act(request, review.read, week)
    actor = hands.actor(request)
    mine = any(str(one.signature.person) == actor.id and one.signature.digest == sheet.digest for one in sheet.signed)
    others = not sheet.rows or sheet.own < len(sheet.rows)
    may_sign = holds(actor, Permission.REVIEW_SIGN) and sheet.state.over and not sheet.state.complete and not mine
    context = {"sheet": sheet, "may_sign": may_sign and others, "own_only": may_sign and not others}
    return draw(request, "review.html", context)


def sign(request: HttpRequest, week: str) -> HttpResponseBase:
    """Sign the list that the person saw."""
    try:
        hands.act(request, review.sign, week, request.POST.get("note", ""), request.POST.get("digest", ""))
    except (BadInput, Refused) as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    else:
        messages.success(request, "Your signature is in the log.")
    return redirect(f"/reviews/{week}")
