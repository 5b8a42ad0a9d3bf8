"""A dock's credential: made once, shown once, kept as a digest, revoked at once."""

import base64
import json
import subprocess
from pathlib import Path

import pytest
from tests.agency import CONSOLE, Agency, make_agency
from tests.beside import make_certificate, openssl
from tests.test_home import vestige

from vestige.actions import docks
from vestige.actions.checking import check
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.docks import Shown, fingerprint
from vestige.evidence.items import FindingKind
from vestige.evidence.people import Actor, system
from vestige.ingest.axis.connection import client_certificate, site

NAME = "Third Precinct"


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate made by openssl, as an agency would."""
    return make_certificate(tmp_path / "tls", "evidence.example.gov")


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


def test_a_dock_that_is_bound_to_a_certificate_is_nobody_without_it(agency: Agency, certificate: Path) -> None:
    admin, ports, pem = agency.actor("administrator"), agency.ports, client_certificate(certificate)
    dock, secret, _ = docks.connect(ports, admin, NAME, certificate=pem)
    other, others, _ = docks.connect(ports, admin, "Fourth Precinct")
    shown = subprocess.run(
        [openssl(), "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True, check=True
    )
    right = Shown("192.0.2.1", shown.stdout.strip().rpartition("=")[2].replace(":", "").lower())
    assert docks.authenticate(ports, dock.account, secret, right) == dock
    token = docks.sign_in(ports, system_of_docks(), dock, "192.0.2.1")
    assert docks.of_token(ports, token, right) == dock
    for wrong in (Shown("192.0.2.9"), Shown("192.0.2.9", "0" * 64)):
        with pytest.raises(docks.Unproven):
            docks.authenticate(ports, dock.account, secret, wrong)
        with pytest.raises(docks.Unproven):
            docks.of_token(ports, token, wrong)
        assert docks.authenticate(ports, dock.account, others, wrong) is None  # a wrong secret hears nothing of certificates
        assert docks.authenticate(ports, other.account, others, wrong) == other
    [finding] = ports.catalog.findings_of([dock.id])
    assert (finding.kind, "192.0.2.9" in finding.detail, secret in finding.detail) == (FindingKind.DOCK_CERTIFICATE, True, False)
    refused = [one for one in ports.catalog.trail_of_object("dock", str(dock.id)) if one.type == "access:refused"]
    assert len(refused) == 1  # one event opens the finding; the server counts the others, minute by minute


def test_the_certificate_is_replaced_and_given_up_by_an_act_each(agency: Agency, certificate: Path, tmp_path: Path) -> None:
    admin, ports, pem = agency.actor("administrator"), agency.ports, client_certificate(certificate)
    dock, secret, _ = docks.connect(ports, admin, NAME)
    with pytest.raises(Refused):
        docks.change_certificate(ports, agency.actor("evidence custodian"), NAME, pem)
    first = docks.change_certificate(ports, admin, NAME, pem)
    assert docks.bound(ports) == [pem]
    with pytest.raises(BadInput):
        docks.change_certificate(ports, admin, NAME, pem)
    with pytest.raises(docks.Unproven):
        docks.authenticate(ports, dock.account, secret)
    newer = client_certificate(make_certificate(tmp_path / "newer", "newer"))
    second = docks.change_certificate(ports, admin, dock.account, newer)
    with pytest.raises(docks.Unproven):
        docks.authenticate(ports, dock.account, secret, Shown("192.0.2.1", first.certificate_sha256))
    assert docks.authenticate(ports, dock.account, secret, Shown("192.0.2.1", second.certificate_sha256)) == second
    docks.change_certificate(ports, admin, NAME, None)
    assert docks.authenticate(ports, dock.account, secret) == dock
    told = [
        (one.opened["data"]["certificate"], one.opened["data"]["was"])
        for one in ports.catalog.trail_of_object("dock", str(dock.id))
        if one.type == "dock:certificate_changed"
    ]
    assert told == [
        (first.certificate_sha256, ""),
        (second.certificate_sha256, first.certificate_sha256),
        ("", second.certificate_sha256),
    ]
    assert docks.bound(ports) == []
    assert check(ports, CONSOLE) == []
    for path in (certificate.with_name("tls.key"), certificate.with_name("none.pem")):
        with pytest.raises(BadInput):
            client_certificate(path)


def test_the_command_binds_to_a_certificate_and_replaces_it(tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "h"
    assert vestige(home, "init", "--agency", "Harbor City", "--admin", "A1", "--console-acts")[0] == 0
    monkeypatch.setenv("VESTIGE_ALLOW_HTTP", "1")
    named = ("--url", "http://localhost:8000", "--client-certificate", str(certificate), "--as", "A1")
    code, _, words = vestige(home, "dock", "connect", NAME, *named)
    assert (code, "not behind a proxy" in words) == (0, True)
    [row] = vestige(home, "dock", "list", "--as", "A1")[1]
    assert row["certificate_sha256"] == fingerprint(certificate.read_text())
    assert vestige(home, "dock", "certificate", NAME, "--as", "A1")[0] == 2
    assert vestige(home, "dock", "certificate", NAME, str(certificate.with_name("tls.key")), "--as", "A1")[0] == 2
    newer = make_certificate(tmp_path / "newer", "newer")
    code, [said], _ = vestige(home, "dock", "certificate", NAME, str(newer), "--as", "A1")
    assert (code, said["certificate_sha256"]) == (0, fingerprint(newer.read_text()))
    assert vestige(home, "dock", "certificate", NAME, "--none", "--as", "A1")[0] == 0
    assert vestige(home, "dock", "list", "--as", "A1")[1][0]["certificate_sha256"] == ""


def system_of_docks() -> Actor:
    return system("dock")
