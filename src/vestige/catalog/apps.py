"""The catalog as a Django application: re-makes the append-only triggers after each migration (a table remake on SQLite drops them)."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """Evidence, recordings, the log."""

    name = "vestige.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the triggers to the end of every migration."""
        from vestige.catalog.triggers import install_after_migrate

        post_migrate.connect(install_after_migrate, sender=self)
