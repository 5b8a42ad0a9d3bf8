"""The page on which people upload."""

from django.http import HttpRequest, HttpResponseBase

from vestige.actions import uploads
from vestige.web import hands
from vestige.web.pages import draw


def show(request: HttpRequest) -> HttpResponseBase:
    """What may be said of files, and what this person began and has not finished."""
    offer, actor = hands.act(request, uploads.offer), hands.actor(request)
    categories = [{"name": name, "words": name.capitalize()} for name in offer.categories]
    shown = {"person": actor.id, "name": actor.name, "own": offer.own, "categories": categories}
    return draw(request, "upload.html", {"offer": offer, "shown": shown})
