"""One frozen configuration, from the environment and the home's `settings.toml`; secrets never appear in it or in its repr."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from vestige.errors import BadInput
from vestige.evidence.key_place import KeyPlace, parse

SETTINGS_FILE = "settings.toml"
_HOURS = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Config:
    """Where a home is and how it is reached.

    `database_url` is empty for SQLite in the home. `web_secret` signs sessions and links; it lies in the home's settings file (mode 0600).
    """

    home: Path
    home_id: UUID
    key_place: KeyPlace
    models: Path
    log: Path
    serve_log: bool
    database_url: str = field(repr=False)
    web_secret: str = field(repr=False)
    allow_http: bool
    hosts: tuple[str, ...]
    public_url: str
    tsa_url: str
    tsa_ca: Path | None
    duty_hours: str
    items_an_hour: int
    alert: str = field(repr=False)
    backup_dir: Path | None
    backup_every_h: int
    backup_keep: int
    upload_days: int = 7
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    roles: Mapping[str, object] = field(default_factory=dict)

    @property
    def keyring(self) -> Path:
        """The keyring file."""
        return self.key_place.file

    @property
    def secure(self) -> bool:
        """Whether people reach the pages by TLS: then cookies and browsers are held to it."""
        return self.public_url.startswith("https://")

    @property
    def names(self) -> tuple[str, ...]:
        """All names under which the pages are served, beside localhost."""
        own = urlsplit(self.public_url).hostname
        return (*self.hosts, *([own] if own else []))

    def kit_folder(self) -> Path:
        """Where the shares of a recovery kit are put if nobody says otherwise: beside the keyring, never in the home."""
        return default_kit_folder(self.home, self.keyring)


def key_place(home: Path, environ: Mapping[str, str] = os.environ) -> KeyPlace:
    """What `VESTIGE_KEYRING` names, or the file `HOME.keyring` beside the home: never inside it. Raises BadInput."""
    named = environ.get("VESTIGE_KEYRING")
    return parse(named) if named else KeyPlace(home.with_name(home.name + ".keyring").absolute())


def default_kit_folder(home: Path, keyring: Path) -> Path:
    """`HOME.recovery-kit` beside the keyring."""
    return keyring.parent / f"{home.name}.recovery-kit"


def load(home: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration of an existing home. Raises BadInput when there is none or its settings are not readable."""
    home = home.absolute()
    path = home / SETTINGS_FILE
    try:
        settings = tomllib.loads(path.read_text())
        home_id, secret = UUID(settings["home"]), str(settings["web_secret"])
    except FileNotFoundError as error:
        raise BadInput(f"{home} is no Vestige home (no {SETTINGS_FILE}); make one with: vestige init --home {home}") from error
    except (OSError, tomllib.TOMLDecodeError, KeyError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as settings: {error}") from error
    tsa_url = environ.get("VESTIGE_TSA_URL") or str(settings.get("tsa_url", ""))
    tsa_ca = environ.get("VESTIGE_TSA_CA") or str(settings.get("tsa_ca", ""))
    if bool(tsa_url) != bool(tsa_ca):
        raise BadInput("a time authority takes both its address (VESTIGE_TSA_URL) and its certificates (VESTIGE_TSA_CA, a PEM file)")
    backup_dir = environ.get("VESTIGE_BACKUP_DIR") or str(settings.get("backup_dir", ""))
    certificate, key = _file("tls_certificate", settings, environ), _file("tls_key", settings, environ)
    if key and not certificate:
        raise BadInput("a TLS key (VESTIGE_TLS_KEY) takes its certificate too (VESTIGE_TLS_CERTIFICATE, a PEM file)")
    return Config(
        home=home,
        home_id=home_id,
        key_place=key_place(home, environ),
        models=Path(environ.get("VESTIGE_MODELS") or settings.get("models") or home / "models").absolute(),
        log=Path(environ.get("VESTIGE_LOG") or settings.get("log") or home / "log").absolute(),
        serve_log=bool(settings.get("serve_log", True)),
        database_url=environ.get("DATABASE_URL") or str(settings.get("database_url", "")),
        web_secret=secret,
        allow_http=environ.get("VESTIGE_ALLOW_HTTP") == "1",
        hosts=tuple(str(h) for h in settings.get("hosts", ())),
        public_url=_public_url(environ.get("VESTIGE_PUBLIC_URL") or str(settings.get("public_url", ""))),
        tsa_url=tsa_url,
        tsa_ca=Path(tsa_ca).absolute() if tsa_ca else None,
        duty_hours=_duty_hours(str(settings.get("duty_hours", "06:00-22:00"))),
        alert=environ.get("VESTIGE_ALERT") or str(settings.get("alert", "")),
        items_an_hour=_items_an_hour(settings.get("items_an_hour", 30)),
        backup_dir=Path(backup_dir).absolute() if backup_dir else None,
        backup_every_h=_count("backup_every_h", environ.get("VESTIGE_BACKUP_EVERY_H") or settings.get("backup_every_h", 24), 24 * 31),
        backup_keep=_count("backup_keep", environ.get("VESTIGE_BACKUP_KEEP") or settings.get("backup_keep", 14), 10_000),
        upload_days=_count("upload_days", environ.get("VESTIGE_UPLOAD_DAYS") or settings.get("upload_days", 7), 365),
        tls_certificate=certificate,
        tls_key=key,
        roles=_table("roles", settings.get("roles", {})),
    )


def minutes(duty_hours: str) -> tuple[int, int]:
    """Duty hours like `06:00-22:00` as minutes of the day; `22:00-06:00` is past midnight, `00:00-24:00` is always."""
    first, last = (int(word[:2]) * 60 + int(word[3:]) for word in duty_hours.split("-"))
    return first, last


def _duty_hours(text: str) -> str:
    if not _HOURS.fullmatch(text) or minutes(text)[0] == minutes(text)[1]:
        raise BadInput(f"duty_hours are written like 06:00-22:00, not {text!r}")
    return text


def _items_an_hour(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise BadInput(f"items_an_hour is a whole number from 1 on, not {value!r}")
    return value


def _count(name: str, value: object, most: int) -> int:
    """A whole number from 1 to `most`. Raises BadInput for anything else."""
    text = str(value)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise BadInput(f"{name} is a whole number from 1 to {most:,}, not {text}")
    return int(text)


def _table(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadInput(f"{name} is a table, written as [{name}.NAME]")
    return value


def _file(name: str, settings: Mapping[str, object], environ: Mapping[str, str]) -> Path | None:
    """A file that the environment or the settings name."""
    text = environ.get(f"VESTIGE_{name.upper()}") or str(settings.get(name, ""))
    return Path(text).absolute() if text else None


def _public_url(text: str) -> str:
    """An origin: a scheme (https, or http for localhost), a name, perhaps a port. Raises BadInput for anything else."""
    parts = urlsplit(text.rstrip("/"))
    origin = f"{parts.scheme}://{parts.netloc}"
    if not text:
        return ""
    if origin != text.rstrip("/") or not parts.hostname or "@" in parts.netloc or parts.scheme not in {"http", "https"}:
        raise BadInput(f"public_url is no address of a site: {text!r}; it takes a scheme (https) and a name, and no path")
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise BadInput(f"public_url {text} would show footage to the network in clear; put a TLS proxy before it and name it with https://")
    return origin
