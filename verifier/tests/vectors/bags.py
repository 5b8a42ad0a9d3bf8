"""Packages: the package's digest (package format, step 3), the folder and its manifests (4)."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from verifier.tests.vectors.store import Json, repeat
from verifier.tests.vectors.worlds import FOOTAGE, HIDDEN, PROOF, Files, Packages, court, indexed, made, seal
from verifier.tests.writer import digest, make, retag, sha

TAGS, BAG, INFO = "tagmanifest-sha256.txt", "manifest-sha256.txt", "bag-info.txt"
ALTERED = "the file is not what the manifest says: it was altered"
NOT_TAGGED = "the file is not what the tag manifest says: it was altered"
ADDED = "this is no part of a package: it was added"
ABOUT = 'Packages: each case is its base with some files changed. Steps and files are those of "How it is checked" in the package format.'
LARGE = 64 * 2**20 + 1


def vouched(change: Callable[[Path], object], *, tagged: bool = True) -> Files:
    """A package of which a file was changed before the log vouched for the folder; the tag manifest is made again unless that is changed."""
    with tempfile.TemporaryDirectory() as folder:
        package, plan = Path(folder) / "package", court()

        def close(values: Json) -> Json:
            change(package)
            text = retag(package).encode() if tagged else (package / TAGS).read_bytes()
            return values | {"digests": [digest("package", sha(text))]}

        plan.edit_package = close
        make(package, plan)
        return indexed(package)


def rewrite(path: str, edit: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda folder: (folder / path).write_bytes(edit((folder / path).read_bytes()))


def bag(bases: dict[str, Files]) -> Packages:
    area = Packages(ABOUT, bases)
    for name, files in bases.items():
        if HIDDEN not in files:  # who measures copies refuses that one: it is no film
            area.ok(name, f"the base: {name}", files)
    whole = bases["court"]
    _folder(area, whole)
    _digests(area, whole)
    _tag_files(area)
    return area


def _folder(area: Packages, whole: Files) -> None:
    for path in sorted(whole):
        if path not in {"verify.html", "data/trail.csv"} and not path.startswith("data/"):
            area.no(
                "court", f"without {path}", (4, path), "the file is missing", {name: data for name, data in whole.items() if name != path}
            )
    area.no("court", "a file added beside", (4, "notes.txt"), ADDED, whole | {"notes.txt": b"x"})
    area.no("court", "a folder added beside", (4, "extra"), ADDED, whole | {"extra/a": b"x"}, needs="folders")
    area.no(
        "court",
        "a folder in the place of a file",
        (4, "README.txt"),
        ADDED,
        _without(whole, "README.txt") | {"README.txt/a": b"x"},
        needs="folders",
    )
    area.no("court", "an empty folder", (4, "data/footage/empty"), "the folder is empty", whole | {"data/footage/empty": {"folder": True}})
    area.no(
        "court", "a link", (4, "data/trail.csv"), "links are refused", whole | {"data/trail.csv": {"link": "trail.json"}}, needs="links"
    )
    area.no(
        "court",
        "a link for a tag file",
        (4, "README.txt"),
        "links are refused",
        whole | {"README.txt": {"link": "bagit.txt"}},
        needs="links",
    )
    area.no(
        "court", "a pipe", (4, "data/trail.csv"), "only plain files are allowed", whole | {"data/trail.csv": {"pipe": True}}, needs="links"
    )
    for name, path in {"a control character": "data/a\tb", "a backslash": "data/..\\b", "a sign without a shape": "data/a\u200bb"}.items():
        area.no("court", f"a name with {name}", (4, path), "the name is not one that a package may hold", whole | {path: b"x"})
    for path in ("README.txt", PROOF):
        large = {**whole, path: repeat("x", LARGE)}
        area.no("court", f"{path} of more than 64 MiB", (4, path), f"the file is larger than {64 * 2**20} bytes", large)


def _without(files: Files, path: str) -> Files:
    return {name: data for name, data in files.items() if name != path}


def _digests(area: Packages, whole: Files) -> None:
    """Changed after the log vouched for it: each stage of covering it up is seen at the next."""
    footage = whole | {FOOTAGE: whole[FOOTAGE][:-1] + b"!"}
    area.no("court", "footage altered", (4, FOOTAGE), ALTERED, footage)
    area.no("court", "a page altered", (4, "data/trail.html"), ALTERED, whole | {"data/trail.html": b"<p>nothing happened</p>\n"})
    area.no("court", "footage emptied", (4, FOOTAGE), ALTERED, whole | {FOOTAGE: b""})
    area.no(
        "court",
        "a file of data removed",
        (4, "data/trail.csv"),
        "the manifest lists a file that is missing",
        _without(whole, "data/trail.csv"),
    )
    area.no(
        "court",
        "a file added to data",
        (4, "data/more.txt"),
        "the file is not in the manifest: it was added",
        whole | {"data/more.txt": b"x"},
    )
    covered = footage | {BAG: whole[BAG].replace(sha(whole[FOOTAGE]).hex().encode(), sha(footage[FOOTAGE]).hex().encode())}
    area.no("court", "footage altered, and the manifest with it", (4, BAG), NOT_TAGGED, covered)
    area.no(
        "court",
        "footage altered, and both manifests with it",
        (3, TAGS),
        "the log vouches for another package than this one: the tag manifest was altered",
        seal(footage),
    )
    area.no("court", "a tag file altered", (4, "README.txt"), NOT_TAGGED, whole | {"README.txt": b"Believe me.\n"})
    area.no("court", "the page altered", (4, "verify.html"), NOT_TAGGED, whole | {"verify.html": b"<p>Verified.</p>\n"})
    area.no("court", "without verify.html", (4, "verify.html"), "the manifest lists a file that is missing", _without(whole, "verify.html"))
    two = "the log vouches for another package than this one: the tag manifest was altered"
    for name, edit in {
        "the package's digest named twice": lambda values: values | {"digests": values["digests"] * 2},
        "no digest of the package named": lambda values: values | {"digests": []},
    }.items():
        area.no("court", name, (3, TAGS), two, made(court(edit_package=edit)))


def _tag_files(area: Packages) -> None:
    """Wrong, and the log vouches for it."""
    line, nought = "line 7 is not a hash and the path of a file", "0" * 64
    lines: list[tuple[str, str, str, str]] = [
        ("a path that leads out", f"{nought}  data/../../etc/passwd\n", BAG, line),
        ("a path from the root", f"{nought}  /etc/passwd\n", BAG, line),
        ("a path with a backslash", f"{nought}  data\\x\n", BAG, line),
        ("a hash alone", f"{nought}  \n", BAG, line),
        ("a hash in capitals", f"{'A' * 64}  data/x\n", BAG, line),
        ("a hash of SHA-1", f"{'0' * 40}  data/x\n", BAG, line),
        ("a file that is not there", f"{nought}  data/x\n", "data/x", "the manifest lists a file that is missing or must not be there"),
        ("a file twice", f"{nought}  data/trail.csv\n", BAG, "line 7 lists a file twice"),
        ("carriage returns", f"{nought}  data/x\r\n", BAG, "the file's lines do not end as they must (one LF each)"),
        ("no line feed at the end", "x", BAG, "the file's lines do not end as they must (one LF each)"),
    ]
    for name, more, file, reason in lines:
        area.no("court", f"the manifest: {name}", (4, file), reason, vouched(rewrite(BAG, lambda data, more=more: data + more.encode())))  # type: ignore[misc]
    area.no(
        "court",
        "the manifest: no UTF-8",
        (4, BAG),
        "the file is not Unicode text in UTF-8",
        vouched(rewrite(BAG, lambda data: data.replace("é".encode(), b"\xe9"))),
    )
    area.no(
        "court",
        "the manifest: a file is not in it",
        (4, "data/certificate.html"),
        "the file is not in the manifest: it was added",
        vouched(rewrite(BAG, _first_gone)),
    )
    tags: list[tuple[str, Callable[[bytes], bytes], str, str]] = [
        (
            "a file of data in it",
            lambda data: data + f"{nought}  data/trail.csv\n".encode(),
            "data/trail.csv",
            "the manifest lists a file that is missing or must not be there",
        ),
        (
            "the proof in it",
            lambda data: data + f"{nought}  {PROOF}\n".encode(),
            PROOF,
            "the manifest lists a file that is missing or must not be there",
        ),
        ("bag-info.txt is not in it", _first_gone, INFO, "the file is not in the manifest: it was added"),
        ("a line that is none", lambda data: data + b"\n", TAGS, "line 6 is not a hash and the path of a file"),
    ]
    for name, edit, file, reason in tags:
        area.no("court", f"the tag manifest: {name}", (4, file), reason, vouched(rewrite(TAGS, edit), tagged=False))
    for name, text in {
        "BagIt 0.97": b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n",
        "another encoding": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n",
    }.items():
        area.no(
            "court",
            f"the declaration: {name}",
            (4, "bagit.txt"),
            "this is not the declaration of a BagIt 1.0 bag in UTF-8",
            vouched(rewrite("bagit.txt", lambda _data, text=text: text)),
        )  # type: ignore[misc]
    _info(area)


def _first_gone(data: bytes) -> bytes:
    return data[data.index(b"\n") + 1 :]


def _info(area: Packages) -> None:
    def without(label: bytes) -> Callable[[bytes], bytes]:
        return lambda data: b"".join(line for line in data.splitlines(keepends=True) if not line.startswith(label))

    for label in ("Bagging-Date", "External-Identifier", "Payload-Oxum", "Source-Organization", "Bag-Software-Agent"):
        area.no("court", f"bag-info: without {label}", (4, INFO), f"{label} is missing", vouched(rewrite(INFO, without(label.encode()))))
    new = "is not a new label and its value"
    for name, more in {
        "a label twice": b"Payload-Oxum: 1.1\n",
        "a line without a label": b"nothing\n",
        "a folded line": b"  more\n",
    }.items():
        area.no(
            "court",
            f"bag-info: {name}",
            (4, INFO),
            f"the line {more[:-1].decode()!r} {new}",
            vouched(rewrite(INFO, lambda data, more=more: data + more)),
        )  # type: ignore[misc]
    for name, oxum in {"a byte less": b"1.6", "no number": b"x", "a file more": b"2098.7"}.items():
        edit = rewrite(INFO, lambda data, oxum=oxum: without(b"Payload-Oxum")(data) + b"Payload-Oxum: " + oxum + b"\n")  # type: ignore[misc]
        area.no("court", f"bag-info: Payload-Oxum, {name}", (4, INFO), "Payload-Oxum does not agree with the files", vouched(edit))
    area.no(
        "court",
        "bag-info: carriage returns",
        (4, INFO),
        "the file's lines do not end as they must (one LF each)",
        vouched(rewrite(INFO, lambda data: data.replace(b"\n", b"\r\n"))),
    )
    other = rewrite(INFO, lambda data: data.replace(b"External-Identifier: ", b"External-Identifier: 0"))
    area.no("court", "bag-info: another package", (5, INFO), "External-Identifier is not the package's uuid", vouched(other))
