"""`data/manifest.json`: what a package says it is (package format, step 5)."""

from dataclasses import dataclass

from vestige_verify import bag, canonical, hidden, samples, shapes
from vestige_verify.bag import Payload
from vestige_verify.errors import VerificationError
from vestige_verify.notes import VerifierKey, parse_key, parse_witness

_PAGES = {
    "court": frozenset({"certificate.html"}),
    "public": frozenset({"redaction-log.html", "redaction-log.csv"}),
}
_OPTIONAL = {"court": frozenset({samples.PATH}), "public": frozenset({samples.PATH, hidden.PATH})}
_ALWAYS = frozenset({"manifest.json", "trail.json", "trail.html", "trail.csv"})
_FOOTAGE = "data/footage/"
OPENED = ("opened", "original", "key")
"""What a package of an opened copy holds, in this order."""
_FORMATS = {"vestige-package/1": 1, "vestige-package/2": 2}


@dataclass(frozen=True, slots=True)
class File:
    """A file of footage: its path in the package, SHA-256 in hex, bytes, and what it is: `original`, `clipped`, `rendered`, `opened`, `key`."""

    path: str
    item: str
    sha256: str
    size: int
    of: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest's facts; to be believed only when the proof has vouched for the bag."""

    format: int
    package: str
    profile: str
    agency: str
    created: int
    console_acts: bool
    key: VerifierKey
    witnesses: list[VerifierKey]
    succession: list[str]
    item: str
    files: list[File]
    withheld: list[str]


def parse(data: bytes) -> Manifest:
    """Reads the manifest; refuses another form than the canonical one, keys that are missing or too many, and malformed values."""
    record = shapes.record(
        canonical.decode(data),
        *("agency", "console_acts", "created", "files", "format", "item", "log", "package", "profile", "withheld"),
    )
    version = _FORMATS[shapes.one_of(record["format"], "format", *_FORMATS)]
    key, witnesses, succession = _log(record["log"], version)
    return Manifest(
        format=version,
        package=shapes.uuid(record["package"], "package"),
        profile=shapes.one_of(record["profile"], "profile", "court", "public"),
        agency=shapes.text(record["agency"], "agency"),
        created=shapes.natural(record["created"], "created"),
        console_acts=shapes.boolean(record["console_acts"], "console_acts"),
        key=key,
        witnesses=witnesses,
        succession=succession,
        item=shapes.uuid(record["item"], "item"),
        files=[_file(value) for value in shapes.array(record["files"], "files")],
        withheld=[shapes.text(value, "withheld") for value in shapes.array(record["withheld"], "withheld")],
    )


def check(manifest: Manifest, payload: dict[str, Payload], found: frozenset[str], identifier: str) -> None:
    """Returns if the manifest agrees with the files that were hashed, with all that were found, and with the bag's identifier.

    Refuses a file that the format does not have or lacks, footage that is not listed, listed files that are missing, have another size or
    hash, are of another item or of the wrong kind, and a payload that is not what the profile holds.
    """
    if manifest.package != identifier:
        raise VerificationError("External-Identifier is not the package's uuid", file=bag.INFO)
    _of_format(manifest.format, found)
    footage = {path for path in payload if path.startswith(_FOOTAGE)}
    pages = {f"data/{name}" for name in _ALWAYS | _PAGES[manifest.profile]} | (_OPTIONAL[manifest.profile] & found)
    for path in sorted(payload.keys() - footage ^ pages):
        raise VerificationError(f"the profile {manifest.profile} does not hold this file, or lacks it", file=path)
    listed = [file.path for file in manifest.files]
    if not listed or len(set(listed)) != len(listed):
        raise VerificationError("the manifest lists no file, or one twice")
    for path in sorted(footage ^ set(listed)):
        raise VerificationError("the manifest does not list this file, or lists it and it is not there", file=path)
    opened = manifest.profile == "court" and manifest.format > 1 and any(file.of == "opened" for file in manifest.files)
    kinds = {"court": {"original", "clipped"}, "public": {"rendered"}}[manifest.profile]
    if (samples.PATH in payload or any(file.of == "clipped" for file in manifest.files)) and len(manifest.files) != 1:
        raise VerificationError("a package with sample proofs has exactly one file of footage")
    for file in manifest.files:
        if (payload[file.path].sha256, payload[file.path].size) != (file.sha256, file.size):
            raise VerificationError("the file's size or hash is not what the manifest says", file=file.path)
        if not opened and (file.item != manifest.item or file.of not in kinds):
            raise VerificationError("the file is of another item or kind than the package", file=file.path)
    if opened:
        _opened(manifest)


def _opened(manifest: Manifest) -> None:
    if tuple(file.of for file in manifest.files) != OPENED:
        raise VerificationError("a package of an opened copy holds the copy, the encrypted original and the key object, in this order")
    items = [file.item for file in manifest.files]
    for file in manifest.files:
        if (file.item == manifest.item) != (file.of == "opened") or items.count(file.item) > 1:
            raise VerificationError("the file is of another item or kind than the package", file=file.path)


def _of_format(version: int, found: frozenset[str]) -> None:
    if version > 1 and bag.PAGE not in found:
        raise VerificationError("a package of format 2 must hold this file", step=4, file=bag.PAGE)
    for path in sorted(found & {bag.PAGE, bag.TIME_STAMP, samples.PATH, hidden.PATH} if version == 1 else ()):
        raise VerificationError("a package of format 1 does not hold this file", step=4, file=path)


def _file(value: object) -> File:
    record = shapes.record(value, "item", "of", "path", "sha256", "size")
    return File(
        path=shapes.text(record["path"], "path"),
        item=shapes.uuid(record["item"], "item"),
        sha256=shapes.digest(record["sha256"], "sha256"),
        size=shapes.natural(record["size"], "size"),
        of=shapes.one_of(record["of"], "of", "clipped", "key", "opened", "original", "rendered"),
    )


def _log(value: object, version: int) -> tuple[VerifierKey, list[VerifierKey], list[str]]:
    replaced = version > 1 and isinstance(value, dict) and "succession" in value
    record = shapes.record(
        value, "fingerprint", "key", "origin", *(["witnesses"] if version > 1 else []), *(["succession"] if replaced else [])
    )
    key = parse_key(shapes.text(record["key"], "key"))
    if record["origin"] != key.name:
        raise VerificationError("the log's origin is not the name of its key")
    if record["fingerprint"] != key.fingerprint:
        raise VerificationError("the fingerprint is not that of the key")
    named = [shapes.text(item, "witnesses") for item in shapes.array(record.get("witnesses", []), "witnesses")]
    if named != sorted(set(named)):
        raise VerificationError("`witnesses` is not a sorted list of verifier keys")
    statements = [shapes.text(item, "succession") for item in shapes.array(record.get("succession", []), "succession")]
    if replaced and not statements:
        raise VerificationError("`succession` is empty: it is there only where the log's key was replaced")
    return key, [parse_witness(text) for text in named], statements
