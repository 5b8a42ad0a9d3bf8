"""The connection file: what a body-worn system is told of us, so that it can send here; and the certificate by which it may prove itself."""

import base64
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vestige import __version__
from vestige.errors import BadInput
from vestige.evidence.docks import Dock, fingerprint
from vestige.evidence.home import CameraKey

CONTAINERS = ("mkv", "mp4")
_LARGEST = 16_000
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Site:
    """Where docks send: our address (an origin), the certificates that they shall trust, the agency's name, clips as mkv or mp4."""

    url: str
    certificates: tuple[str, ...]
    agency: str
    container: str = "mp4"


def site(url: str, certificate: Path | None, agency: str, container: str, *, allow_http: bool) -> Site:
    """The site, checked. Raises BadInput for an address that is none, plain HTTP without leave, TLS without a certificate to trust."""
    parts = urlsplit(url.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or "@" in parts.netloc:
        raise BadInput(f"{url[:200]!r} is no address of this server; write it like https://example.org")
    if container not in CONTAINERS:
        raise BadInput(f"cameras send mkv or mp4, not {container!r}")
    if parts.scheme == "http" and not allow_http:
        raise BadInput("docks send by TLS only: name an https address (setting public_url, or --url) and its certificate (tls_certificate)")
    if parts.scheme == "https" and certificate is None:
        raise BadInput("docks must know whom to trust: name the server's certificate, a PEM file (setting tls_certificate)")
    trusted = certificates(certificate) if certificate and parts.scheme == "https" else ()
    return Site(f"{parts.scheme}://{parts.netloc}", trusted, agency, container)


def certificates(path: Path) -> tuple[str, ...]:
    """The certificates of a PEM file, each in base64 of its PEM text. Raises BadInput for a file that is none, or one that is too long."""
    found = _CERTIFICATE.findall(_text(path))
    try:
        for one in found:
            ssl.PEM_cert_to_DER_cert(one)
    except ValueError as error:
        raise BadInput(f"{path} cannot be read as a certificate in PEM: {error}") from error
    encoded = tuple(base64.b64encode((one + "\n").encode()).decode() for one in found)
    if not encoded or max(map(len, encoded)) > _LARGEST:
        raise BadInput(f"{path} holds {'a certificate that is too long' if encoded else 'no certificate'}")
    return encoded


def client_certificate(path: Path) -> str:
    """The one certificate of a PEM file, as PEM. Raises BadInput for a file that holds none, or several, or none that TLS can use."""
    found = _CERTIFICATE.findall(_text(path))
    if len(found) != 1:
        raise BadInput(f"{path} holds {len(found)} certificates in PEM; name the file of the one that the dock shows")
    try:
        certificate = ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(found[0]))
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_verify_locations(cadata=certificate)
    except ValueError as error:  # of base64, or of TLS
        raise BadInput(f"{path} cannot be read as a certificate in PEM: {error}") from error
    return certificate


def shown_by(scope: Mapping[str, Any]) -> str:
    """The fingerprint of the client certificate with which this very connection was made (ASGI's TLS extension); empty without one.

    What a proxy says in a header of its own counts for nothing: anybody can say it.
    """
    chain = (scope.get("extensions") or {}).get("tls", {}).get("client_cert_chain") or ()
    return fingerprint(chain[0]) if chain else ""


def connection_file(site: Site, dock: Dock, secret: str, key: CameraKey | None = None) -> dict[str, object]:
    """The fields of the file for one dock system; with a key its cameras encrypt under it."""
    fields: dict[str, object] = {
        "ConnectionFileVersion": "1.0",
        "SiteName": site.agency[:64],
        "ApplicationName": "Vestige",
        "ApplicationVersion": __version__,
        "ContentDestinationAsNTPServer": False,
        "AuthenticationTokenURI": [f"{site.url}/auth/v1.0"],
        "BlobAPIKey": secret,
        "BlobAPIUserName": dock.account,
        "ContainerType": site.container,
        "FullStoreAndReadSupport": False,
        "WantEncryption": key is not None,
    }
    if key:
        fields |= {"PublicKey": base64.b64encode(key.public.encode()).decode(), "PublicKeyId": key.id}
    return fields | ({"HTTPSCertificate": list(site.certificates)} if site.certificates else {})


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as a certificate in PEM: {error}") from error
