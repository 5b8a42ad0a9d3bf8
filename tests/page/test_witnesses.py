"""Cosignatures (C2SP tlog-cosignature, cosignature/v1): those of witnesses whom the package names are checked, others are refused."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Page, expect
from tests.page.conftest import checked
from verifier.tests.writer import Plan, make

NAME, TIME = "witness.example/clerk", 1_790_000_000
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TYPED = b"\x04" + WITNESS.public_key().public_bytes_raw()
ID = hashlib.sha256(NAME.encode() + b"\n" + TYPED).digest()[:4]
VKEY = f"{NAME}+{ID.hex()}+{base64.b64encode(TYPED).decode()}"


def cosigned(note: str, key: Ed25519PrivateKey = WITNESS, time: int = TIME) -> str:
    """The checkpoint with one more signature line."""
    body = note.partition("\n\n")[0] + "\n"
    signature = key.sign(f"cosignature/v1\ntime {TIME}\n{body}".encode())
    return f"{note}\u2014 {NAME} {base64.b64encode(ID + time.to_bytes(8, 'big') + signature).decode()}\n"


def naming(*witnesses: str) -> Callable[[Any], Any]:
    return lambda manifest: manifest | {"log": manifest["log"] | {"witnesses": list(witnesses)}}


def test_a_witness_that_the_package_names_is_checked_and_told(reader: Callable[..., Page], tmp_path: Path) -> None:
    package = make(tmp_path / "p", Plan(edit_manifest=naming(VKEY), edit_checkpoint=cosigned))
    page = reader()
    assert checked(page, package.folder, key=package.vkey)["signer"] == "pinned"
    expect(page.locator("#answer")).to_contain_text(NAME)
    expect(page.locator("#checked")).to_contain_text("The signatures of the witnesses named above are valid")


def test_a_package_that_names_a_witness_needs_no_cosignature(reader: Callable[..., Page], tmp_path: Path) -> None:
    package = make(tmp_path / "p", Plan(edit_manifest=naming(VKEY)))
    page = reader()
    assert checked(page, package.folder)["verdict"] == "verified"
    expect(page.locator("#checked")).not_to_contain_text("witnesses")


@pytest.mark.parametrize(
    ("witnesses", "edit", "step", "reason"),
    [
        ([], cosigned, 9, "whom nobody names as a witness"),
        ([VKEY], lambda note: cosigned(cosigned(note)), 9, "two lines of the witness"),
        ([VKEY], lambda note: cosigned(note, key=Ed25519PrivateKey.from_private_bytes(bytes(32))), 9, "not valid"),
        ([VKEY], lambda note: cosigned(note, time=TIME + 1), 9, "not valid"),
        ([VKEY], lambda note: note + "\u2014 other AAAA\n", 2, "not of a kind that is known"),
    ],
)
def test_a_line_by_nobody_that_is_known_or_that_does_not_hold_is_refused(
    reader: Callable[..., Page], tmp_path: Path, witnesses: list[str], edit: Callable[[str], str], step: int, reason: str
) -> None:
    package = make(tmp_path / "p", Plan(edit_manifest=naming(*witnesses), edit_checkpoint=edit))
    told = checked(reader(), package.folder)
    assert (told["verdict"], told["step"], told["file"]) == ("refused", step, "package.tlog-proof")
    assert reason in told["reason"]
