"""Cosigned checkpoints by another's program: what our witness signs it verifies, and what it signs we verify."""

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.custody.signing import checkpoint, leaves, root, signer

from vestige.custody.consistency import check_consistency
from vestige.custody.cosignatures import check, of_note, pick, with_cosignatures
from vestige.custody.signed_notes import COSIGNATURE, ED25519, parse_key, parse_lines, parse_note
from vestige.custody.submission import write
from vestige.errors import Fault
from vestige.witness.book import Book

other = pytest.importorskip("aics_tlog")  # takes Python 3.12

LOG = signer("vestige.log/one", ED25519)
NOW = 1_790_000_000


def test_what_our_witness_cosigns_another_program_verifies(tmp_path: Path) -> None:
    book = Book.create(tmp_path / "w", "clerk.example/w1")
    book.trust(str(LOG.key))
    note = checkpoint(LOG, leaves(7))
    line = book.receive(write(0, [], note), lambda: NOW).body
    whole = with_cosignatures(note, [pick(line, parse_note(note).text, book.key)])
    keys = other.parse_vkey(str(LOG.key)), other.parse_vkey(str(book.key))
    result = other.verify_checkpoint(other.parse_note(whole), keys[0], [keys[1]], 1)
    assert result.ok, result
    broken = whole.replace("\n7\n", "\n8\n")
    assert not other.verify_checkpoint(other.parse_note(broken), keys[0], [keys[1]], 1).ok


def test_what_another_program_cosigns_we_verify() -> None:
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"theirs").digest())
    text = parse_note(checkpoint(LOG, leaves(7))).text
    key = parse_key(other.format_vkey(other.cosignature_vkey("theirs.example/w", private.public_key())), COSIGNATURE)
    _, line = other.sign_cosignature(private, key.name, NOW, LOG.key.name, 7, root(leaves(7)))
    note = other.Note(text, (line,)).to_bytes().decode()
    [found] = of_note(parse_note(note), [key])
    assert (found.time, found.key) == (NOW, key)
    with pytest.raises(Fault):
        check(text.replace("\n7\n", "\n8\n"), parse_lines(found.line)[0], key)


def test_another_programs_consistency_proofs_hold_here() -> None:
    tree = other.MerkleTree()
    tree.extend([str(number).encode() for number in range(40)])
    for old in range(1, 41):
        for new in range(old, 41):
            check_consistency(old, new, tree.consistency_proof(old, new), tree.root(old), tree.root(new))
