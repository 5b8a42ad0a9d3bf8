"""What the catalog knows of dock systems and of what they sent. What bears evidence changes only through the log."""

import json
from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery, UUIDField, Value
from django.db.models.functions import Concat, Left, Length

from vestige.catalog import models, values
from vestige.custody.canonical import canonical
from vestige.evidence.docks import Container, Dock, SentObject
from vestige.evidence.items import EvidenceItem

_ENCRYPTED = ("", ".mkv", ".mp4", ".json")


class DjangoDocks:
    """Rows of docks, tokens, containers and objects, as values."""

    def docks(self, *, revoked: bool = False) -> list[Dock]:
        """By name; the revoked too where asked for."""
        rows = models.Dock.objects.order_by("name", "id")
        return [_dock(row) for row in (rows if revoked else rows.filter(revoked__isnull=True))]

    def dock(self, account: str) -> Dock | None:
        """The dock of that account, revoked or not."""
        row = models.Dock.objects.filter(account=account).first()
        return _dock(row) if row else None

    def lock(self, dock: UUID) -> None:
        """Inside a transaction: one at a time commits what this dock sends."""
        models.Dock.objects.select_for_update(no_key=True).get(id=dock)

    def add_token(self, token_sha256: str, dock: UUID, until: int, now: int) -> None:
        """Keep a token's digest; those that are over go."""
        models.DockToken.objects.filter(until__lte=now).delete()
        models.DockToken.objects.create(sha256=token_sha256, dock_id=dock, until=until)

    def of_token(self, token_sha256: str, now: int) -> Dock | None:
        """Whose token that is, while it lasts and the dock is not revoked."""
        row = models.DockToken.objects.filter(sha256=token_sha256, until__gt=now, dock__revoked__isnull=True).select_related("dock").first()
        return _dock(row.dock) if row else None

    def container(self, dock: UUID, name: str) -> Container | None:
        """The container of that name, of this dock."""
        row = models.DockContainer.objects.filter(dock=dock, name=name).first()
        return _container(row) if row else None

    def triggered(self, serial: str, at: int) -> list[Container]:
        """Containers with a recording of that camera and trigger time, of whichever dock, oldest first."""
        rows = models.DockContainer.objects.filter(serial=serial, triggered_at=at, recording__isnull=False)
        return [_container(row) for row in rows.order_by("id")]

    def containers(self, recordings: Sequence[UUID]) -> list[Container]:
        """The containers whose objects went into any of these, oldest first."""
        return [_container(row) for row in models.DockContainer.objects.filter(recording__in=recordings).order_by("id")]

    def sent(self, container: UUID, name: str) -> list[SentObject]:
        """What came under that name, newest first."""
        return [_object(row) for row in models.DockObject.objects.filter(container=container, name=name).order_by("-id")]

    def saying(self, container: UUID, name: str, value: str) -> list[SentObject]:
        """Objects of which the dock says that `name` is `value`, newest first: for System, Users and Devices, which hold no footage."""
        words = canonical({name: value}).decode()[1:-1]
        rows = models.DockObject.objects.filter(container=container, said__contains=words).order_by("-id")
        return [one for one in map(_object, rows) if one.said.get(name) == value]

    def encrypted(self) -> tuple[UUID, UUID] | None:
        """The items of a key object that nobody has set about to use and of what it opens, where both are there: the newest pair."""
        tried = models.Event.objects.filter(item=OuterRef("item"), type="item:opened")
        stem = Left("name", Length("name") - len(".key"))
        names = [Concat(OuterRef("stem"), Value(ending)) for ending in _ENCRYPTED]
        pair = models.DockObject.objects.filter(container=OuterRef("container"), name__in=names, item__isnull=False).order_by("-id")
        keys = models.DockObject.objects.filter(~Exists(tried), name__endswith=".key", item__status="accessioned").annotate(stem=stem)
        found = keys.annotate(opens=Subquery(pair.values("item")[:1], output_field=UUIDField())).filter(opens__isnull=False).order_by("-id")
        return found.values_list("item", "opens").first()

    def contents(self, container: UUID) -> list[tuple[SentObject, EvidenceItem]]:
        """The objects that became items, with these, in the order in which they came."""
        rows = (
            models.DockObject.objects.filter(container=container, item__isnull=False)
            .select_related("item")
            .prefetch_related("item__working")
        )
        return [(_object(row), values.item(row.item)) for row in rows.order_by("id") if row.item]

    def heard(self, container: UUID, now: int) -> None:
        """Something came for it."""
        models.DockContainer.objects.filter(id=container).update(heard=now)

    def unfinished(self, before: int) -> list[Container]:
        """Containers of recordings that are not complete and of which nothing was heard since then, oldest first."""
        rows = models.DockContainer.objects.filter(complete__isnull=True, triggered_at__isnull=False, heard__lt=before)
        return [_container(row) for row in rows.order_by("id")]


def _dock(row: models.Dock) -> Dock:
    return Dock(row.id, row.name, row.account, row.key_sha256, row.revoked, row.certificate)


def _container(row: models.DockContainer) -> Container:
    return Container(row.id, row.dock_id, row.name, json.loads(row.said), row.recording_id, row.complete)


def _object(row: models.DockObject) -> SentObject:
    said = json.loads(row.said)
    return SentObject(row.id, row.container_id, row.name, row.sha256, row.md5, said, row.item_id, bytes(row.body))
