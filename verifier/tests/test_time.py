"""RFC 3161 time stamps from a real authority (`openssl ts`), and its own verdict beside ours."""

import json
import random
import time
from pathlib import Path

import pytest
from tests.budget import examples
from verifier.tests.authority import Authority, authority
from verifier.tests.checks import Make, refused
from verifier.tests.writer import Made, Plan, make

from vestige_verify import stamps
from vestige_verify.cli import main
from vestige_verify.errors import VerificationError
from vestige_verify.notes import parse_key
from vestige_verify.package import Findings, verify
from vestige_verify.stamps import Stamp, parse_authorities, verify_stamp
from vestige_verify.trust import Trust, parse_trust

TEXT = b"vestige.log/x\n1\nAAAA\n"


@pytest.fixture(scope="session")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority") / "clock")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("authority") / "stranger", "Clock")  # the same name, another key


@pytest.fixture
def stamped(clock: Authority, tmp_path: Path) -> Made:
    return make(tmp_path / "package", Plan(stamp=clock.stamp))


def checked(package: Made, *pems: bytes) -> Findings:
    authorities = tuple(one for pem in pems for one in parse_authorities(pem))
    return verify(package.folder, Trust(logs=(parse_key(package.vkey),), authorities=authorities))


def test_a_stamp_of_a_trusted_authority_is_checked_and_openssl_agrees(stamped: Made, clock: Authority) -> None:
    findings = checked(stamped, clock.root)
    assert findings.fault is None, findings.fault
    assert findings.checked == ["trusted time"]
    assert findings.stamp is not None
    assert findings.stamp.authority == "CN=Clock"
    assert abs(findings.stamp.time / 1000 - time.time()) < 600
    note = (stamped.folder / "package.tlog-proof").read_text("utf-8").split("\n\n")[1]
    token = (stamped.folder / "package.tsr").read_bytes()
    assert clock.agrees(token, f"{note}\n".encode())
    assert not clock.agrees(token, f"{note}x\n".encode())


def test_a_token_without_certificates_needs_the_signers_own(clock: Authority, tmp_path: Path) -> None:
    package = make(tmp_path / "package", Plan(stamp=lambda text: clock.stamp(text, certificate=False)))
    assert checked(package, clock.root, clock.own).checked == ["trusted time"]
    refused(checked(package, clock.root), step=10, file="package.tsr", reason="neither in it nor here")


def test_another_authority_text_or_hash_is_refused(
    made: Make, stamped: Made, clock: Authority, stranger: Authority, tmp_path: Path
) -> None:
    for pems in ((stranger.root,), (stranger.root, stranger.own), (clock.own,)):
        refused(checked(stamped, *pems), step=10, file="package.tsr", reason="not signed by an authority that you trust")
    for n, stamp in enumerate((lambda text: clock.stamp(text + b"x"), lambda text: clock.stamp(text, by="sha512"))):
        refused(checked(make(tmp_path / str(n), Plan(stamp=stamp)), clock.root), step=10, file="package.tsr", reason="another text")
    other = made(cosigners=(), stamp=clock.stamp)
    assert other.verified


@pytest.mark.parametrize("usage", ["timeStamping", "critical,codeSigning", "critical,timeStamping,codeSigning"])
def test_a_certificate_that_is_not_for_time_stamps_alone_is_refused(tmp_path: Path, usage: str) -> None:
    """`openssl ts` will not sign with one: so the stamp is made first, and the certificate then issued again with another purpose."""
    loose = authority(tmp_path / "authority")
    token = loose.stamp(TEXT, certificate=False)
    assert verify_stamp(token, TEXT, [*parse_authorities(loose.own), *parse_authorities(loose.root)]).authority == "CN=Clock"
    loose.certify(usage, "-set_serial", str(parse_authorities(loose.own)[0].serial_number))
    with pytest.raises(VerificationError, match="trust"):
        verify_stamp(token, TEXT, [*parse_authorities(loose.own), *parse_authorities(loose.root)])
    assert not loose.agrees(token, TEXT)


@pytest.mark.parametrize(
    "token", [b"", b"nothing", bytes([0x30, 0x03, 0x02, 0x01, 0x00]), bytes([0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02])]
)
def test_what_is_no_token_is_refused(clock: Authority, tmp_path: Path, token: bytes) -> None:
    package = make(tmp_path / "package", Plan(stamp=lambda _text: token))
    refused(checked(package, clock.root), step=10, file="package.tsr", reason="no time stamp")


def test_a_token_that_is_too_large_is_refused_unread(clock: Authority, tmp_path: Path) -> None:
    package = make(tmp_path / "package", Plan(stamp=lambda _text: bytes(stamps.LARGEST + 1)))
    refused(checked(package, clock.root), file="package.tsr", reason="larger")


def test_a_spoilt_token_is_refused_or_says_the_same(clock: Authority) -> None:
    """Names of algorithms in the envelope are not signed; what the stamp says is."""
    token, roots = clock.stamp(TEXT), parse_authorities(clock.root)
    honest = verify_stamp(token, TEXT, roots)
    numbers, told = random.Random(7), set()
    for _ in range(examples(20_000)):
        spoilt = bytearray(token)
        spoilt[numbers.randrange(len(spoilt))] ^= 1 << numbers.randrange(8)
        if numbers.random() < 0.2:
            del spoilt[numbers.randrange(len(spoilt)) :]
        try:
            told.add(verify_stamp(bytes(spoilt), TEXT, roots))
        except VerificationError:
            continue
    assert told <= {honest}


def test_what_is_missing_is_said_and_nothing_refused(
    stamped: Made, packages: dict[str, Made], clock: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "--tsa FILE" in checked(stamped).unchecked["trusted time"]
    assert "no time stamp" in checked(packages["court"], clock.root).unchecked["trusted time"]
    monkeypatch.setattr(stamps, "installed", lambda: False)
    findings = checked(stamped, clock.root)
    assert findings.verified
    assert "vestige-verify[time]" in findings.unchecked["trusted time"]


def test_words_and_json_tell_the_time(stamped: Made, clock: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tsa.pem").write_bytes(clock.root)
    (tmp_path / "trust").write_bytes(f"log {stamped.vkey}\n".encode() + clock.root)
    for anchor in (
        ["--key", stamped.vkey, "--tsa", str(tmp_path / "tsa.pem")],
        ["--trust", str(tmp_path / "trust")],
        ["--tsa", str(tmp_path / "tsa.pem")],
    ):
        assert main([str(stamped.folder), "--json", *anchor]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["stamp"]["authority"] == "CN=Clock"
        assert "trusted time" in answer["checked"]
        assert "trusted time" not in answer["not_checked"]
        assert main([str(stamped.folder), *anchor]) == 0
        assert "Stamped by:  CN=Clock at 20" in capsys.readouterr().out
    assert main([str(stamped.folder)]) == 0
    assert "trusted time: times are those of the agency's own clock" in capsys.readouterr().out
    (tmp_path / "tsa.pem").write_bytes(b"no certificate")
    assert main([str(stamped.folder), "--tsa", str(tmp_path / "tsa.pem")]) == 2
    assert "PEM" in capsys.readouterr().err


def test_a_trust_file_may_hold_certificates_among_its_lines(stamped: Made, clock: Authority, stranger: Authority) -> None:
    text = f"{clock.root.decode()}log {stamped.vkey}\n# and\n{stranger.root.decode()}"
    assert parse_trust(text).authorities == (*parse_authorities(clock.root), *parse_authorities(stranger.root))
    assert isinstance(verify(stamped.folder, parse_trust(text)).stamp, Stamp)
