"""Django's settings, from the one configuration. `VESTIGE_HOME` names the home; without it (type checks) a database in memory serves."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vestige import config

_NO_HOME = not os.environ.get("VESTIGE_HOME")
_CONFIG = None if _NO_HOME else config.load(Path(os.environ["VESTIGE_HOME"]))

# WAL and FULL: a committed event survives a power cut. secure_delete: what is erased is overwritten.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "foreign_keys=ON", "mmap_size=0", "cache_size=-20000")


def database(url: str, home: Path | None) -> dict[str, object]:
    """Django's database settings for a URL: PostgreSQL, or SQLite in the home when it is empty."""
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(home / "catalog.sqlite3") if home else ":memory:",
            "CONN_MAX_AGE": 0,
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "".join(f"PRAGMA {p};" for p in _PRAGMAS)},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("DATABASE_URL must be postgresql://... (or empty for SQLite in the home)")
    host = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair).get("host", parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
    }


SECRET_KEY = _CONFIG.web_secret if _CONFIG else "for type checks and migrations only: no home is open"
DATABASES = {"default": database(_CONFIG.database_url if _CONFIG else "", _CONFIG.home if _CONFIG else None)}
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *(_CONFIG.names if _CONFIG else ())]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "vestige.catalog.accounts",
    "vestige.catalog",
    "vestige.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "vestige.web.urls"
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("badge", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
CSRF_FAILURE_VIEW = "vestige.web.pages.forged"
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
# Where the public address is https, cookies never travel in clear and browsers keep to TLS for a year. Browsers count http://localhost as
# safe, so a person at the server itself still gets in.
_SECURE = bool(_CONFIG and _CONFIG.secure)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_HSTS_SECONDS = 365 * 86_400 if _SECURE else 0
CSRF_TRUSTED_ORIGINS = [_CONFIG.public_url] if _CONFIG and _CONFIG.public_url else []
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
STATIC_URL = "/static/"
LOGGING_CONFIG = None
