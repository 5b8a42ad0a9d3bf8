"""Cameras: the list, one camera, and what is done about it. Each form leads back to the page that it stands on."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.access.permissions import Permission
from vestige.actions import device_faults, devices
from vestige.actions.device_faults import Ended
from vestige.actions.devices import Described
from vestige.errors import BadInput, NotFound
from vestige.evidence.devices import DeviceKind, FaultOutcome, FaultReason, Mount
from vestige.evidence.items import Device
from vestige.web import hands
from vestige.web.pages import draw, holds
from vestige.web.times import moment

_PAGE = 50


def list_devices(request: HttpRequest) -> HttpResponseBase:
    """Cameras by serial number, with who has them."""
    wanted, after = request.GET.get("q", "").strip(), request.GET.get("after", "")
    rows = hands.act(request, devices.list_page, wanted, after, _PAGE)
    context = {
        "rows": rows,
        "wanted": wanted,
        "after": after,
        "next": rows[-1].device.serial if len(rows) == _PAGE else "",
        "may_register": holds(hands.actor(request), Permission.DEVICE_REGISTER),
        "mounts": sorted(Mount),
        "kinds": sorted(DeviceKind),
    }
    return draw(request, "devices.html", context)


def list_faults(request: HttpRequest) -> HttpResponseBase:
    """Faults of all cameras, newest first, and how many of each reason."""
    found = hands.act(request, device_faults.list_faults)
    return draw(request, "device_faults.html", {"faults": found.newest, "counts": found.counts.items()})


def register(request: HttpRequest) -> HttpResponseBase:
    """Enter a camera."""
    said = _described(request, request.POST.get("serial", ""))

    def enter() -> None:
        hands.act(request, devices.register, said.serial, said.model, said.mount, said.kind)

    return _done(request, enter, "The camera is entered.", "/devices")


def show(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """One camera: its history, faults and recordings."""
    facts, actor = hands.act(request, devices.show, _known(ref).serial), hands.actor(request)
    context = {
        "facts": facts,
        "device": facts.device,
        "holder": facts.holder,
        "may_assign": holds(actor, Permission.DEVICE_ASSIGN),
        "may_fault": holds(actor, Permission.DEVICE_FAULT),
        "may_change": holds(actor, Permission.DEVICE_REGISTER),
        "may_see": holds(actor, Permission.ITEM_SHOW),
        "mounts": sorted(Mount),
        "kinds": sorted(DeviceKind),
        "reasons": sorted(FaultReason),
        "outcomes": sorted(FaultOutcome),
    }
    return draw(request, "device.html", context)


def change(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Say anew what it is and whether it is in use."""
    said, out = _described(request, _known(ref).serial), request.POST.get("out") == "on"

    def say() -> None:
        hands.act(request, devices.change, said, out_of_use=out, reason=request.POST.get("reason", ""))

    return _done(request, say, "It is changed.", f"/devices/{ref}")


def assign(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Give it to a person."""
    serial, badge = _known(ref).serial, request.POST.get("badge", "").strip()

    def give() -> None:
        starts, ends = moment(request.POST.get("starts", "").strip(), "from"), moment(request.POST.get("ends", "").strip(), "until")
        hands.act(request, devices.assign, serial, badge, hands.ports().now() if starts is None else starts, ends)

    return _done(request, give, f"The camera is with {badge}.", f"/devices/{ref}")


def give_back(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """It came back."""
    return _done(request, lambda: hands.act(request, devices.give_back, _known(ref).serial), "The camera is back.", f"/devices/{ref}")


def report_fault(request: HttpRequest, ref: UUID) -> HttpResponseBase:
    """Something is wrong with it."""
    given = (request.POST.get("reason", ""), request.POST.get("words", ""))
    return _done(
        request, lambda: hands.act(request, device_faults.report, _known(ref).serial, *given), "The fault is noted.", f"/devices/{ref}"
    )


def end_fault(request: HttpRequest, ref: UUID, fault: UUID) -> HttpResponseBase:
    """How a fault ended."""
    ended = Ended(request.POST.get("outcome", ""), request.POST.get("words", ""), request.POST.get("replaced_by", ""))
    return _done(request, lambda: hands.act(request, device_faults.end, fault, ended), "The fault has ended.", f"/devices/{ref}")


def mark_test(request: HttpRequest, ref: str) -> HttpResponseBase:
    """A recording is a function check before a shift, or is none after all."""
    test = request.POST.get("test") == "yes"
    words = "It is marked as a function check." if test else "The mark is taken away."
    return _done(request, lambda: hands.act(request, device_faults.mark_test, ref, test=test), words, f"/recordings/{ref}")


def _known(ref: UUID) -> Device:
    """The camera of that id: its page's address holds no serial number, which may be any text. Raises NotFound."""
    device = hands.ports().devices.by_id(ref)
    if device is None:
        raise NotFound("there is no such camera")
    return device


def _described(request: HttpRequest, serial: str) -> Described:
    return Described(serial, *(request.POST.get(name, "") for name in ("model", "mount", "kind")))


def _done(request: HttpRequest, act: Callable[[], object], words: str, back: str) -> HttpResponseBase:
    """Do it, and say how it went on the page that follows."""
    try:
        act()
    except (BadInput, NotFound) as error:
        messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    else:
        messages.success(request, words)
    return redirect(back)
