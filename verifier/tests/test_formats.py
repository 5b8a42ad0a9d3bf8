"""The small readers: canonical JSON, notes, keys; and the pages that they were written from."""

import hashlib
import itertools
import json
import re
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from verifier.tests.checks import Json
from verifier.tests.writer import b64, key

import vestige_verify
from vestige_verify import canonical
from vestige_verify.commitments import FIELDS
from vestige_verify.entries import EVENT_TYPES
from vestige_verify.errors import VerificationError
from vestige_verify.notes import parse_checkpoint, parse_key, verify_checkpoint
from vestige_verify.pieces import Pieces

ROOT = Path(__file__).parents[2]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=examples(2000), deadline=None)
@given(VALUES)
def test_what_another_library_writes_is_read(value: Json) -> None:
    assert canonical.decode(rfc8785.dumps(value)) == value
    assert canonical.encode(canonical.decode(rfc8785.dumps(value))) == rfc8785.dumps(value)


@settings(max_examples=examples(2000), deadline=None)
@given(VALUES)
def test_every_other_spelling_is_refused(value: Json) -> None:
    for data in (
        json.dumps(value).encode(),
        json.dumps(value, indent=1).encode(),
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"),
    ):
        if data != rfc8785.dumps(value):
            with pytest.raises(VerificationError):
                canonical.decode(data)


@settings(max_examples=examples(2000), deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789.eE-+ntrufalse\\ud8').map(str.encode))
def test_noise_is_refused_or_read_whole(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except VerificationError:
        return
    assert rfc8785.dumps(value) == data


@settings(max_examples=examples(1000), deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5), st.integers(1, 9))
def test_a_document_in_pieces_says_what_it_says_whole(values: list[Json], step: int) -> None:
    data = b'{"a":[' + b",".join(map(rfc8785.dumps, values)) + b"]}"
    pieces = Pieces(data[at : at + step] for at in range(0, len(data), step))
    pieces.expect('{"a":[')
    read = [pieces.value()]
    while pieces.skip(","):
        read.append(pieces.value())
    pieces.expect("]}")
    pieces.finish(hashlib.sha256(data).hexdigest())
    assert read == values


@pytest.mark.parametrize("data", [b"[1", b"[", b'"\xc3', b'"\xff"', b"", b"1.5", b"[1,1 ]", b'{"a":1,"a":1}', b"tru"])
def test_a_piece_that_is_cut_or_not_canonical_is_refused(data: bytes) -> None:
    for step in (1, 2, 100):
        with pytest.raises(VerificationError):
            read_whole(Pieces(data[at : at + step] for at in range(0, len(data), step)), data)


def read_whole(pieces: Pieces, data: bytes) -> None:
    pieces.value()
    pieces.finish(hashlib.sha256(data).hexdigest())


def test_a_piece_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(VerificationError, match="too large"):
        Pieces(itertools.chain([b'"'], itertools.repeat(b"x" * (1 << 20)))).value()


def test_what_follows_the_end_and_another_digest_are_refused() -> None:
    for data, said in ((b"1 ", b"1 "), (b"1", b"2")):
        pieces = Pieces([data])
        assert pieces.skip("1")
        with pytest.raises(VerificationError):
            pieces.finish(hashlib.sha256(said).hexdigest())


def test_keys_are_in_the_order_of_utf16() -> None:
    value = {"\U0001f600": 1, "\ufb33": 2}  # by code points the other way round
    assert canonical.decode(rfc8785.dumps(value)) == value
    with pytest.raises(VerificationError, match="order"):
        canonical.decode(json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def test_the_example_of_the_signed_note_page_has_the_form_of_a_key() -> None:
    ours = key(3)
    parsed = parse_key(ours.vkey)
    assert (str(parsed), parsed.id, parsed.fingerprint) == (ours.vkey, ours.id, ours.fingerprint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "++",
        key(3).vkey + "\n",
        " " + key(3).vkey,
        key(3).vkey[:-1],
        key(3).vkey.replace("vestige.log", "vestige log"),
        key(3).vkey.replace("vestige", "Vestige"),
        f"x+00000000+{b64(bytes([4]) + bytes(32))}",
    ],
)
def test_a_key_has_one_form(text: str) -> None:
    with pytest.raises(VerificationError):
        parse_key(text)


def note(size: str = "1", root: str = b64(bytes(32)), origin: str | None = None) -> bytes:
    ours = key(3)
    return ours.sign(f"{ours.name if origin is None else origin}\n{size}\n{root}\n").encode()


def test_a_checkpoint_is_read_and_its_signature_checked() -> None:
    checkpoint = parse_checkpoint(note("20852163"))
    assert checkpoint.size == 20852163
    verify_checkpoint(checkpoint, parse_key(key(3).vkey))
    with pytest.raises(VerificationError):
        verify_checkpoint(checkpoint, parse_key(key(4).vkey))
    with pytest.raises(VerificationError, match="origin"):
        verify_checkpoint(parse_checkpoint(note(origin="example.com/log")), parse_key(key(3).vkey))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        note("01"),
        note("-1"),
        note("1" * 40),
        note("1\t"),
        note("\u0661"),
        note(root=b64(bytes(31))),
        note(root=b64(bytes(32)).removesuffix("=")),
        note(root=b64(bytes(32)).replace("A=", "B=")),
        note(origin=""),
        note() + b"\n",
        note()[:-1],
        note() + note(),
        note() + key(3).sign("").removeprefix("\n").encode(),
        note() + b"\xe2\x80\x94 w.example " + b64(bytes(75)).encode() + b"\n",
        note() + b"\xe2\x80\x94 w+x.example " + b64(bytes(76)).encode() + b"\n",
        note() + (b"\xe2\x80\x94 w.example " + b64(bytes(76)).encode() + b"\n") * 64,
        note().replace(b"\n", b"\r\n"),
        note().replace("—".encode(), b"--"),
        note().replace(b"AAAA", b"AA\x00A"),
        note().replace("— ".encode(), "—  ".encode()),
        b"\xff" + note(),
    ],
)
def test_a_checkpoint_has_one_form(data: bytes) -> None:
    with pytest.raises(VerificationError):
        parse_checkpoint(data)


def page(name: str) -> str:
    path = ROOT / "docs" / name
    if not path.is_file():
        pytest.skip("the format pages are not beside this checkout")
    return path.read_text("utf-8")


def test_event_types_and_fields_are_those_of_the_page() -> None:
    text = page("custody-format.md")
    types = text.split("## 5. Event types")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z_]+:[a-z_]+)` \|", types, re.MULTILINE)) == EVENT_TYPES
    fields = text.split("## 2. Fields and commitments")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `([a-z]+)` \|", fields, re.MULTILINE)) == FIELDS


def test_the_steps_of_the_page_are_those_that_refusals_name() -> None:
    section = page("package-format.md").split("## How it is checked")[1].split("\n## ")[0]
    assert re.findall(r"^(\d+)\. ", section, re.MULTILINE) == [str(step) for step in range(1, 14)]


def test_nothing_of_the_system_is_imported() -> None:
    sources = list(Path(str(vestige_verify.__file__)).parent.glob("*.py"))
    assert len(sources) > 10
    for source in sources:
        allowed = {"vestige_verify", "cryptography", *({"av", "numpy"} if source.name == "pixels.py" else ())}
        for name in re.findall(r"^(?:from|import) (\w+)", source.read_text("utf-8"), re.MULTILINE):
            assert name in allowed or name in __import__("sys").stdlib_module_names, (source, name)


def test_the_readme_names_every_key_of_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    from vestige_verify.cli import main  # the answer to an empty trust anchor suffices here

    folder = Path(str(vestige_verify.__file__)).parent
    assert main([str(folder), "--json"]) == 1
    readme = (ROOT / "verifier" / "README.md").read_text("utf-8")
    for name in json.loads(capsys.readouterr().out):
        assert f"`{name}`" in readme, name
