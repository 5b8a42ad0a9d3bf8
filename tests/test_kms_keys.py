"""Keys of AWS KMS, at a server of the same interface on this machine: the whole life, what the context binds, and every way to fail."""

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from tests.agency import CONSOLE, Agency, make_agency
from tests.test_home import faults, note, take
from tests.test_keys import kit, quiet, standing
from vestige.actions import keys
from vestige.actions.checking import check
from vestige.assembly import open_home, open_lost_home
from vestige.errors import Tampered, Unavailable
from vestige.evidence.values import uuid7
from vestige.outside.kms import Kms
from vestige.vault import provider
from vestige.vault.kms_store import KmsStore

REGION = "us-west-2"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def service(address: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The client is told of the server as an agency would tell it."""
    for name, value in {
        "AWS_ENDPOINT_URL_KMS": address,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "a-secret-for-tests",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return address


def new_key() -> str:
    return str(boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["Arn"])


@pytest.fixture
def arn(service: str) -> str:  # noqa: ARG001  # the server must be there
    return new_key()


@pytest.fixture
def agency(arn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Agency:
    monkeypatch.setenv("VESTIGE_KEYRING", f"awskms:{arn}?file={tmp_path / 'home.keyring'}")
    return make_agency(tmp_path)


def test_a_data_key_opens_for_its_item_and_object_only(arn: str) -> None:
    kek = KmsStore(arn, Kms()).kek({"key": arn, "second": provider.public_x25519(b"s" * 32).hex()})
    item, other = f"{uuid7()}/{uuid7()}".encode(), f"{uuid7()}/{uuid7()}".encode()
    nonce, sealed = kek.seal(b"k" * 32, item)
    assert (nonce, 32 < len(sealed) <= 1024) == (b"", True)
    assert kek.open(nonce, sealed, item) == b"k" * 32
    for wrong in (
        (b"", sealed, other),
        (b"", sealed[:40] + b"\0" + sealed[41:], item),
        (bytes(12), sealed, item),
        (b"", b"\xff\xff", item),
    ):
        with pytest.raises(provider.WrongTag):
            kek.open(*wrong)
    asked = boto3.client("kms", region_name=REGION)
    blob = sealed[2 : 2 + int.from_bytes(sealed[:2])]
    with pytest.raises(ClientError):
        asked.decrypt(KeyId=arn, CiphertextBlob=blob)
    said, _, about = item.decode().partition("/")
    assert asked.decrypt(KeyId=arn, CiphertextBlob=blob, EncryptionContext={"item": said, "object": about})["Plaintext"] == b"k" * 32


def test_the_second_sealing_opens_without_the_service(arn: str) -> None:
    store = KmsStore(arn, Kms())
    drawn = store.draw("kek-a")
    from vestige.vault.keks import FileStore, kek_of

    sealing, second = kek_of(drawn.held, store), kek_of(drawn.instead, FileStore())
    nonce, sealed = sealing.seal(b"k" * 32, b"i/o")
    assert second.open(nonce, sealed, b"i/o") == b"k" * 32
    for wrong in ((sealed, b"i/other"), (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"i/o"), (b"", b"i/o")):
        with pytest.raises(provider.WrongTag):
            second.open(b"", *wrong)
    with pytest.raises(Unavailable, match="seals nothing"):
        second.seal(b"k" * 32, b"i/o")
    assert str(drawn.instead) not in repr(drawn)


def test_a_whole_life_in_the_service(agency: Agency, arn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = kit(agency, tmp_path / "kit")
    before = take(agency, note(tmp_path))
    first = keys.rotate(agency.ports, CONSOLE, quiet)
    keys.retire(agency.ports, CONSOLE)
    taken = take(agency, note(tmp_path, "b.bin", b"b"))
    said = str(agency.ports.keys.report()["keys"])
    assert (arn in said, "Enabled" in said, agency.ports.keys.report()["fips_validated"]) == (True, True, False)
    assert standing(agency) == {first.key: 2}
    assert keys.drill(agency.ports, CONSOLE, shares[1:]).item in {before.item, taken.item}
    again = open_home(agency.home.config.home)
    assert again.ports.vault.digest(taken.item, agency.object_of(taken.item)) == taken.sha256
    monkeypatch.setenv("VESTIGE_KEYRING", f"awskms:{new_key()}?file={tmp_path / 'home.keyring'}")
    moved = open_home(agency.home.config.home)
    assert keys.rotate(moved.ports, CONSOLE, quiet).rewrapped == 2
    assert keys.rotate(moved.ports, CONSOLE, quiet, to_file=True).rewrapped == 2
    assert faults(agency) == []
    document = (tmp_path / "home.keyring").read_text()
    assert "a-secret-for-tests" not in document + repr(moved.config)


def test_a_closed_account_is_no_lost_footage(agency: Agency, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shares = kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)
    taken = [take(agency, note(tmp_path, f"{n}.bin", bytes([n]))) for n in range(2)]
    home, back = agency.home.config.home, tmp_path / "back.keyring"
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    monkeypatch.setenv("VESTIGE_KEYRING", str(back))
    lost = open_lost_home(home, shares[:2], back)
    keys.recover(lost.ports, CONSOLE, shares[:2], back)
    again = open_home(home)
    for outcome in taken:
        assert again.ports.vault.digest(outcome.item, agency.object_of(outcome.item)) == outcome.sha256
    later = take(Agency(again, agency.clock, agency.actors), note(tmp_path, "later.bin", b"later"))
    assert again.ports.vault.digest(later.item, UUID(str(agency.object_of(later.item)))) == later.sha256
    assert check(again.ports, CONSOLE) == []
    assert keys.rotate(again.ports, CONSOLE, quiet).rewrapped == 2  # the third came in under the key that the recovery drew
    assert all(isinstance(held, str) for held in _current(back))


def _current(path: Path) -> list[object]:
    (entry,) = json.loads(path.read_text())["homes"].values()
    return [entry["keks"][entry["current"]]]


def test_no_network_refuses_acts_and_loses_nothing(agency: Agency, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kit(agency, tmp_path / "kit")
    keys.rotate(agency.ports, CONSOLE, quiet)
    taken = take(agency, note(tmp_path))
    agency.actor("evidence custodian")
    later = note(tmp_path, "later.bin", b"later")
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
    alone = Agency(open_home(agency.home.config.home), agency.clock, agency.actors)
    for act in (lambda: take(alone, later), lambda: alone.ports.vault.digest(taken.item, alone.object_of(taken.item))):
        with pytest.raises(Unavailable, match="does not answer"):
            act()
    assert "cannot be used now" in str(alone.ports.keys.report()["keys"])
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", address)
    assert take(agency, later).status == "quarantined"
    assert faults(agency) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("DisabledException", "the key is disabled"),
        ("AccessDeniedException", "does not let this account"),
        ("ThrottlingException", "fewer calls"),
        ("NotFoundException", "no such key"),
        ("KMSInternalException", "it refuses"),
        ("ExpiredTokenException", "it refuses"),
    ],
)
def test_each_refusal_is_said_in_words(arn: str, code: str, words: str) -> None:
    kms = Kms()
    client = kms._client(REGION)
    with Stubber(client) as stubbed:
        stubbed.add_client_error("encrypt", service_error_code=code)
        with pytest.raises(Unavailable, match=words) as refused:
            kms.encrypt(arn, bytes(32), {"item": "i"})
    assert (code in str(refused.value), arn in str(refused.value)) == (True, True)


def test_what_was_sealed_under_another_key_is_not_opened(arn: str) -> None:
    kms = Kms()
    sealed = kms.encrypt(arn, b"x", {"item": "i"})
    with pytest.raises((Tampered, Unavailable)):  # the server of the tests says that access is denied, the service itself names the key
        kms.decrypt(new_key(), sealed, {"item": "i"})
    with Stubber(kms._client(REGION)) as stubbed:
        stubbed.add_client_error("decrypt", service_error_code="IncorrectKeyException")
        with pytest.raises(Tampered):
            kms.decrypt(arn, sealed, {"item": "i"})
    with pytest.raises(Unavailable, match="no such key"):
        kms.encrypt(arn[:-12] + "000000000000", b"x", {})


def test_without_credentials_it_is_said(arn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match="credentials"):
        Kms().encrypt(arn, b"x", {})
