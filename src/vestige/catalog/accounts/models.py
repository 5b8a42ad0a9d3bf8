"""A person: signs in with a badge. Names, units and roles are evidence-bearing; the password and the invitation are not."""

from typing import ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from vestige.evidence.values import uuid7


class PersonManager(BaseUserManager["Person"]):
    """Finds a person by badge, whatever the case in which it was typed."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """The person with that badge. Raises Person.DoesNotExist."""
        return self.get(badge__iexact=username or "")


class Person(AbstractBaseUser):
    """One human of the agency. `invitation` is the SHA-256 (hex) of an invitation's token, empty when there is none."""

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    badge = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    unit = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    invitation = models.CharField(max_length=64, blank=True)
    invited_until = models.BigIntegerField(null=True)

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "badge"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django's attribute, kept as the evidence-bearing column `active`
        """Whether the person may sign in."""
        return self.active

    def __str__(self) -> str:
        return f"{self.name} ({self.badge})"


class RoleGrant(models.Model):
    """A role that a person holds, who granted it and when it ended (milliseconds, or null)."""

    id: "models.UUIDField[UUID, UUID]" = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="grants")
    role = models.CharField(max_length=64)
    granted_by = models.CharField(max_length=100)
    withdrawn = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return f"{self.role} of {self.person_id}"
