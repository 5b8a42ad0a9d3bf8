"""A dock's credential: made once, shown once, kept as a digest, revoked at once."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.beside import openssl
from tests.test_home import vestige

from vestige.actions import docks
from vestige.actions.checking import check
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.people import Actor, system
from vestige.ingest.axis.connection import site

NAME = "Third Precinct"


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate made by openssl, as an agency would."""
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=evidence.example.gov")
    subprocess.run([openssl(), *words, "-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.pem"], capture_output=True, check=True)
    return tmp_path / "tls.pem"


def test_the_secret_is_shown_once_and_only_its_digest_is_anywhere(agency: Agency) -> None:
    dock, secret, _ = docks.connect(agency.ports, agency.actor("administrator"), NAME)
    assert docks.authenticate(agency.ports, dock.account, secret) == dock
    from django.db import connection

    connection.close()
    kept = b"".join(path.read_bytes() for path in agency.home.config.home.rglob("*") if path.is_file())
    assert dock.account.encode() in kept
    assert secret.encode() not in kept
    assert check(agency.ports, CONSOLE) == []


def test_nothing_but_the_right_secret_of_a_dock_that_may_send_is_taken(agency: Agency) -> None:
    admin = agency.actor("administrator")
    dock, secret, _ = docks.connect(agency.ports, admin, NAME)
    other, others, _ = docks.connect(agency.ports, admin, "Fourth Precinct")
    wrong = (
        (dock.account, others),
        (other.account, secret),
        ("dock_unknown", secret),
        (dock.account, ""),
        (dock.account, secret + "\udcff"),
    )
    assert [docks.authenticate(agency.ports, *pair) for pair in wrong] == [None] * len(wrong)
    token = docks.sign_in(agency.ports, system_of_docks(), dock, "192.0.2.1")
    assert docks.of_token(agency.ports, token) == dock
    assert docks.of_token(agency.ports, token[:-1]) is None
    docks.revoke(agency.ports, admin, NAME)
    assert docks.authenticate(agency.ports, dock.account, secret) is None
    assert docks.of_token(agency.ports, token) is None
    with pytest.raises(NotFound):
        docks.revoke(agency.ports, admin, NAME)
    assert [one.name for one in docks.list_docks(agency.ports, admin)] == ["Fourth Precinct"]
    assert [one.name for one in docks.list_docks(agency.ports, admin, revoked=True)] == ["Fourth Precinct", NAME]


def test_a_token_ends_after_twelve_hours(agency: Agency) -> None:
    dock, _, _ = docks.connect(agency.ports, agency.actor("administrator"), NAME)
    token = docks.sign_in(agency.ports, system_of_docks(), dock, "192.0.2.1")
    agency.clock.at += docks.TOKEN_S * 1000 - 60_000
    assert docks.of_token(agency.ports, token) == dock
    agency.clock.at += 60_000
    assert docks.of_token(agency.ports, token) is None


def test_only_an_administrator_connects_docks_and_names_are_not_given_twice(agency: Agency) -> None:
    for who in (CONSOLE, agency.actor("officer"), agency.actor("evidence custodian")):
        with pytest.raises(Refused):
            docks.connect(agency.ports, who, NAME)
    docks.connect(agency.ports, agency.actor("administrator"), NAME)
    for name in (NAME, "", " ", "x" * 65, "a\nb"):
        with pytest.raises(BadInput):
            docks.connect(agency.ports, agency.actor("administrator"), name)


def test_a_credential_that_was_changed_behind_our_back_is_named(agency: Agency) -> None:
    docks.connect(agency.ports, agency.actor("administrator"), NAME)
    from vestige.catalog.models import Dock

    Dock.objects.update(key_sha256="0" * 64)
    assert [fault.what for fault in check(agency.ports, CONSOLE)] == ["the column key_sha256 is not what the log says"]


def test_docks_send_by_tls_to_a_certificate_that_they_know(certificate: Path) -> None:
    made = site("https://evidence.example.gov/", certificate, "Harbor City", "mkv", allow_http=False)
    [told] = made.certificates
    assert base64.b64decode(told) == certificate.read_bytes()
    assert site("http://localhost:8000", certificate, "H", "mp4", allow_http=True).certificates == ()
    for url, where, container in (
        ("http://evidence.example.gov", certificate, "mp4"),
        ("https://evidence.example.gov", None, "mp4"),
        ("https://evidence.example.gov", certificate.with_name("tls.key"), "mp4"),
        ("https://evidence.example.gov", certificate.with_name("none.pem"), "mp4"),
        ("https://evidence.example.gov/auth", certificate, "mp4"),
        ("https://evidence.example.gov", certificate, "avi"),
        ("evidence.example.gov", certificate, "mp4"),
    ):
        with pytest.raises(BadInput):
            site(url, where, "H", container, allow_http=False)


def test_the_command_prints_the_connection_file_and_nothing_else(
    tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "h"
    assert vestige(home, "init", "--agency", "Harbor City", "--admin", "A1", "--console-acts")[0] == 0
    assert vestige(home, "dock", "connect", NAME, "--as", "A1")[0] == 2  # no address by TLS
    monkeypatch.setenv("VESTIGE_PUBLIC_URL", "https://evidence.example.gov")
    monkeypatch.setenv("VESTIGE_TLS_CERTIFICATE", str(certificate))
    assert vestige(home, "dock", "connect", NAME)[0] == 3
    code, [file], _ = vestige(home, "dock", "connect", NAME, "--as", "A1")
    assert code == 0
    assert file["AuthenticationTokenURI"] == ["https://evidence.example.gov/auth/v1.0"]
    assert (file["ConnectionFileVersion"], file["SiteName"], file["ContainerType"]) == ("1.0", "Harbor City", "mp4")
    assert (file["FullStoreAndReadSupport"], file["WantEncryption"]) == (False, False)
    assert len(str(file["BlobAPIKey"])) <= 64
    assert len(str(file["BlobAPIUserName"])) <= 64
    assert len(json.dumps(file)) < 64_000
    assert [row["dock"] for row in vestige(home, "dock", "list", "--as", "A1")[1]] == [NAME]
    assert vestige(home, "dock", "revoke", NAME, "--as", "A1")[0] == 0
    assert vestige(home, "dock", "list", "--as", "A1")[1] == []
    monkeypatch.setenv("VESTIGE_ALLOW_HTTP", "1")
    code, [file], words = vestige(home, "dock", "connect", NAME, "--url", "http://localhost:8000", "--as", "A1")
    assert (code, "IN CLEAR" in words, "HTTPSCertificate" in file) == (0, True, False)
    _, [first], _ = vestige(home, "dock", "connect", "Encrypting", "--url", "http://localhost:8000", "--encrypt", "--as", "A1")
    _, [second], _ = vestige(home, "dock", "connect", "Encrypting too", "--url", "http://localhost:8000", "--encrypt", "--as", "A1")
    assert (first["WantEncryption"], first["PublicKeyId"]) == (True, second["PublicKeyId"])
    assert base64.b64decode(str(first["PublicKey"])).startswith(b"-----BEGIN PUBLIC KEY-----")
    assert len(str(first["PublicKey"])) <= 2048


def system_of_docks() -> Actor:
    return system("dock")
