"""Accounts as a Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """The people of the agency and their passwords."""

    name = "vestige.catalog.accounts"
    label = "accounts"
