"""A log's key that was replaced (custody format, section 4): statements in a package's manifest (package format, steps 1 and 5)."""

from collections.abc import Callable
from typing import Any

from verifier.tests.vectors.bags import ABOUT
from verifier.tests.vectors.store import Json
from verifier.tests.vectors.worlds import LOG_KEY, MANIFEST, PROOF, Files, Packages, court, made, succeeded
from verifier.tests.writer import Key, b64, key, sha

NEW = key(1)
OLDER, OLD = (Key(NEW.name, key(seed).private) for seed in (71, 72))
BASE = "the log's key was replaced twice"
ROOT = b64(sha(b"a root"))


def statement(old: Key, new: Key, **bent: str) -> str:
    """That `new` follows `old`, signed by both. `bent` is said instead: `title`, `origin`, `size`, `root`, `more`."""
    said = {"title": "Vestige log key succession, version 1", "origin": new.name, "size": "1", "root": ROOT, "more": ""} | bent
    text = f"{said['title']}\n{said['origin']}\n{said['size']}\n{said['root']}\n{old.vkey}\n{new.vkey}\n{said['more']}"
    return old.sign(text) + new.sign(text).rpartition("\n\n")[2]


STATEMENTS = [statement(OLDER, OLD), statement(OLD, NEW)]
_WHOLE = statement(OLD, NEW)
_HEAD, _LINES = _WHOLE.rpartition("\n\n")[0] + "\n\n", _WHOLE.rpartition("\n\n")[2]
_FIRST, _SECOND = _LINES.splitlines(keepends=True)
_NOTE = "this is no signed note: a text, an empty line, and signature lines"
_NONE = "statement 1 is none that a log's key was replaced"
_KEYS = "the keys of statement 1 are not two keys of its log"
_SIGNERS = "statement 1 is not signed by the old key and the new one"
_INVALID = "a signature of statement 1, that the log's key was replaced, is not valid"
_BASE64 = "this is no base64 in its one canonical form"
_LEAD = "the statements that the log's key was replaced do not lead to the key that signed"
_STRANGER = Key(NEW.name, key(73).private)
# What is wrong with the statements: they, and the sentence.
LIES: dict[str, tuple[Json, str]] = {
    "an empty text": ([""], _NOTE),
    "a text that is no note": ([_WHOLE.replace("\n\n", "\n")], _NOTE),
    "no line feed at the end": ([_WHOLE[:-1]], _NOTE),
    "carriage returns": ([_WHOLE.replace("\n", "\r\n")], _NOTE),
    "version 2": ([statement(OLD, NEW, title="Vestige log key succession, version 2")], _NONE),
    "a line too many": ([statement(OLD, NEW, more="more\n")], _NONE),
    "a checkpoint": ([NEW.sign(f"{NEW.name}\n1\n{ROOT}\n")], _NONE),
    "a size that begins with a nought": ([statement(OLD, NEW, size="01")], "this is no size of a log"),
    "a size with a sign": ([statement(OLD, NEW, size="+1")], "this is no size of a log"),
    "a root of 31 bytes": ([statement(OLD, NEW, root=b64(bytes(31)))], _KEYS),
    "a root that is no base64": ([statement(OLD, NEW, root="***")], _BASE64),
    "another origin": ([statement(OLD, NEW, origin=key(2).name)], _KEYS),
    "the key of another log": ([statement(key(2), NEW)], _KEYS),
    "a key that follows itself": ([statement(NEW, NEW)], _KEYS),
    "a key that is none": ([_WHOLE.replace(OLD.vkey, "nonsense")], "this is no verifier key (name+id+key)"),
    "signed by the old key alone": ([_HEAD + _FIRST], _SIGNERS),
    "signed by the new key alone": ([_HEAD + _SECOND], _SIGNERS),
    "signed by the new key first": ([_HEAD + _SECOND + _FIRST], _SIGNERS),
    "signed by a third too": ([_WHOLE + _STRANGER.sign(_HEAD[:-1]).rpartition("\n\n")[2]], _SIGNERS),
    "a signature line that is none": ([_HEAD + _FIRST + "-" + _SECOND[1:]], "a signature line of the checkpoint is malformed"),
    "a signature that is no base64": ([_HEAD + _FIRST + f"— {NEW.name} ***\n"], _BASE64),
    "a signature of 63 bytes": ([_HEAD + _FIRST + f"— {NEW.name} {b64(NEW.id + bytes(63))}\n"], _INVALID),
    "forged in the name of the old key": ([_HEAD + f"— {OLD.name} {b64(OLD.id + _STRANGER.private.sign(b'x'))}\n" + _SECOND], _INVALID),
    "another size than was signed": ([_WHOLE.replace("\n1\n", "\n2\n", 1)], _INVALID),
    "the second forged": ([STATEMENTS[0], _HEAD.replace("\n1\n", "\n2\n", 1) + _LINES], _INVALID.replace("1", "2")),
    "out of order": (STATEMENTS[::-1], "statement 2 that the log's key was replaced does not follow the one before"),
    "one twice": (STATEMENTS[1:] * 2, "statement 2 that the log's key was replaced does not follow the one before"),
    "more entries than the checkpoint": (
        [statement(OLD, NEW, size="1000")],
        "the log's key was replaced at 1000 entries, and the checkpoint has",
    ),
    "that lead to another key": (STATEMENTS[:1], _LEAD),
    "that go on after the key that signed": ([*STATEMENTS, statement(NEW, _STRANGER)], _LEAD),
}
# The same of the list that they are in.
LISTS: dict[str, tuple[Json, str]] = {
    "a text": (_WHOLE, "`succession` is no list"),
    "null": (None, "`succession` is no list"),
    "a list of a number": ([1], "`succession` is no text"),
    "an empty list": ([], "`succession` is empty: it is there only where the log's key was replaced"),
}


def trusting(*keys: Key) -> str:
    return "".join(f"log {one.vkey}\n" for one in keys)


def succession(bases: dict[str, Files]) -> Packages:
    area = Packages(ABOUT, bases)
    for name, trust in {
        "the oldest key": trusting(OLDER),
        "the key before the last": trusting(OLD),
        "all three keys": trusting(OLDER, NEW, OLD),
        "a stranger's key and the oldest": trusting(key(2), OLDER),
    }.items():
        area.good(f"trusting {name}", base=BASE, trust=trust)
    area.good("no key from elsewhere", base=BASE, trust=None)
    area.ok(BASE, "the last statement alone", made(succeeded(STATEMENTS[1:])), trust=trusting(OLD))
    full = [statement(OLD, NEW, size="5")]
    area.ok(BASE, "replaced just before the package", made(succeeded(full)), trust=trusting(OLD))
    stranger = "the package is signed by another key than the one that you trust"
    for name, one in {"of another log": key(2), "that the log never had": _STRANGER}.items():
        area.bad(f"trusting a key {name}", stranger, at=(1, PROOF), base=BASE, trust=trusting(one))
    area.no(
        BASE, "an older key than the statements begin with", (1, PROOF), stranger, made(succeeded(STATEMENTS[1:])), trust=trusting(OLDER)
    )
    area.bad("an old key, and no statement", stranger, at=(1, PROOF), base="court", trust=trusting(OLD))
    _lies(area)
    _manifests(area, bases[BASE])
    return area


def _lies(area: Packages) -> None:
    """Each is seen when the manifest is read: in step 1 by who trusts an older key, else in step 5."""
    for name, (statements, reason) in LIES.items():
        files = made(succeeded(statements))
        area.no(BASE, name, (5, MANIFEST), reason, files)
        area.no(BASE, f"{name}, trusting an old key", (1, MANIFEST), reason, files, trust=trusting(OLD))
    files = made(succeeded(LIES["out of order"][0]))
    area.no(BASE, "out of order, and no key from elsewhere", (5, MANIFEST), LIES["out of order"][1], files, trust=None)
    for name, (value, reason) in LISTS.items():
        files = made(succeeded(value))
        area.no(BASE, f"the list is {name}", (5, MANIFEST), reason, files)
        area.no(BASE, f"the list is {name}, and no key from elsewhere", (1, MANIFEST), reason, files, trust=None)


def _manifests(area: Packages, whole: Files) -> None:
    gone = {path: data for path, data in whole.items() if path != MANIFEST}
    area.no(BASE, "an old key, and no manifest", (4, MANIFEST), "the file is missing", gone, trust=trusting(OLD))
    said: Callable[[Json], Json] = lambda manifest: manifest | {"log": manifest["log"] | {"succession": STATEMENTS}}  # noqa: E731 - an edit
    bent: dict[str, Any] = {"format": 1, "edit_manifest": said}
    reason = "an object must have exactly the keys fingerprint, key, origin; wrong: 'succession'"
    area.no("court of format 1", "in a package of format 1", (5, MANIFEST), reason, made(court(**bent)), trust=LOG_KEY)
