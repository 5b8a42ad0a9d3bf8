"""Joining two recordings that two docks sent of one activation."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.actions import joining
from vestige.errors import BadInput, Unavailable
from vestige.web import hands


def join(request: HttpRequest, ref: str) -> HttpResponseBase:
    """Join this recording into the one that the form names; the page of the whole follows."""
    try:
        done = hands.act(request, joining.join, ref, request.POST.get("into", ""), request.POST.get("reason", ""))
    except (BadInput, Unavailable) as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return redirect(f"/recordings/{ref}")
    messages.success(request, "The recordings are one now.")
    return redirect(f"/recordings/{done.number}")
