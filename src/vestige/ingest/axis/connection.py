"""The connection file: what a body-worn system is told of us, so that it can send here."""

import base64
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from vestige import __version__
from vestige.errors import BadInput
from vestige.evidence.docks import Dock
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
    try:
        found = _CERTIFICATE.findall(path.read_text("ascii"))
        for one in found:
            ssl.PEM_cert_to_DER_cert(one)
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as a certificate in PEM: {error}") from error
    encoded = tuple(base64.b64encode((one + "\n").encode()).decode() for one in found)
    if not encoded or max(map(len, encoded)) > _LARGEST:
        raise BadInput(f"{path} holds {'a certificate that is too long' if encoded else 'no certificate'}")
    return encoded


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
