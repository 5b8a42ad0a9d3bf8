"""Statements that a log's key was replaced: by both keys, in order, and nothing else passes for one."""

import base64

import pytest
from tests.custody.signing import Signer, checkpoint, leaves, signer

from vestige.custody import succession
from vestige.custody.notes import Checkpoint
from vestige.custody.signed_notes import ED25519, parse_checkpoint, parse_note
from vestige.errors import BadInput, Fault
from vestige_verify import notes as stranger
from vestige_verify.errors import VerificationError
from vestige_verify.succession import follow

ORIGIN = "vestige.log/00000000-0000-4000-8000-000000000001"
ONE, TWO, THREE = (signer(ORIGIN, ED25519, seed) for seed in "123")
HEAD = Checkpoint(ORIGIN, 7, b"r" * 32)


def step(old: Signer, new: Signer, head: Checkpoint = HEAD) -> str:
    return succession.make(head, (old.key.public, old.sign), (new.key.public, new.sign)).note


def followed(notes: list[str], trusted: Signer, signer: Signer = THREE, size: int = 9) -> list[str]:
    keys = {one.key.public: str(one.key) for one in (ONE, TWO, THREE)}
    found = follow(notes, stranger.parse_key(str(signer.key)), [stranger.parse_key(str(trusted.key))], size)
    return [keys[key.public] for key in found]


def test_a_chain_leads_from_any_of_its_keys_to_the_one_in_force() -> None:
    notes = [step(ONE, TWO), step(TWO, THREE)]
    assert succession.keys(notes, THREE.key) == (THREE.key, TWO.key, ONE.key)
    assert [one.head for one in succession.chain(notes, THREE.key)] == [HEAD, HEAD]
    assert followed(notes, ONE) == [str(ONE.key), str(TWO.key), str(THREE.key)]
    assert followed(notes, TWO) == [str(TWO.key), str(THREE.key)]
    assert followed(notes[1:], ONE) == []
    assert succession.keys([], THREE.key) == (THREE.key,)
    assert followed([], ONE) == []


@pytest.mark.parametrize("notes", [[step(ONE, TWO)], [step(TWO, THREE), step(ONE, TWO)], [step(ONE, TWO), step(ONE, THREE)]])
def test_what_does_not_lead_to_the_key_in_force_is_refused(notes: list[str]) -> None:
    with pytest.raises(Fault, match="do not follow"):
        succession.chain(notes, THREE.key)
    with pytest.raises(VerificationError):
        followed(notes, ONE)


def _forged() -> list[str]:
    good = step(ONE, THREE)
    text, _, below = good.rpartition("\n\n")
    old, new = below.splitlines()
    flipped = f"— {ORIGIN} {base64.b64encode(bytes(4) + bytes(64)).decode()}"
    body = f"{text}\n".encode()
    only_new = f"— {ORIGIN} {base64.b64encode(ONE.key.id + THREE.sign(body)).decode()}"
    return [
        f"{text}\n\n{new}\n{old}\n",
        f"{text}\n\n{old}\n",
        f"{text}\n\n{new}\n",
        f"{text}\n\n{old}\n{new}\n{new}\n",
        f"{text}\n\n{flipped}\n{new}\n",
        f"{text}\n\n{only_new}\n{new}\n",
        good.replace("\n7\n", "\n8\n"),
        good.replace("\n7\n", "\n07\n"),
        good.replace("version 1", "version 2"),
        good.replace(f"{ORIGIN}\n7", f"{ORIGIN[:-1]}2\n7"),
        f"{text}\nmore\n\n{old}\n{new}\n",
        text,
        "",
        checkpoint(ONE, leaves(7)),
    ]


@pytest.mark.parametrize("note", _forged())
def test_anything_else_is_refused(note: str) -> None:
    with pytest.raises((Fault, BadInput)):
        succession.parse(note)
    with pytest.raises(VerificationError):
        followed([note], ONE)


def test_a_statement_of_more_entries_than_the_checkpoint_is_refused() -> None:
    assert followed([step(ONE, THREE)], ONE, size=7)
    with pytest.raises(VerificationError, match="7 entries, and the checkpoint has 6"):
        followed([step(ONE, THREE)], ONE, size=6)


def test_no_signature_of_a_statement_passes_for_one_of_a_checkpoint() -> None:
    note = parse_note(step(ONE, TWO))
    with pytest.raises(BadInput):
        parse_checkpoint(note.text)
