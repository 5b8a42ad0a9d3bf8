"""Dock systems: which may send, a connection file for a new one, and the end of one."""

import json

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import docks
from vestige.errors import BadInput, NotFound
from vestige.ingest.axis.connection import CONTAINERS, connection_file
from vestige.web import hands
from vestige.web.pages import draw, holds


def list_docks(request: HttpRequest) -> HttpResponseBase:
    """Those that may send, and those of earlier."""
    return _page(request)


def connect(request: HttpRequest) -> HttpResponseBase:
    """A credential for a dock system, as its connection file: a download, once. The secret in it is shown nowhere else."""
    given = request.POST
    try:
        site = hands.dock_site(request.get_host(), given.get("container", ""))
        wanted = given.get("encryption", "none")
        encrypt, new_key = wanted != "none", wanted == "new"
        dock, secret, key = hands.act(request, docks.connect, given.get("name", ""), encrypt=encrypt, new_key=new_key)
    except BadInput as error:
        return _page(request, name=given.get("name", ""), wrong=str(error), status=400)
    body = json.dumps(connection_file(site, dock, secret, key), ensure_ascii=False, indent=2) + "\n"
    disposition = {"Content-Disposition": f'attachment; filename="{dock.account}.json"', "Cache-Control": "no-store"}
    return HttpResponse(body, content_type="application/json", headers=disposition)


def revoke(request: HttpRequest) -> HttpResponseBase:
    """It may send no more."""
    try:
        dock = hands.act(request, docks.revoke, request.POST.get("account", ""))
    except NotFound as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    else:
        messages.success(request, f"{dock.name} may send no more. What it sent stays.")
    return redirect("/docks")


def _page(request: HttpRequest, name: str = "", wrong: str = "", status: int = 200) -> HttpResponseBase:
    found, actor = hands.act(request, docks.list_docks, revoked=True), hands.actor(request)
    context = {
        "docks": [one for one in found if one.revoked is None],
        "earlier": [one for one in found if one.revoked is not None],
        "may_connect": holds(actor, Permission.DOCK_CONNECT),
        "may_revoke": holds(actor, Permission.DOCK_REVOKE),
        "containers": sorted(CONTAINERS, reverse=True),
        "in_clear": hands.allow_http(),
        "name": name,
        "wrong": wrong,
    }
    return draw(request, "docks.html", context, status)
