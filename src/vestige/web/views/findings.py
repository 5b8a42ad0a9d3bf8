"""What needs a person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import findings
from vestige.errors import BadInput
from vestige.web import hands
from vestige.web.pages import draw, holds


def list_findings(request: HttpRequest) -> HttpResponseBase:
    """Open findings, or all of them."""
    closed = request.GET.get("show") == "all"
    found = hands.act(request, findings.list_findings, closed=closed)
    may_close = holds(hands.actor(request), Permission.FINDING_CLOSE)
    return draw(request, "findings.html", {"findings": found, "all": closed, "may_close": may_close})


def close(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """End a finding with a reason."""
    try:
        hands.act(request, findings.close, ref, request.POST.get("reason", ""))
    except BadInput as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    else:
        messages.success(request, "The finding is closed.")
    return redirect("/findings")
