"""How the agency is made up: the tree of its units with the people in them, and taking it from a file."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import agency_shape
from vestige.errors import BadInput
from vestige.evidence.agency import Shape, in_order
from vestige.evidence.roster import COLUMNS, LARGEST
from vestige.web import hands
from vestige.web.pages import draw, holds


def show(request: HttpRequest) -> HttpResponseBase:
    """The tree."""
    shape = hands.act(request, agency_shape.show)
    may_import = holds(hands.actor(request), Permission.AGENCY_SHAPE)
    return draw(request, "agency.html", {"units": _tree(shape), "may_import": may_import, "columns": COLUMNS})


def import_file(request: HttpRequest) -> HttpResponseBase:
    """Take what a file says, or say what it would change."""
    sent = request.FILES.get("roster")
    preview = "preview" in request.POST
    try:
        data = sent.read(LARGEST + 1) if sent else b""
        done = hands.act(request, agency_shape.preview if preview else agency_shape.import_file, data)
    except BadInput as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        return redirect("/agency")
    return draw(request, "agency_import.html", {"done": done, "preview": preview})


def _tree(shape: Shape) -> list[dict[str, object]]:
    now = hands.ports().now()
    held: dict[object, list[dict[str, str]]] = {}
    for one in shape.postings:
        if one.covers(now):
            badge, name = shape.people[one.person]
            held.setdefault(one.unit, []).append({"badge": badge, "name": name, "part": one.part.value})
    return [{"depth": depth, "unit": unit, "people": held.get(unit.id, [])} for depth, unit in in_order(shape.units)]
