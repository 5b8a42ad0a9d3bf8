"""Builds the hands and gives them to actions: the one place where everything meets."""

import os
import secrets
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

from vestige import config
from vestige.access.roles import own_roles
from vestige.actions.backup import migrated
from vestige.actions.ports import Ports
from vestige.alarm import Alarm
from vestige.config import Config
from vestige.custody.notes import fingerprint, verifier_key
from vestige.custody.signed_notes import ED25519, VerifierKey
from vestige.custody.succession import keys as log_keys
from vestige.errors import BadInput, LogUnwritable, Unavailable
from vestige.errors import Fault as Broken
from vestige.evidence.backups import BackupSchedule
from vestige.evidence.key_place import KeyPlace, Token
from vestige.evidence.people import system
from vestige.evidence.reviews import ReviewRules
from vestige.hands import BackupHands, UploadHands, VaultHands
from vestige.ingest.axis.connection import Site, site
from vestige.media.hands import MediaHands, ModelHands
from vestige.media.worker import MediaWorker
from vestige.outside import alert
from vestige.outside.authority import Authority
from vestige.outside.client import OutsideClient
from vestige.outside.kms import Kms
from vestige.policy.load import load_pack
from vestige.vault.anchors import AnchorShelf
from vestige.vault.bag import BagPacker
from vestige.vault.keks import FileStore, KekStore
from vestige.vault.keyring import Keyring, usable
from vestige.vault.keys import KeyHands, possible, rebuild, sealed_copy
from vestige.vault.kit import SealedCopy
from vestige.vault.kms_store import KmsStore
from vestige.vault.live import LiveKeyring
from vestige.vault.local import LocalVault
from vestige.vault.outage import OutageFile
from vestige.vault.pkcs11_store import TokenStore
from vestige.vault.shares import read as read_shares
from vestige.vault.trial import try_out


@dataclass(frozen=True, slots=True)
class Home:
    """An agency's home, assembled."""

    config: Config
    ports: Ports

    def routes(self) -> list[dict[str, object]]:
        """Every route of the server."""
        from vestige.web.routes import listed

        return listed()


def dock_site(home: Home, in_clear: str, container: str, url: str = "") -> Site:
    """Where docks send to this home: `url`, else `public_url`, else, where plain HTTP is answered, `in_clear`. Raises BadInput."""
    config, agency = home.config, home.ports.catalog.agency()
    address = url or config.public_url or (in_clear if config.allow_http else "")
    return site(address, config.tls_certificate, agency.name if agency else "", container, allow_http=config.allow_http)


def asks_for_certificates(context: ssl.SSLContext) -> None:
    """The server of this process makes its connections with that: it asks for the client certificates to which docks are bound."""
    from vestige.web.doorway import doorway

    doorway().use(context)


def now_ms() -> int:
    """Milliseconds UTC, by the system's clock."""
    return time.time_ns() // 1_000_000


def make_tables() -> None:
    """Make the tables of an empty database."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False, skip_checks=True)


def make_home(path: Path, policy: str, *, now: Callable[[], int] = now_ms, tables: Callable[[], None] = make_tables) -> Home:
    """Make an empty home with its keyring and log; `tables` makes those of its database.

    Raises BadInput when there is one, or the keyring would lie inside it.
    """
    path = path.absolute()
    if (path / config.SETTINGS_FILE).exists():
        raise BadInput(f"{path} is a Vestige home already")
    if path.exists() and any(path.iterdir()):
        raise BadInput(f"{path} is not empty")
    load_pack(policy)
    keyring_path = config.key_place(path).file
    if keyring_path.resolve().is_relative_to(path.resolve()):
        raise BadInput(f"the keyring {keyring_path} would lie inside the home; whoever copies the home would have its keys")
    home_id = uuid4()
    Keyring.create(keyring_path, home_id)
    LocalVault(path, Keyring.open(keyring_path, home_id)).create()
    (path / "models").mkdir(exist_ok=True)
    write_settings(path, home_id)
    settings = config.load(path)
    use_database(settings)
    tables()
    _begin_log(f"vestige.log/{home_id}")
    return _assembled(settings, policy, now)


def no_shares_yet(path: Path, wanted: Path | None, numbers: tuple[int, int]) -> Path:
    """The folder for the shares of a new home's recovery kit, before anything of the home is made.

    Refuses (BadInput) numbers that make no kit, and a folder that holds something or would lie inside the home.
    """
    path = path.absolute()
    folder = (wanted or config.default_kit_folder(path, config.key_place(path).file)).absolute()
    if not (path / config.SETTINGS_FILE).exists():  # else that there is a home already is what to say
        possible(*numbers, folder, path)
    return folder


def open_home(path: Path, *, check: bool = True, now: Callable[[], int] = now_ms) -> Home:
    """An existing home. Raises BadInput for none; Fault when the database's guards are missing (unless `check` is False).

    Raises LogUnwritable when the database does not answer.
    """
    settings = config.load(path)
    alert.check(settings.alert)
    use_database(settings)
    from vestige.catalog import probing, schema, triggers

    try:
        schema.pending()
    except Exception as error:  # only the catalog knows its driver's errors; anything else is raised on
        if not probing.is_lost(error):
            raise
        raise LogUnwritable(f"the database of {path} does not answer: {str(error).strip()}") from error
    if lacking := schema.pending():
        raise Unavailable(f"{path} was written by an earlier version (it lacks {', '.join(lacking)}); vestige migrate brings it forward")
    if check and (missing := triggers.missing()):
        raise Broken(f"the database has lost its guards ({', '.join(missing)}); run vestige fsck")
    return assemble(settings, now)


def assemble(settings: Config, now: Callable[[], int]) -> Home:
    """The hands of a home whose database is open."""
    from vestige.catalog import log_rows

    agency = log_rows.agency()
    return _assembled(settings, agency.policy if agency else "us-federal", now)


def alarm_of(settings: Config) -> Alarm:
    """The alarm of a home."""
    return Alarm(OutageFile(settings.home), settings.alert)


def sound_alarm(path: Path, error: Exception, now: Callable[[], int] = now_ms) -> None:
    """Tell that a home cannot be opened for writing events, where that is what the error says."""
    if isinstance(error, LogUnwritable | Broken):
        alarm_of(config.load(path)).sound(str(error), now(), guards=isinstance(error, Broken))


def database_lost(error: Exception) -> bool:
    """Whether that is what a database raises that is not there."""
    from django.db import InterfaceError, OperationalError

    return isinstance(error, OperationalError | InterfaceError)


def migrate_home(path: Path, *, now: Callable[[], int] = now_ms) -> bool:
    """Bring a home of an earlier version forward, after a copy of its database was kept in it. False when there was nothing to do."""
    settings = config.load(path)
    use_database(settings)
    from vestige.catalog import copying, schema

    if not schema.pending():
        return False
    before = schema.applied()
    kept = settings.home / "before-migration" / str(now())
    kept.mkdir(mode=0o700, parents=True)
    copying.copy(kept)
    schema.migrate()
    migrated(open_home(path, now=now).ports, system("migration"), before, schema.applied(), str(kept.relative_to(settings.home)))
    return True


def open_lost_home(path: Path, shares: Sequence[Path], to: Path, *, now: Callable[[], int] = now_ms) -> Home:
    """A home whose keyring is lost, with the keys that the shares of its recovery kit give back, in memory. `to` is where they will lie.

    Raises BadInput for shares that open nothing or another home's, NotFound for a home without a sealed copy, Fault.
    """
    settings = config.load(path)
    use_database(settings)
    from vestige.catalog import models

    home_id, entry = rebuild(sealed_copy(settings.home), shares)
    if home_id != settings.home_id:
        raise BadInput(f"the sealed copy of the keyring is that of home {home_id}, not of {settings.home_id}")
    agency = models.Agency.objects.first()
    keyring = LiveKeyring(to, home_id, held=Keyring.of(to, home_id, entry))
    return _assembled(settings, agency.policy if agency else "us-federal", now, keyring)


def recover_without_home(copy: Path, shares: Sequence[Path], to: Path) -> str:
    """Write a keyring file from a sealed copy that lies anywhere, as in a backup; no log can tell of it. Returns the log's fingerprint.

    Raises BadInput for wrong shares, a file that is there, or a fingerprint on a share that is not that of the log key given back.
    """
    home_id, entry = rebuild(SealedCopy(copy), shares)
    keyring = Keyring.of(to, home_id, entry)
    found = fingerprint(keyring.public_key())
    newest = VerifierKey(f"vestige.log/{home_id}", ED25519, keyring.public_key())
    known = {None, *(fingerprint(key.public) for key in log_keys(keyring.succession, newest))}
    if any(share.fingerprint not in known for share in read_shares(shares)):
        raise BadInput("the fingerprint on a share is not that of the log key which the shares give back; somebody changed one of them")
    Keyring.write_back(to, home_id, usable(entry))
    return found


def let_go() -> None:
    """Give back the database connections of this thread."""
    from django.db import connections

    connections.close_all()


def log_key(home: Home) -> str:
    """The log's verifier key."""
    return verifier_key(home.ports.catalog.origin(), home.ports.catalog.log_key())


def _assembled(settings: Config, policy: str, now: Callable[[], int], keyring: LiveKeyring | None = None) -> Home:
    from vestige.catalog.agency import DjangoAgency
    from vestige.catalog.devices import DjangoDevices
    from vestige.catalog.django_catalog import DjangoCatalog
    from vestige.catalog.docks import DjangoDocks
    from vestige.catalog.holders import DjangoHolders
    from vestige.catalog.reviews import DjangoReviews
    from vestige.catalog.uploads import DjangoUploads

    keyring = keyring or LiveKeyring(settings.keyring, settings.home_id, _store(settings.key_place))
    vault = LocalVault(settings.home, keyring)
    ports = Ports(
        catalog=DjangoCatalog(keyring, now, settings.log),
        vault=VaultHands(vault),
        keys=KeyHands(settings.home, keyring),
        media=MediaHands(MediaWorker(), vault, settings.models),
        packer=BagPacker(vault),
        policy=load_pack(policy),
        roles=own_roles(settings.roles),
        models=ModelHands(settings.models),
        backups=_backups(settings, vault),
        shape=DjangoAgency(),
        devices=DjangoDevices(),
        docks=DjangoDocks(),
        uploads=DjangoUploads(settings.upload_days * 86_400_000),
        growing=UploadHands(vault),
        holders=DjangoHolders(),
        outside=OutsideClient(),
        shelf=AnchorShelf(settings.home),
        authority=Authority(settings.tsa_url, settings.tsa_ca) if settings.tsa_url and settings.tsa_ca else None,
        reviews=DjangoReviews(),
        review_rules=ReviewRules(*config.minutes(settings.duty_hours), settings.items_an_hour),
        alarm=alarm_of(settings),
        now=now,
    )
    return Home(settings, ports)


def _backups(settings: Config, vault: LocalVault) -> BackupHands:
    tried = partial(try_out, place=settings.key_place, database_url=settings.database_url)
    folder, every = settings.backup_dir, settings.backup_every_h * 3_600_000
    return BackupHands(vault, settings.home_id, tried, BackupSchedule(folder, every, settings.backup_keep) if folder else None)


def _store(place: KeyPlace) -> KekStore:
    """Where new keys are made."""
    if place.within is None:
        return FileStore()
    if isinstance(place.within, Token):
        return TokenStore(place.within)
    return KmsStore(place.within.arn, Kms())


def use_database(settings: Config) -> None:
    """Set Django up for this home; a process that had another open changes over."""
    os.environ["VESTIGE_HOME"] = str(settings.home)
    os.environ["DJANGO_SETTINGS_MODULE"] = "vestige.settings"
    import django
    from django.apps import apps

    if not apps.ready:
        django.setup()
    from django.conf import settings as django_settings
    from django.db import connections

    from vestige.settings import database

    wanted = database(settings.database_url, settings.home)
    if connections.settings["default"]["NAME"] != wanted["NAME"]:
        connections["default"].close()
        del connections["default"]
        connections.settings = connections.configure_settings({"default": wanted})
    django_settings.SECRET_KEY = settings.web_secret


def _begin_log(origin: str) -> None:
    from vestige.catalog.models import LogState
    from vestige.custody.tree import EMPTY_ROOT

    LogState.objects.create(id=1, origin=origin, size=0, root=EMPTY_ROOT, frontier=b"")


def write_settings(path: Path, home_id: UUID) -> None:
    """Write the settings of a new home, with a secret of its own for the pages."""
    words = "# The settings of this home; docs/settings.md says what may stand here."
    text = f'{words}\nhome = "{home_id}"\nweb_secret = "{secrets.token_urlsafe(48)}"\n'
    descriptor = os.open(path / config.SETTINGS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
