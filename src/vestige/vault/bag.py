"""Writing packages: a BagIt bag beside its place, made durable, proven, and moved there whole."""

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from uuid import UUID

import bagit

from vestige.errors import BadInput, NotInstalled, Tampered
from vestige.evidence.values import Digest
from vestige.vault import disk
from vestige.vault.local import LocalVault

_PARTIAL = ".partial"
_BLOCK = 4 << 20
PROOF = "package.tlog-proof"
PAGE = "verify.html"
BUILT_PAGE = Path(__file__).parent / "dist" / PAGE
"""The page that checks a package in a browser; made with the other pages, by `hatch_build.py`."""
TIME = "package.tsr"


class Footage(Protocol):
    """A file that comes out of the vault."""

    @property
    def path(self) -> str: ...
    @property
    def item(self) -> UUID: ...
    @property
    def sealed(self) -> UUID: ...
    @property
    def digest(self) -> Digest: ...


class Bag(Protocol):
    """What goes into a package."""

    @property
    def footage(self) -> Sequence[Footage]: ...
    @property
    def payload(self) -> Mapping[str, bytes]: ...
    @property
    def readme(self) -> bytes: ...
    @property
    def info(self) -> Mapping[str, str]: ...


class BagPacker:
    """Writes bags from the vault's objects. Until `deliver` a bag lies beside its place, as `NAME.partial`."""

    def __init__(self, vault: LocalVault, page: Path = BUILT_PAGE) -> None:
        """`vault` holds the footage; `page` is the file that goes into each package as `verify.html`."""
        self._vault = vault
        self._page = page

    def pack(self, out: Path, bag: Bag) -> Digest:
        """Write and close the bag; returns the digest of its tag manifest.

        Raises BadInput when the place is taken, Tampered when footage is no longer what was accessioned, NotInstalled where the pages
        were not built, DiskFull, Unavailable.
        """
        page = self._built_page()
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise BadInput(f"{out} is there already and not empty; packages are never written over")
        partial = _partial(out)
        with disk.telling(partial), _whole_or_gone(partial):
            partial.mkdir(parents=True)
            for footage in bag.footage:
                self._write_footage(partial / footage.path, footage)
            for path, data in bag.payload.items():
                _write(partial / path, data)
            return _close(partial, bag, page)

    def deliver(self, out: Path, proof: str, token: bytes | None = None) -> None:
        """Add the proof, and the time authority's token where there is one, make all durable, and move the bag to its place."""
        partial = _partial(out)
        with disk.telling(partial):
            _write(partial / PROOF, proof.encode())
            if token is not None:
                _write(partial / TIME, token)
            for path in sorted(partial.rglob("*"), reverse=True):
                disk.fsync_folder(path) if path.is_dir() else _fsync(path)
            disk.fsync_folder(partial)
            if out.exists():
                out.rmdir()
            partial.rename(out)
            disk.fsync_folder(out.parent)

    def _built_page(self) -> bytes:
        try:
            return self._page.read_bytes()
        except FileNotFoundError:
            raise NotInstalled(
                f"the pages were not built: no package leaves without its {PAGE}, and {self._page} is not there. "
                "Install Vestige again without VESTIGE_SKIP_UI, or run npm ci and npm run build in ui/"
            ) from None

    def _write_footage(self, path: Path, footage: Footage) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        running = sha256()
        with self._vault.open(footage.item, footage.sealed) as reader, path.open("xb") as out:
            for offset in range(0, reader.size, _BLOCK):
                block = reader.read_at(offset, _BLOCK)
                running.update(block)
                out.write(block)
        if running.hexdigest() != footage.digest.value:
            raise Tampered(f"item {footage.item} is no longer the file that was taken in; nothing leaves")


def _close(partial: Path, bag: Bag, page: bytes) -> Digest:
    made = bagit.make_bag(str(partial), bag_info=dict(bag.info), checksums=["sha256"])
    declaration = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"  # the library writes 0.97; what it makes is RFC 8493
    (partial / "bagit.txt").write_text(declaration)
    (partial / "README.txt").write_bytes(bag.readme)
    (partial / PAGE).write_bytes(page)
    made.save()
    tags = partial / "tagmanifest-sha256.txt"  # the library writes one space here and two in the other manifest
    tags.write_text(
        "".join(f"{digest}  {path}\n" for digest, path in sorted(line.split(maxsplit=1) for line in tags.read_text().splitlines()))
    )
    manifest = (partial / "manifest-sha256.txt").read_text()
    for footage in bag.footage:
        if f"{footage.digest.value}  data/{footage.path}\n" not in manifest:
            raise Tampered(f"{footage.path} is not what was written")
    return Digest(sha256(tags.read_bytes()).hexdigest())


@contextmanager
def _whole_or_gone(partial: Path) -> Iterator[None]:
    if partial.exists():
        shutil.rmtree(partial)
    try:
        yield
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _partial(out: Path) -> Path:
    return out.absolute().with_name(out.absolute().name + _PARTIAL)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as out:
        out.write(data)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
