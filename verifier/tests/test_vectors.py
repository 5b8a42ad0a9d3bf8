"""The vectors of `verifier/vectors`: each is judged as it says, each sentence of refusal is reached by one, and they are made here."""

import ast
import importlib.util
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from verifier.tests.vectors.__main__ import FOLDER
from verifier.tests.vectors.all import everything

import vestige_verify
from vestige_verify import (
    canonical,
    commitments,
    entries,
    hidden,
    measuring,
    merkle,
    notes,
    parameter_sets,
    pixels,
    redaction_log,
    samples,
    stamps,
)
from vestige_verify.errors import VerificationError, at
from vestige_verify.log import verify_log
from vestige_verify.package import verify
from vestige_verify.pieces import Pieces
from vestige_verify.trust import Trust, parse_trust

Json = Any
SOURCE = Path(vestige_verify.__file__).parent
PACKAGES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("packages/*.json") if path.name != "bases.json")
SMALL = 3_000_000  # bytes that the whole folder may take


def _unpacker() -> Any:
    """`unpack.py`, as a stranger would use it."""
    spec = importlib.util.spec_from_file_location("unpack", FOLDER / "unpack.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


unpack = _unpacker()


@dataclass(frozen=True)
class Said:
    """What the verifier said of a case."""

    fault: VerificationError | None
    facts: dict[str, Json]


def _canonical(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    data = unpack.content(case["data"])
    value = canonical.decode(data)
    assert canonical.encode(value) == data
    return {}


def _pieces(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    """The same value, read in pieces: what a trail is read with."""
    data = unpack.content(case["data"])
    document = Pieces(data[at : at + 7] for at in range(0, len(data), 7)) if len(data) < 1000 else Pieces([data])
    assert canonical.encode(document.value()) == data[: len(canonical.encode(canonical.decode(data)))]
    return {}


def _commitments(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    commitments.check(case["commitments"], commitments.parse_openings(case["openings"]))
    return {}


def _entries(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    data = unpack.content(case["entry"])
    entries.type_and_time(data)
    return {"leaf": merkle.leaf_hash(data).hex()}


def _keys(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    key = (notes.parse_key if case["kind"] == "log" else notes.parse_witness)(case["key"])
    return {"fingerprint": key.fingerprint, "id": key.id.hex()}


def _checkpoints(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    checkpoint = notes.parse_checkpoint(unpack.content(case["checkpoint"]))
    notes.verify_checkpoint(checkpoint, notes.parse_key(case["key"]))
    notes.verify_cosignatures(checkpoint, [notes.parse_witness(text) for text in case["witnesses"]])
    return {}


def _trust(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    trust = parse_trust(case["trust"])
    return {"witnesses": len(trust.witnesses), "quorum": trust.quorum}


def _parameters(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    parameter_sets.require_added_only(bytes.fromhex(case["original"]), bytes.fromhex(case["released"]))
    return {}


def _hashes(case: Json) -> list[bytes]:
    return [notes.decode_base64(text) if text else b"" for text in case["proof"] or []]


def _inclusion(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    leaf, root = notes.decode_base64(case["leafHash"]), notes.decode_base64(case["root"])
    merkle.verify_inclusion(leaf, case["leafIdx"], case["treeSize"], _hashes(case), root)
    return {}


def _consistency(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    old, new = notes.decode_base64(case["root1"]), notes.decode_base64(case["root2"])
    merkle.verify_consistency(case["size1"], case["size2"], _hashes(case), old, new)
    return {}


def _stamps(case: Json, _area: Json, _folder: Path) -> dict[str, Json]:
    pytest.importorskip("rfc3161_client", reason="the extra `time` is not installed")
    authorities = stamps.parse_authorities(case["authorities"].encode())
    return {"time": stamps.verify_stamp(unpack.content(case["token"]), case["text"].encode(), authorities).time}


def _samples(case: Json, area: Json, _folder: Path) -> dict[str, Json]:
    base = {name: unpack.content(value) for name, value in area["bases"][case["base"]].items()}
    document, footage = (unpack.content(case.get(name, {"splices": []}), base[name]) for name in ("document", "footage"))
    samples.check(document, io.BytesIO(footage), len(footage))
    return {}


def _measured_here(footage: Path, request: bytes, _seconds: int) -> dict[str, Json]:
    """What the measuring process does, done here: so it is seen which line refuses. (`test_media` has it in its process.)"""

    split = 8 + int.from_bytes(request[:8], "big")
    must = hidden.parse(request[8:split])
    with at(13, redaction_log.PATH):
        redaction_log.require_same(request[split:], must)
    with footage.open("rb") as file:
        return pixels.measure(file, footage.stat().st_size, must) | {"locks": []}


def _copies(case: Json, area: Json, folder: Path) -> dict[str, Json]:
    with pytest.MonkeyPatch.context() as patch:
        if measuring.installed():
            patch.setattr(measuring, "_ask", _measured_here)
        return _packages(case, area, folder)


def _packages(case: Json, area: Json, folder: Path) -> dict[str, Json]:
    if case.get("needs") == "time":
        pytest.importorskip("rfc3161_client", reason="the extra `time` is not installed")
    unpack.write(folder, unpack.files(area, case))
    text = unpack.trust(area, case)
    findings = verify(folder, Trust() if text is None else parse_trust(text))
    if findings.fault is not None:
        raise findings.fault
    return {}


def _logs(case: Json, area: Json, folder: Path) -> dict[str, Json]:
    unpack.write(folder, unpack.files(area, case))
    since = unpack.content(case["since"]) if "since" in case else None
    findings = verify_log(folder, parse_trust(unpack.trust(area, case) or ""), since)
    if findings.fault is not None:
        raise findings.fault
    return {}


JUDGES: dict[str, Callable[[Json, Json, Path], dict[str, Json]]] = {
    "canonical.json": _canonical,
    "checkpoints.json": _checkpoints,
    "commitments.json": _commitments,
    "consistency.json": _consistency,
    "entries.json": _entries,
    "inclusion.json": _inclusion,
    "keys.json": _keys,
    "logs.json": _logs,
    "parameters.json": _parameters,
    "samples.json": _samples,
    "stamps.json": _stamps,
    "trust.json": _trust,
} | {name: _copies if name.endswith("/measured.json") else _packages for name in PACKAGES}


def judged(name: str, case: Json, area: Json, folder: Path) -> Said:
    folder.mkdir()
    try:
        facts = JUDGES[name](case, area, folder)
    except VerificationError as fault:
        return Said(fault, {})
    return Said(None, facts)


def wrong(case: Json, said: Said) -> str | None:
    """How the answer differs from what the case says; None if it does not."""
    fault = said.fault
    if case["verdict"] == "verified" or (case.get("needs") == "media" and not measuring.installed()):
        told = {name: case[name] for name in said.facts if name in case}
        return f"refused: {fault.reason} (step {fault.step}, {fault.file})" if fault else None if told == said.facts else f"{said.facts}"
    if fault is None:
        return "verified"
    there = (fault.step, fault.file) == (case.get("step"), case.get("file")) and fault.reason.startswith(case["reason"])
    return None if there else f"{fault.reason} (step {fault.step}, {fault.file})"


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[Json, Said]]]:
    """What the verifier says of every case of every file."""
    folder = tmp_path_factory.mktemp("vectors")
    found: dict[str, list[tuple[Json, Said]]] = {}
    for name in JUDGES:
        area = unpack.load(name)
        found[name] = [(case, judged(name, case, area, folder / f"{name.replace('/', ' ')} {n}")) for n, case in enumerate(area["cases"])]
    return found


@pytest.mark.parametrize("name", JUDGES)
def test_every_case_is_judged_as_it_says(answers: dict[str, list[tuple[Json, Said]]], name: str) -> None:
    different = [
        f"{case['name']}: wanted {case.get('reason', 'verified')}, got {how}" for case, said in answers[name] if (how := wrong(case, said))
    ]
    assert different == [], "\n" + "\n".join(different)
    assert {case["verdict"] for case, _ in answers[name]} == {"verified", "refused"} or name.startswith("packages/")


# What no file can bring about, and why it stands there all the same.
BEYOND = {
    "bag": {
        "the file cannot be read": "a disk that fails, or permissions",
        "the folder cannot be read": "a disk that fails, or permissions",
    },
    "hidden": {"the file changed while it was checked": "a file that changes between two readings"},
    "pixels": {
        "it carries words of its own": "a decoder that finds words where no box may hold any: the index is read before",
        "its decoder finds other streams": "a decoder that sees other tracks than the index tells of",
        "does not come after the one before it": "a decoder that gives frames out of order, or two of one time",
        "a piece of the sound is damaged": "a decoder that marks a piece of sound and goes on: ours ends",
    },
    "plain_mp4": {"the footage has no index": "a file without one is refused as its tracks are read, before"},
    "media_file": {"the footage ends inside a sample": "a file that gets shorter while it is read"},
    "pieces": {"the file changed while it was checked": "a file that changes between two readings"},
}
# The process that measures is held by `verifier/tests/test_media.py`: what it says when it dies, takes too long or says nothing.
MEASURED = {"measuring"}


def sites() -> dict[tuple[str, int], str]:
    """Each place in the verifier that raises a refusal, by module and line: its sentence."""
    found = {}
    for path in sorted(one for one in SOURCE.glob("*.py") if one.stem not in MEASURED):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func).endswith("VerificationError"):
                found |= {(path.stem, line): ast.unparse(node.exc.args[0]) for line in [node.lineno]}
    return found


def reached(fault: BaseException | None) -> Iterator[tuple[str, int]]:
    """Where a refusal was raised, and those that it was made of."""
    while fault is not None:
        trace = fault.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is not None:
            yield Path(trace.tb_frame.f_code.co_filename).stem, trace.tb_lineno
        fault = fault.__context__


def test_every_sentence_of_refusal_is_reached(answers: dict[str, list[tuple[Json, Said]]]) -> None:
    seen = {place for cases in answers.values() for _, said in cases for place in reached(said.fault)}
    missing = {place: sentence for place, sentence in sites().items() if place not in seen}
    beyond = {place for place, sentence in missing.items() if any(start in sentence for start in BEYOND.get(place[0], {}))}
    assert {place: sentence for place, sentence in missing.items() if place not in beyond} == {}
    named = {(module, start) for module, starts in BEYOND.items() for start in starts}
    used = {(place[0], start) for place in beyond for start in BEYOND[place[0]] if start in missing[place]}
    assert {path.stem for path in SOURCE.glob("*.py")} >= MEASURED
    assert used == named, "a sentence that is said to be beyond any file is reached, or is not there any more"


def test_the_vectors_are_made_by_their_generator_byte_for_byte() -> None:
    made = everything()
    there = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in FOLDER.rglob("*.json")}
    assert sorted(there) == sorted(made)
    assert [name for name in made if made[name] != there[name]] == []
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < SMALL


def test_the_readme_names_every_file() -> None:
    readme = (FOLDER / "README.md").read_text("utf-8")
    for name in [*JUDGES, "packages/bases.json", "unpack.py"]:
        assert f"`{name}`" in readme, name


def test_a_stranger_lays_a_case_out_and_checks_it_with_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from vestige_verify.cli import main

    for name, exit_ in (("the base: court", 0), ("footage altered", 1)):
        folder = tmp_path / name
        unpack.main("packages/bag.json", name, str(folder))
        assert main([str(folder), "--trust", f"{folder}.trust"]) == exit_
    assert "REFUSED" in capsys.readouterr().out
