"""The kiosk: a shared PC beside the docks, signed in as a station with this one right."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from vestige.actions import kiosk
from vestige.errors import BadInput, NotFound
from vestige.web import hands
from vestige.web.pages import draw


def show(request: HttpRequest) -> HttpResponseBase:
    """Both forms, empty."""
    return _page(request)


def check_out(request: HttpRequest) -> HttpResponseBase:
    """Somebody takes a camera."""
    badge, serial = request.POST.get("badge", ""), request.POST.get("serial", "")
    try:
        person, has = hands.act(request, kiosk.check_out, badge, serial)
    except (BadInput, NotFound) as error:
        return _page(request, badge=badge, serial=serial, wrong=str(error), status=400)
    more = [one.serial for one in has if one.serial != serial.strip()]
    also = f" You have {', '.join(more)} too." if more else ""
    messages.success(request, f"{person.name}, the camera {serial.strip()} is yours until you bring it back.{also}")
    return redirect("/kiosk")


def bring_back(request: HttpRequest) -> HttpResponseBase:
    """A camera is back."""
    serial = request.POST.get("serial", "")
    try:
        hands.act(request, kiosk.bring_back, serial)
    except (BadInput, NotFound) as error:
        return _page(request, returned=serial, wrong=str(error), status=400)
    messages.success(request, f"Thank you. The camera {serial.strip()} is back.")
    return redirect("/kiosk")


def _page(request: HttpRequest, status: int = 200, **given: str) -> HttpResponseBase:
    free = hands.act(request, kiosk.show)
    return draw(request, "kiosk.html", {"free": free, **given}, status)
