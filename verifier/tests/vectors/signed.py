"""Verifier keys, checkpoints, cosignatures and trust files."""

import base64
from collections.abc import Callable

from verifier.tests.vectors.store import Area, Json, plain, repeat
from verifier.tests.writer import Key, b64, key, leaf, root, witness


def keys() -> Area:
    area = Area(
        "Verifier keys (custody format, sections 4 and 9): `kind` is `log` or `witness`; of a good one, `fingerprint` and `id` follow."
    )
    for kind, other, one in (("log", "witness", key(1)), ("witness", "log", witness(1))):
        wanted = "an Ed25519 key" if kind == "log" else "one of a witness"
        area.good(f"of a {kind}", kind=kind, key=one.vkey, fingerprint=one.fingerprint, id=one.id.hex())
        area.bad(
            f"of a {other} for a {kind}", f"the verifier key is not {wanted}", kind=kind, key=(witness(1) if kind == "log" else key(1)).vkey
        )
        name, ident, typed = one.vkey.split("+", 2)
        none = "this is no verifier key (name+id+key)"
        for what, text, reason in (
            ("empty", "", none),
            ("two parts", f"{name}+{ident}", none),
            ("no name", f"+{ident}+{typed}", none),
            ("a space in the name", f"a b+{ident}+{typed}", none),
            ("a line feed in the name", f"a\nb+{ident}+{typed}", none),
            ("another id", f"{name}+{'00' * 4}+{typed}", "the verifier key's id is not that of its name and key"),
            ("an id in capitals", f"{name}+{ident.upper()}+{typed}", "the verifier key's id is not that of its name and key"),
            ("another name", f"{name}x+{ident}+{typed}", "the verifier key's id is not that of its name and key"),
            ("base64 cut by a sign", f"{name}+{ident}+{typed[:-1]}", "this is no base64 in its one canonical form"),
            ("padding that it does not need", f"{name}+{ident}+{typed}=", "this is no base64 in its one canonical form"),
            ("a byte less", f"{name}+{ident}+{b64(one.typed[:-1])}", f"the verifier key is not {wanted}"),
            ("base64 of the web", f"{name}+{ident}+_{typed[1:]}", "this is no base64 in its one canonical form"),
            ("a byte too many", f"{name}+{ident}+{b64(one.typed + b'x')}", f"the verifier key is not {wanted}"),
            ("of ML-DSA", f"{name}+{ident}+{b64(bytes([6]) + one.typed[1:])}", f"the verifier key is not {wanted}"),
            ("a space behind", f"{one.vkey} ", "this is no base64 in its one canonical form"),
        ):
            area.bad(f"{kind}: {what}", reason, kind=kind, key=text)
    return area


def checkpoint(signer: Key, size: int = 3, *, extra: str = "") -> str:
    top = root([leaf(bytes([n])) for n in range(size)])
    return signer.sign(f"{signer.name}\n{size}\n{b64(top)}\n{extra}")


def checkpoints() -> Area:
    area = Area(
        "Checkpoints and cosignatures (custody format, sections 4 and 9): `checkpoint` is a content, by the log of `key`; each further line by "
        "one of `witnesses`."
    )
    log, note = key(1), checkpoint(key(1))
    seen = [witness(n) for n in (1, 2, 3)]
    lines = [one.cosign(note, 1_790_000_000 + n) for n, one in enumerate(seen)]
    known = [one.vkey for one in seen]

    def good(name: str, text: str, witnesses: list[str] | None = None) -> None:
        area.good(name, key=log.vkey, witnesses=witnesses or [], checkpoint=text)

    def bad(name: str, reason: str, text: Json, witnesses: list[str] | None = None) -> None:
        area.bad(name, reason, key=log.vkey, witnesses=witnesses or [], checkpoint=text)

    good("a checkpoint", note)
    good("of the empty log", checkpoint(log, 0))
    good("of one entry", checkpoint(log, 1))
    good("with a cosignature", note + lines[0], known[:1])
    good("with three cosignatures", note + "".join(lines), known)
    good("witnesses, and none of them cosigned", note, known)
    _forms(bad, log, note, lines, known)
    _signers(area, bad, log, note)
    _lines(bad, log, note, lines, known)
    return area


Bad = Callable[..., None]


def _forms(bad: Bad, log: Key, note: str, lines: list[str], known: list[str]) -> None:
    form = "the checkpoint is not three lines, an empty line and the signature lines"
    body, signature = note.split("\n\n")
    bad("nothing", form, "")
    bad("no signature", form, body + "\n\n")
    bad("no line feed at the end", form, note[:-1])
    bad("a line feed too many at the end", "a signature line of the checkpoint is malformed", note + "\n")
    bad("carriage returns", form, note.replace("\n", "\r\n"))
    bad("an extension line", form, checkpoint(log, extra="more\n"))
    bad("two lines", form, log.sign(f"{log.name}\n3\n"))
    bad("a control character", form, note.replace("vestige", "vest\tge"))
    bad("66 cosignatures", form, [note, repeat(lines[0], 66)], known)
    bad("bytes that are no UTF-8", "the checkpoint is not Unicode text in UTF-8", plain(note.encode() + b"\xff\n"))
    for size in ("03", "+3", "-3", "3.0", "", "0x3", "9" * 20):
        bad(f"the size {size!r}", "the checkpoint's origin or size is malformed", log.sign(f"{log.name}\n{size}\n{b64(bytes(32))}\n"))
    bad("no origin", "the checkpoint's origin or size is malformed", log.sign(f"\n3\n{b64(bytes(32))}\n"))
    bad("a root of 31 bytes", "the checkpoint's root is not 32 bytes long", log.sign(f"{log.name}\n3\n{b64(bytes(31))}\n"))
    bad("a root that is no base64", "this is no base64 in its one canonical form", log.sign(f"{log.name}\n3\n***\n"))
    loose = b64(bytes(32))[:-2] + "B="
    bad("a root with loose bits", "this is no base64 in its one canonical form", log.sign(f"{log.name}\n3\n{loose}\n"))
    bad("a hyphen for the dash", "a signature line of the checkpoint is malformed", note.replace("—", "-"))
    bad("a name with a plus", "a signature line of the checkpoint is malformed", note.replace(f"— {log.name}", f"— {log.name}+"))
    short = body + f"\n\n— {log.name} {b64(log.id + bytes(63))}\n"
    bad("a signature of 63 bytes", "the checkpoint's first signature is not one of Ed25519", short)
    bad("a cosignature first", "the checkpoint's first signature is not one of Ed25519", body + "\n\n" + lines[0] + signature, known)
    bad("the log's line again", "a further signature of the checkpoint is not the cosignature of a witness", note + signature, known)


def _signers(area: Area, bad: Bad, log: Key, note: str) -> None:
    other, body = key(2), note.split("\n\n", maxsplit=1)[0]
    bad("another size", "the checkpoint's signature is not valid", note.replace("\n3\n", "\n4\n"))
    bad("another root", "the checkpoint's signature is not valid", note.replace(body.split("\n")[2], b64(bytes(32))))
    bad("signed by another key of that id", "the checkpoint's signature is not valid", _forged(log, body))
    bad("of another log", "the checkpoint is of another log than the key", checkpoint(other))
    bad("signed in another name", "the checkpoint is signed by another key", other.sign(body + "\n"))
    stranger = Key("example.com/log", log.private)
    area.bad(
        "of a log that is not Vestige's",
        "the checkpoint's origin is not that of a Vestige log",
        key=stranger.vkey,
        witnesses=[],
        checkpoint=checkpoint(stranger),
    )


def _lines(bad: Bad, log: Key, note: str, lines: list[str], known: list[str]) -> None:
    seen = [witness(n) for n in (1, 2, 3)]
    bad("a line by nobody who is named", "the checkpoint bears a line by 'witness.example/2'", note + lines[1], known[:1])
    bad("two lines of one witness", "the checkpoint bears two lines of the witness", note + lines[0] + lines[0], known)
    bad(
        "two lines of one witness, of two times",
        "the checkpoint bears two lines of the witness",
        note + lines[0] + seen[0].cosign(note, 5),
        known,
    )
    bad(
        "a cosignature of another checkpoint",
        "the cosignature of witness.example/1 is not valid",
        note + seen[0].cosign(checkpoint(log, 4), 5),
        known,
    )
    bad(
        "a cosignature with another time", "the cosignature of witness.example/1 is not valid", note + _retimed(seen[0], lines[0], 7), known
    )
    bad("a time of 2^63", "the time in the cosignature of witness.example/1 is none", note + seen[0].cosign(note, 2**63), known)
    bad("a time of 0", "the time in the cosignature of witness.example/1 is none", note + seen[0].cosign(note, 0), known)
    swapped = note + lines[1] + lines[0]
    bad("cosignatures out of order", "the cosignatures are not in the order of their keys", swapped, known)


def _forged(log: Key, body: str) -> str:
    forged = Key(log.name, key(2).private)
    return f"{body}\n\n— {log.name} {b64(log.id + forged.private.sign((body + chr(10)).encode()))}\n"


def _retimed(one: Key, line: str, time: int) -> str:
    blob = base64.b64decode(line.split(" ")[2])
    return f"— {one.name} {b64(blob[:4] + time.to_bytes(8, 'big') + blob[12:])}\n"


def trust_files(authority: str) -> Area:
    area = Area("Trust files (package format). `trust` is the text; of a good one, `witnesses` and `quorum` follow.")
    log, seen = key(1).vkey, [witness(n).vkey for n in (1, 2, 3)]
    two = f"log {log}\nwitness a {seen[0]}\nwitness b {seen[1]}\n"
    for name, text, witnesses, quorum in (
        ("a key alone", f"{log}\n", 0, 0),
        ("a key with its word", f"log {log}", 0, 0),
        ("two logs", f"log {log}\nlog {key(2).vkey}\n", 0, 0),
        ("comments and empty lines", f"# what we trust\n\n  log {log}  \n#\n", 0, 0),
        ("lines of Windows", f"log {log}\r\nwitness a {seen[0]}\r\n", 1, 1),
        ("all witnesses", two, 2, 2),
        ("one of two", f"{two}quorum 1\n", 2, 1),
        ("none of two", f"quorum 0\n{two}", 2, 0),
        ("with an authority", two + authority, 2, 2),
    ):
        area.good(name, trust=text, witnesses=witnesses, quorum=quorum)
    none = "there is no key of a log in it"
    twice = "a witness's name or key comes twice"
    reach = "a quorum of"
    for name, text, reason in (
        ("nothing", "", none),
        ("witnesses alone", f"witness a {seen[0]}\n", none),
        ("a word that there is not", f"log {log}\nnotary {log} x y\n", "line 2: this is neither `log KEY` nor"),
        ("a quorum that is no number", f"{two}quorum all\n", "line 4: this is neither `log KEY` nor"),
        ("a quorum of 1000", f"{two}quorum 1000\n", "line 4: this is neither `log KEY` nor"),
        ("a key that is none", "log nonsense\n", "line 1: this is no verifier key"),
        ("a log's key for a witness", f"log {log}\nwitness a {key(2).vkey}\n", "line 2: the verifier key is not one of a witness"),
        ("a witness's key for a log", f"log {seen[0]}\n", "line 1: the verifier key is not an Ed25519 key"),
        ("a name twice", f"log {log}\nwitness a {seen[0]}\nwitness a {seen[1]}\n", twice),
        ("a witness's key twice", f"log {log}\nwitness a {seen[0]}\nwitness b {seen[0]}\n", twice),
        ("a log that is its own witness", f"log {log}\nwitness a {_own(key(1))}\n", twice),
        ("more than there are", f"{two}quorum 3\n", f"{reach} 3 cannot be reached"),
        ("two quorums", f"{two}quorum 1\nquorum 1\n", f"{reach} 1 cannot be reached, or is said twice"),
        (
            "an authority that is none",
            two + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "a certificate is not one in PEM",
        ),
        ("an authority that does not end", two + "-----BEGIN CERTIFICATE-----\nAAAA\n", "line 4: this is neither `log KEY` nor"),
    ):
        area.bad(name, reason, trust=text)
    return area


def _own(log: Key) -> str:
    return Key("self.example", log.private, kind=4).vkey
