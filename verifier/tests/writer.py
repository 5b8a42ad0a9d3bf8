"""A little writer of packages, made from the two format pages alone, for the tests: it shares no code with the verifier or the system.

Everything can be bent before it is sealed, so that a test gets a package that is signed and bagged correctly and wrong in one point.
"""

import base64
import hashlib
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FIELDS = ["actor", "role", "item", "previous", "object", "purpose", "address", "session", "outcome", "digests", "data"]
FOUR = ["item", "previous", "role", "digests"]
Json = Any  # a value of JSON
Edit = Callable[[Json], Json]


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def leaf(data: bytes) -> bytes:
    return sha(b"\x00" + data)


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, word for word."""
    if not leaves:
        return sha(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha(b"\x01" + root(leaves[:k]) + root(leaves[k:]))


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), root(leaves[k:])]
    return [*path(m - k, leaves[k:]), root(leaves[:k])]


def consistency(m: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2 (SUBPROOF)."""
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*consistency(m, leaves[:k], whole=whole), root(leaves[k:])]
    return [*consistency(m - k, leaves[k:], whole=False), root(leaves[:k])]


def split(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@dataclass
class Key:
    """A signing key of a log, or (kind 4) of a witness."""

    name: str
    private: Ed25519PrivateKey
    kind: int = 1

    @property
    def typed(self) -> bytes:
        return bytes([self.kind]) + self.private.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        return sha(self.name.encode() + b"\n" + self.typed)[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(self.typed)}"

    @property
    def fingerprint(self) -> str:
        digits = sha(self.typed).hex()
        return " ".join(digits[i : i + 4] for i in range(0, 64, 4))

    def sign(self, text: str) -> str:
        return f"{text}\n— {self.name} {b64(self.id + self.private.sign(text.encode()))}\n"

    def cosign(self, note: str, time: int) -> str:
        """The line of a witness for a signed note (C2SP tlog-cosignature)."""
        text = note[: note.index("\n\n") + 1]
        signature = self.private.sign(f"cosignature/v1\ntime {time}\n{text}".encode())
        return f"— {self.name} {b64(self.id + time.to_bytes(8, 'big') + signature)}\n"


def key(seed: int) -> Key:
    numbers = random.Random(f"key {seed}")
    return Key(
        f"vestige.log/{uuid.UUID(int=numbers.getrandbits(128), version=4)}", Ed25519PrivateKey.from_private_bytes(numbers.randbytes(32))
    )


def witness(seed: int) -> Key:
    numbers = random.Random(f"witness {seed}")
    return Key(f"witness.example/{seed}", Ed25519PrivateKey.from_private_bytes(numbers.randbytes(32)), kind=4)


@dataclass
class Record:
    """An entry with everything that its writer knows."""

    index: int
    data: bytes
    openings: dict[str, dict[str, Any]]

    @property
    def hash(self) -> bytes:
        return leaf(self.data)


@dataclass
class Log:
    """A custody log in memory."""

    key: Key
    numbers: random.Random
    records: list[Record] = field(default_factory=list)
    heads: dict[str, str] = field(default_factory=dict)

    def uuid(self, version: int = 4) -> str:
        return str(uuid.UUID(int=self.numbers.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | version << 76 | 0x2 << 62))

    def add(self, kind: str, *, item: str | None = None, edit: Edit | None = None, **values: Json) -> Record:
        fields = {
            "actor": {"kind": "console", "id": "root", "name": "Console"},
            "role": ["console"],
            "item": item,
            "previous": self.heads.get(item) if item else None,
            "object": None,
            "purpose": None,
            "address": None,
            "session": None,
            "outcome": "success",
            "digests": [],
            "data": {},
        } | values
        openings = {name: {"salt": self.numbers.randbytes(16).hex(), "value": fields[name]} for name in FIELDS}
        entry = {
            "v": 1,
            "id": self.uuid(7),
            "type": kind,
            "time": 1_790_000_000_000 + len(self.records),
            "fields": {name: sha(bytes.fromhex(pair["salt"]) + rfc8785.dumps(pair["value"])).hex() for name, pair in openings.items()},
        }
        data = rfc8785.dumps(entry)
        record = Record(len(self.records), edit(data) if edit else data, openings)
        self.records.append(record)
        if item:
            self.heads[item] = record.hash.hex()
        return record

    def leaves(self, size: int) -> list[bytes]:
        return [record.hash for record in self.records[:size]]

    def checkpoint(self, size: int, key: Key | None = None) -> str:
        return (key or self.key).sign(f"{self.key.name}\n{size}\n{b64(root(self.leaves(size)))}\n")

    def proven(self, record: Record, size: int, opened: list[str]) -> dict[str, Any]:
        return {
            "index": record.index,
            "entry": record.data.decode(),
            "openings": {name: record.openings[name] for name in opened},
            "proof": [b64(value) for value in path(record.index, self.leaves(size))],
        }


def digest(of: str, value: bytes | str) -> dict[str, str]:
    return {"algorithm": "sha256", "of": of, "value": value if isinstance(value, str) else value.hex()}


def same(value: Json) -> Json:
    return value


@dataclass
class Plan:
    """What to make, and where to bend it. Each edit gets a value and gives another."""

    profile: str = "court"
    format: int = 2
    seed: int = 1
    witnesses: tuple[Key, ...] = ()  # of the home
    cosigners: tuple[Key, ...] | None = None  # who cosigned the proof's checkpoint: all of them, if nothing else is said
    footage: bytes = b"\x00\x00\x00\x18ftypmp42 not really footage" * 40
    agency: str = "City of Aurelia Police"
    console_acts: bool = False
    others: int = 3  # events of other items between and after
    signer: Key | None = None  # of the trail's checkpoint, if it is not the log's
    trail_size: int | None = None  # of the trail's checkpoint
    edit_events: Edit = same  # the list of (type, values) of the first trail
    edit_parent: Edit = same  # the same of the second
    edit_log: Edit = same  # the log, when the events of both trails are in it
    edit_package: Edit = same  # the values of the event package:created
    edit_package_type: Edit = same
    edit_manifest: Edit = same
    edit_trail: Edit = same
    edit_trail_bytes: Edit = same
    edit_manifest_bytes: Edit = same
    edit_extra: Edit = same
    edit_extra_bytes: Edit = same
    edit_proof: Edit = same  # the text of the proof file
    edit_checkpoint: Edit = same  # the text of the proof's checkpoint
    edit_files: Edit = same  # the payload: path -> bytes
    edit_tags: Edit = same  # the other files of the bag before it is closed: path -> bytes
    stamp: Edit | None = None  # from the text of the proof's checkpoint to package.tsr


@dataclass
class Made:
    """A package in a folder, with what its maker knows."""

    folder: Path
    log: Log
    item: str
    plan: Plan

    @property
    def vkey(self) -> str:
        return self.log.key.vkey


def make(folder: Path, plan: Plan | None = None) -> Made:
    plan = plan or Plan()
    log = Log(key(plan.seed), random.Random(f"log {plan.seed}"))
    log.add("agency:founded", data={"set": []})
    item, parent = log.uuid(), log.uuid()
    court = plan.profile == "court"
    kept = sha(plan.footage)
    original = kept if court else sha(b"the original")
    first = {
        "item:received": {"digests": [digest("original", original)]},
        "item:accessioned": {"digests": [digest("original", original), digest("media_index", sha(b"index"))]},
    }
    plan_digest = sha(b"plan")
    records: list[Record] = []
    parents: list[Record] = []
    if court:
        events = [
            *first.items(),
            ("item:prepared", {}),
            ("viewing:started", {"purpose": {"reason": "trial — naïve \U0001f600", "case": None}}),
        ]
    else:
        approval = [(f"redaction:{verb}", {"digests": [digest("plan", plan_digest)]}) for verb in ("planned", "reviewed", "approved")]
        for kind, values in plan.edit_parent([*first.items(), *approval]):
            parents.append(log.add(kind, item=parent, **values))
            log.add("person:signed_in")
        digests = [
            digest("rendered", kept),
            digest("original", original),
            digest("plan", plan_digest),
            digest("parent_head", parents[-1].hash),
        ]
        events = [("redaction:rendered", {"digests": digests, "object": {"kind": "item", "id": parent}})]
    for kind, values in plan.edit_events(events):
        records.append(log.add(kind, item=item, **values))
        for _ in range(plan.others):
            log.add("person:signed_in", address="192.0.2.7", session="00" * 8)
    log = plan.edit_log(log)
    size = plan.trail_size or len(log.records)
    opened = FIELDS if court else FOUR
    trails = [{"item": item, "entries": [log.proven(record, size, opened) for record in records]}]
    if not court:
        trails.append({"item": parent, "entries": [log.proven(record, size, opened) for record in parents]})
    trail = {"format": "vestige-trail/1", "checkpoint": log.checkpoint(size, plan.signer), "trails": trails}
    _bag(folder, plan, log, item, plan.edit_trail_bytes(rfc8785.dumps(plan.edit_trail(trail))))
    for _ in range(plan.others):
        log.add("person:signed_in")
    _prove(folder, plan, log, item, size)
    return Made(folder, log, item, plan)


def _bag(folder: Path, plan: Plan, log: Log, item: str, trail: bytes) -> None:
    court = plan.profile == "court"
    footage = "data/footage/AX 0001 é.mp4"
    package = log.uuid()
    manifest = {
        "format": f"vestige-package/{plan.format}",
        "package": package,
        "profile": plan.profile,
        "agency": plan.agency,
        "created": 1_790_000_000_000,
        "console_acts": plan.console_acts,
        "log": {"origin": log.key.name, "key": log.key.vkey, "fingerprint": log.key.fingerprint},
        "item": item,
        "files": [
            {
                "path": footage,
                "item": item,
                "sha256": sha(plan.footage).hex(),
                "size": len(plan.footage),
                "of": "original" if court else "rendered",
            }
        ],
        "withheld": [] if court else ["who acted", "why", "from where"],
    }
    if plan.format > 1:
        manifest["log"]["witnesses"] = sorted(key.vkey for key in plan.witnesses)
    files = {
        "data/manifest.json": plan.edit_manifest_bytes(rfc8785.dumps(plan.edit_manifest(manifest))),
        footage: plan.footage,
        "data/trail.json": trail,
        "data/trail.html": b"<!doctype html><title>Trail</title>\n",
        "data/trail.csv": b"time,event\n",
    }
    pages = ["certificate.html"] if court else ["redaction-log.html", "redaction-log.csv"]
    files |= {f"data/{name}": b"for people\n" for name in pages}
    for name, data in plan.edit_files(files).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    info = {
        "Bag-Software-Agent": "the tests' little writer",
        "Bagging-Date": "2026-11-24",
        "External-Identifier": package,
        "Payload-Oxum": "0.0",
        "Source-Organization": plan.agency.replace("\n", ""),
    }
    tags = {
        "bag-info.txt": "".join(f"{label}: {value}\n" for label, value in info.items()).encode(),
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "README.txt": b"Read me.\n",
    }
    page = {"verify.html": b"<!doctype html><title>Verify</title>\n"} if plan.format > 1 else {}
    for name, data in plan.edit_tags(tags | page).items():
        (folder / name).write_bytes(data)
    rebag(folder)


def rebag(folder: Path) -> None:
    """All manifests and Payload-Oxum made again from what lies in the folder, as somebody would who wants an alteration to go unseen."""
    payload = sorted(path for path in (folder / "data").rglob("*") if path.is_file())
    lines = [f"{sha(path.read_bytes()).hex()}  {path.relative_to(folder).as_posix()}\n" for path in payload]
    (folder / "manifest-sha256.txt").write_text("".join(lines), "utf-8")
    info = (folder / "bag-info.txt").read_text("utf-8").splitlines(keepends=True)
    oxum = f"Payload-Oxum: {sum(path.stat().st_size for path in payload)}.{len(payload)}\n"
    (folder / "bag-info.txt").write_text("".join(oxum if line.startswith("Payload-Oxum") else line for line in info), "utf-8")
    retag(folder)


def retag(folder: Path) -> str:
    """The tag manifest made again from the tag files that lie in the folder; gives its text."""
    text = tag_manifest(folder)
    (folder / "tagmanifest-sha256.txt").write_text(text, "utf-8")
    return text


def tag_manifest(folder: Path) -> str:
    tags = ["bag-info.txt", "bagit.txt", "manifest-sha256.txt", "README.txt", "verify.html"]
    return "".join(f"{sha((folder / name).read_bytes()).hex()}  {name}\n" for name in tags if (folder / name).exists())


def _prove(folder: Path, plan: Plan, log: Log, item: str, size: int) -> None:
    tag = sha((folder / "tagmanifest-sha256.txt").read_bytes())
    values = {"item": item, "digests": [digest("package", tag)], "object": {"kind": "package", "id": "p"}}
    record = log.add(plan.edit_package_type("package:created"), **plan.edit_package(values))
    for _ in range(plan.others):
        log.add("person:signed_out")
    now = len(log.records)
    proven = log.proven(record, now, FIELDS if plan.profile == "court" else FOUR)
    extra = {
        "consistency": [b64(value) for value in consistency(size, log.leaves(now))],
        "entry": proven["entry"],
        "openings": proven["openings"],
    }
    note = log.checkpoint(now)
    cosigners = plan.witnesses if plan.cosigners is None else plan.cosigners
    note += "".join(key.cosign(note, 1_790_000_100 + n) for n, key in enumerate(cosigners))
    if plan.stamp:
        (folder / "package.tsr").write_bytes(plan.stamp(note[: note.index("\n\n") + 1].encode()))
    lines = [
        "c2sp.org/tlog-proof@v1",
        "extra " + b64(plan.edit_extra_bytes(rfc8785.dumps(plan.edit_extra(extra)))),
        f"index {record.index}",
        *proven["proof"],
        "",
        plan.edit_checkpoint(note),
    ]
    (folder / "package.tlog-proof").write_bytes(plan.edit_proof("\n".join(lines)).encode())
