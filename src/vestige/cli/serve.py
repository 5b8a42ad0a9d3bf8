"""`vestige serve`."""

import ipaddress
import os

import typer

from vestige.actions import backups_due, keys
from vestige.assembly import Home, asks_for_certificates, database_lost, migrate_home, sound_alarm
from vestige.cli.context import Context
from vestige.cli.listening import Tls, listen
from vestige.cli.output import provider_line, say
from vestige.errors import BadInput, LogUnwritable
from vestige.jobs.supervisor import Supervisor


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("serve", help="Serve the pages of the home.")(serve)


def serve(
    context: typer.Context,
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    port: int = typer.Option(8000, help="Port to listen on."),
) -> None:
    """Serve the pages until stopped."""
    given: Context = context.obj
    home = _opened(given)
    files = (home.config.tls_certificate, home.config.tls_key)
    tls = Tls(files[0], files[1], made=asks_for_certificates) if files[0] and files[1] else None
    if not _loopback(host) and not tls and not home.config.allow_http:
        raise BadInput(
            f"plain HTTP on {host} would show footage to the network; put a TLS proxy before 127.0.0.1, or set tls_certificate and tls_key"
        )
    os.environ["VESTIGE_HOME"] = str(home.config.home)
    say(provider_line(home.ports.keys.report()))
    for words in filter(None, (keys.warning(home.ports), backups_due.warning(home.ports))):
        say(words)
    if home.config.allow_http and not tls:
        say("WARNING: plain HTTP is allowed (VESTIGE_ALLOW_HTTP=1): docks may send footage and secrets IN CLEAR; for development only")
    shown = "localhost" if _loopback(host) else host
    say(f"serving {home.config.home} at {'https' if tls else 'http'}://{shown}:{port} (stop with Ctrl-C)")
    jobs = Supervisor(os.environ)
    jobs.start()
    try:
        listen("vestige.web.asgi:application", host, port, tls)
    finally:
        jobs.stop()


def _opened(given: Context) -> Home:
    """The home, brought forward where needed; nobody may be watching when it cannot be opened, so the alarm is sounded too."""
    try:
        if migrate_home(given.path()):
            say("the home was written by an earlier version and was brought forward; a copy of its database is in before-migration/")
        home = given.open()
    except Exception as error:  # whatever keeps the server from its home sounds the alarm, and is raised on
        lost = LogUnwritable(f"the database does not answer: {str(error).strip()}") if database_lost(error) else error
        sound_alarm(given.path(), lost)
        raise lost from error
    home.ports.alarm.reserve()
    return home


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
