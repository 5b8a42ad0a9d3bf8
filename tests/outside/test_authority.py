"""Tokens of a real authority (`openssl ts`): taken when they hold, refused when anything about them is not as it must be."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.beside import TimeAuthority

from vestige.errors import BadInput, Fault
from vestige.evidence.holders import Answered
from vestige.outside.authority import Authority
from vestige.outside.client import OutsideClient

MESSAGE = b"vestige.log/x\n7\nroot\n"
REPLY = "application/timestamp-reply"


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    pytest.importorskip("rfc3161_client")
    made = TimeAuthority(tmp_path_factory.mktemp("time") / "authority")
    yield made
    made.stop()


def test_a_token_is_asked_for_checked_and_openssl_agrees(real: TimeAuthority) -> None:
    authority = Authority(real.url, real.ca)
    asked, nonce = authority.request(MESSAGE)
    [answer] = OutsideClient().ask([asked], 10)
    stamp = authority.read(answer, MESSAGE, nonce)
    assert (stamp.authority, abs(stamp.time - time.time() * 1000) < 60_000) == (real.url, True)
    real.verify(stamp.token, MESSAGE)


def test_the_root_alone_is_enough_where_the_token_carries_its_signer(real: TimeAuthority) -> None:
    authority = Authority(real.url, real.folder / "ca.pem")
    asked, nonce = authority.request(MESSAGE)
    assert authority.read(Answered(200, REPLY, real.reply(asked.body)), MESSAGE, nonce).time > 0


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_what_is_altered_about_something_else_or_by_somebody_else_is_refused(real: TimeAuthority, tmp_path: Path) -> None:
    authority = Authority(real.url, real.ca)
    asked, nonce = authority.request(MESSAGE)
    good = real.reply(asked.body)
    with pytest.raises(Fault, match="does not hold"):
        authority.read(Answered(200, REPLY, good), MESSAGE + b"x", nonce)
    with pytest.raises(Fault, match="Nonce"):
        authority.read(Answered(200, REPLY, good), MESSAGE, nonce + 1)
    stranger = TimeAuthority(tmp_path / "stranger")
    stranger.stop()
    with pytest.raises(Fault, match="does not hold"):
        authority.read(Answered(200, REPLY, stranger.reply(asked.body)), MESSAGE, nonce)
    for at in range(0, len(good), 7):
        broken = good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :]
        try:
            taken = authority.read(Answered(200, REPLY, broken), MESSAGE, nonce)
        except Fault:
            continue
        assert (
            taken.time == authority.read(Answered(200, REPLY, good), MESSAGE, nonce).time
        )  # a bit that nobody signs, such as of the certificate's own copy
    for answer in (
        Answered(200, "text/html", good),
        Answered(500, REPLY, good),
        Answered(200, REPLY, b"x"),
        Answered(0, fault="no answer"),
    ):
        with pytest.raises(Fault):
            authority.read(answer, MESSAGE, nonce)


def test_certificates_that_cannot_be_read_are_named(real: TimeAuthority, tmp_path: Path) -> None:
    asked, nonce = Authority(real.url, real.ca).request(MESSAGE)
    good = Answered(200, REPLY, real.reply(asked.body))
    (tmp_path / "empty.pem").write_text("nothing")
    for path in (tmp_path / "none.pem", tmp_path / "empty.pem"):
        with pytest.raises(BadInput, match=path.name):
            Authority(real.url, path).read(good, MESSAGE, nonce)
    with pytest.raises(Fault):
        Authority(real.url, real.folder / "tsa.pem").read(good, MESSAGE, nonce)
