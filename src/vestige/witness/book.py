"""The witness's folder: its key, the logs that it trusts, and the newest checkpoint that it cosigned of each.

`key` (mode 0600) · `logs` (verifier keys, one a line, `#` for words) · `newest/` (a file a log, named by the hash of its origin) ·
`refused/` (signed checkpoints that were not shown to continue what was cosigned: two of one size are proof against their log).
One lock for the folder, held from reading the newest checkpoint to having the next one durable: two threads or processes never cosign a fork.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import uuid4

from vestige.custody import submission
from vestige.custody.cosignatures import cosign
from vestige.custody.notes import Checkpoint
from vestige.custody.signed_notes import COSIGNATURE, ED25519, Note, VerifierKey, good_name, parse_checkpoint, parse_key, parse_note
from vestige.custody.submission import SIZE_TYPE, Judgement, Known, Submission
from vestige.errors import BadInput, Fault, NotFound
from vestige.vault import disk, provider

_MOST_REFUSED = 1000
_PLAIN = "text/plain; charset=utf-8"
_HEX32 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the log: a status of HTTP, a content type and a body; `words` say why, for the witness's own record."""

    status: int
    kind: str
    body: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """An open folder of a witness. Nothing secret shows in its repr."""

    folder: Path
    key: VerifierKey
    _seed: bytes = field(repr=False)

    @classmethod
    def create(cls, folder: Path, name: str = "") -> Self:
        """Make the folder and its key. Refuses (BadInput) a folder that has one already, and a name that no key may have."""
        name = name or f"vestige.witness/{uuid4()}"
        if not good_name(name):
            raise BadInput(f"{name[:80]!r} cannot be a witness's name: no blanks, no plus sign; best is an address without http://")
        with disk.telling(folder):
            (folder / "newest").mkdir(mode=0o700, parents=True, exist_ok=True)
            (folder / "refused").mkdir(mode=0o700, exist_ok=True)
            with disk.folder_locked(folder):
                if (folder / "key").exists():
                    raise BadInput(f"{folder} has a witness's key already: it is never overwritten")
                if not (folder / "logs").exists():
                    disk.write_durably(folder / "logs", b"# Verifier keys of the logs that this witness cosigns, one a line.\n")
                document = {"v": 1, "name": name, "seed": provider.random_bytes(provider.KEY_BYTES).hex()}
                disk.write_durably(folder / "key", json.dumps(document).encode() + b"\n")
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """An existing folder. Raises NotFound (no key), BadInput (others may read the key), Fault (it is none), Unavailable."""
        path = folder / "key"
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            with os.fdopen(descriptor, "rb") as file:
                mode, data = stat.S_IMODE(os.fstat(descriptor).st_mode), file.read(4096)
        except FileNotFoundError as error:
            raise NotFound(f"{folder} holds no witness's key; make one with: vestige witness init --dir {folder}") from error
        except OSError as error:
            raise disk.said(error, path) from error
        if mode & 0o077:
            raise BadInput(f"the key {path} may be read by others (mode {mode:04o}); make it 0600 first: chmod 600 {path}")
        name, seed = _parse_key_file(path, data)
        return cls(folder, VerifierKey(name, COSIGNATURE, provider.public_ed25519(seed)), seed)

    def trust(self, text: str) -> VerifierKey:
        """Cosign the log of that verifier key from now on. Raises BadInput for what is no log's key."""
        key = parse_key(text, ED25519)
        path = self.folder / "logs"
        with disk.telling(path), disk.folder_locked(self.folder):
            if key not in self.logs():
                disk.write_durably(path, path.read_bytes().rstrip(b"\n") + f"\n{key}\n".encode())
        return key

    def logs(self) -> list[VerifierKey]:
        """The keys that it trusts, in the file's order. Raises BadInput for a line that is no log's key, Unavailable without the file."""
        path = self.folder / "logs"
        with disk.telling(path):
            lines = path.read_text().splitlines()
        return [parse_key(line, ED25519) for line in lines if line.strip() and not line.lstrip().startswith("#")]

    def newest(self, origin: str) -> Note | None:
        """The newest checkpoint cosigned of that log. Raises Fault when what lies there is not that: nothing is cosigned then."""
        path = self._newest(origin)
        with disk.telling(path):
            try:
                text = path.read_text()
            except FileNotFoundError:
                return None
        try:
            note = parse_note(text)
            kept = parse_checkpoint(note.text)
        except BadInput as error:
            raise Fault(f"{path} is damaged ({error}): this witness cosigns nothing of {origin} until it is put right") from error
        if kept.origin != origin:
            raise Fault(f"{path} is of another log")
        return note

    def receive(self, data: bytes, now: Callable[[], int]) -> Answer:
        """Answer a request of `add-checkpoint`. `now` gives seconds since 1970 UTC. Raises Fault, Unavailable: then nothing was cosigned."""
        try:
            sent = submission.parse(data)
        except BadInput as error:
            return Answer(400, _PLAIN, f"{error}\n", str(error))
        keys = [key for key in self.logs() if key.name == sent.checkpoint.origin]
        if not keys:
            return _refusal(submission.judge(sent, keys, Known()))
        with disk.telling(self.folder), disk.folder_locked(self.folder):
            before = self.newest(sent.checkpoint.origin)
            judgement = submission.judge(sent, keys, _known(before))
            if judgement.status != 200:
                self._keep_proof(sent, before, judgement)
                return _refusal(judgement)
            self._keep(sent, keys)
        line = cosign(sent.note.text, self.key, now(), lambda message: provider.sign_ed25519(self._seed, message))
        return Answer(200, _PLAIN, line, judgement.words)

    def _keep(self, sent: Submission, keys: list[VerifierKey]) -> None:
        kept = Note(sent.note.text, tuple(sent.note.signed_by(keys)))
        path = self._newest(sent.checkpoint.origin)
        disk.write_durably(path, str(kept).encode())

    def _keep_proof(self, sent: Submission, before: Note | None, judgement: Judgement) -> None:
        """Keep a signed checkpoint that may be proof against its log beside the one that it does not continue, a thousand at most.

        Of one size and with another root it is proof; with a wrong consistency proof it may be a stranger's mischief.
        """
        suspect = judgement.status == 422 or (judgement.status == 409 and sent.old == judgement.size)
        folder = self.folder / "refused"
        if not suspect or before is None or sum(1 for _ in folder.iterdir()) >= _MOST_REFUSED:
            return
        both = f"{sent.note}\n---- was not shown to continue ----\n\n{before}"
        disk.write_durably(folder / hashlib.sha256(both.encode()).hexdigest(), both.encode())

    def _newest(self, origin: str) -> Path:
        return self.folder / "newest" / hashlib.sha256(origin.encode()).hexdigest()


def _known(note: Note | None) -> Known:
    if note is None:
        return Known()
    kept: Checkpoint = parse_checkpoint(note.text)
    return Known(kept.size, kept.root)


def _refusal(judgement: Judgement) -> Answer:
    if judgement.size is not None:
        return Answer(judgement.status, SIZE_TYPE, f"{judgement.size}\n", judgement.words)
    return Answer(judgement.status, _PLAIN, f"{judgement.words}\n", judgement.words)


def _parse_key_file(path: Path, data: bytes) -> tuple[str, bytes]:
    try:
        document = json.loads(data)
        version, name, seed = document["v"], str(document["name"]), str(document["seed"])
    except (ValueError, KeyError, TypeError) as error:
        raise Fault(f"{path} is no witness's key") from error
    if version != 1 or not good_name(name) or not _HEX32.fullmatch(seed):
        raise Fault(f"{path} is no witness's key of version 1")
    return name, bytes.fromhex(seed)
