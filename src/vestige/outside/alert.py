"""Telling somebody that something is wrong, by what the agency configured: a command of its own, or a mail through its own server."""

import shlex
import smtplib
import ssl
import subprocess
from email.message import EmailMessage
from urllib.parse import parse_qs, unquote, urlsplit

from vestige.errors import BadInput, Unavailable

PATIENCE_S = 30.0
_MAIL = ("smtp", "smtps")


def check(alert: str) -> None:
    """Raises BadInput for what is neither empty, nor a command, nor `smtp[s]://[USER:PASSWORD@]HOST[:PORT]/?from=A&to=B`."""
    if not alert:
        return
    parts = urlsplit(alert)
    if parts.scheme in _MAIL:
        asked = parse_qs(parts.query)
        try:
            _ = parts.port
        except ValueError as error:
            raise BadInput(f"the alert's port is none: {error}") from error
        if not parts.hostname or len(asked.get("from", ())) != 1 or not asked.get("to"):
            raise BadInput("an alert by mail is written smtp://HOST/?from=ADDRESS&to=ADDRESS (smtps for TLS; more `to` for more people)")
        return
    try:
        words = shlex.split(alert)
    except ValueError as error:
        raise BadInput(f"the alert is no command: {error}") from error
    if not words:
        raise BadInput("the alert is no command")


def send(alert: str, subject: str, words: str) -> None:
    """Tell. Raises Unavailable where that failed, with the reason."""
    try:
        _mail(alert, subject, words) if urlsplit(alert).scheme in _MAIL else _command(alert, subject, words)
    except subprocess.CalledProcessError as error:  # its own words hold the whole command, and that may hold a secret
        raise Unavailable(f"the alert could not be sent: its command ended with status {error.returncode}") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"the alert could not be sent: its command took longer than {PATIENCE_S} seconds") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"the alert could not be sent: {type(error).__name__} {error}"[:500]) from error


def _command(alert: str, subject: str, words: str) -> None:
    """The command gets the words on its standard input, and no shell reads them."""
    subprocess.run(  # noqa: S603  # the agency's own command, from its settings
        shlex.split(alert), input=f"{subject}\n\n{words}\n", text=True, timeout=PATIENCE_S, check=True, capture_output=True
    )


def _mail(alert: str, subject: str, words: str) -> None:
    parts = urlsplit(alert)
    asked = parse_qs(parts.query)
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = asked["from"][0], ", ".join(asked["to"]), subject
    message.set_content(words)
    host, port = parts.hostname or "", parts.port or 0
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE_S, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE_S)
    with server:
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.send_message(message)
