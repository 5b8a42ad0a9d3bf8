"""What in the vault does not hold, against what the database and the log say must lie there."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from vestige.errors import VestigeError
from vestige.evidence.home import Contents, Fault
from vestige.evidence.values import Digest
from vestige.vault.local import LocalVault
from vestige.vault.sealed import SealReader
from vestige.vault.transfer import digest_of


class VaultCheck:
    """One look at the vault: everything is listed first, then read."""

    def __init__(self, vault: LocalVault, contents: Contents) -> None:
        """`contents` is what must lie there; of intakes that go on, the files are nobody's fault."""
        self._vault, self._contents = vault, contents
        self._sealed_of = {item: sealed for sealed, items in contents.objects.items() for item in items}
        self._stored = set(vault.objects())
        self._keyed = set(vault.items_with_key())
        self._workings = list(vault.workings())
        self._dead: list[UUID] = []
        self._theirs: set[Path] = set()
        self._coming: set[UUID] = set()

    def faults(self) -> Iterator[Fault]:
        """Objects and keys that are missing or nobody's, and bytes that are not what was taken in."""
        self._look_at_intakes()
        for item in self._dead:
            words = f"an intake was cut off ({self._contents.stale[item]}); the server, or the next vestige ingest, removes what it left"
            yield Fault(words, f"item {item}")
        yield from self._names()
        for sealed, items in self._contents.objects.items():
            for item in items:
                if sealed in self._stored and item in self._keyed:
                    yield from self._whole(item, sealed)
        yield from self._working()

    def _look_at_intakes(self) -> None:
        """Which intakes go on, and which were cut off: the files of both are known."""
        for item, sealed in self._contents.intakes.items():
            if item in self._sealed_of:
                continue
            if item in self._contents.stale and not self._vault.lives(item, sealed):
                self._dead.append(item)
            else:
                self._coming.add(item)
            self._theirs |= {*self._vault.traces(item, sealed), self._vault.traces(item, sealed)[-1].with_suffix(".key.tmp")}
        for upload in self._contents.uploads:
            paths = self._vault.layout.upload(upload)
            self._theirs |= {*paths, *(path.with_name(path.name + ".tmp") for path in paths)}

    def _names(self) -> Iterator[Fault]:
        """What is not there, and what is nobody's."""
        objects, known = self._contents.objects, set(self._sealed_of)
        for sealed in sorted(set(objects) - self._stored):
            whose = ", ".join(f"item {item}" for item in sorted(objects[sealed]))
            yield Fault(f"the sealed object is missing: the bytes of {whose}", f"object {sealed}")
        for sealed in sorted(self._stored - set(objects)):
            if self._vault.layout.object(sealed) not in self._theirs:
                yield Fault("the sealed object belongs to no item", f"object {sealed}")
        for item in sorted(known - self._keyed):
            yield Fault("the key file is missing", f"item {item}")
        for item in sorted(self._keyed - known):
            if self._vault.layout.key(item) not in self._theirs:
                yield Fault("the key file belongs to no item", f"item {item}")
        excused = {*self._vault.unfinished_working(), *self._theirs}
        for path in (*self._vault.strangers(), *self._vault.leftovers()):
            if path not in excused and not _rewrapping(path):
                yield Fault("a file in the vault is nobody's", str(path))

    def _whole(self, item: UUID, sealed: UUID) -> Iterator[Fault]:
        try:
            with self._vault.open(item, sealed) as reader:
                if digest_of(reader) != self._contents.digests[item]:
                    yield Fault("the stored bytes are not those that were taken in", f"item {item}")
        except VestigeError as error:
            yield Fault(str(error), f"item {item}")

    def _working(self) -> Iterator[Fault]:
        """Working copies: each that must be there, and each that is."""
        there = set(self._workings)
        for item, kinds in self._contents.working.items():
            for kind in sorted(kinds):
                if (item, kind) not in there and item in self._sealed_of:
                    yield Fault(f"the working copy {kind} is missing", f"item {item}")
        for item, kind in self._workings:
            if item in self._coming or item in self._dead:
                continue
            if item not in self._sealed_of:
                yield Fault(f"the working copy {kind} belongs to no item", f"item {item}")
                continue
            try:
                with self._vault.open_working(item, self._sealed_of[item], kind) as reader:
                    if not _is(reader, self._contents.working.get(item, {}).get(kind)):
                        yield Fault(f"the working copy {kind} is not the one that the log tells of", f"item {item}")
            except VestigeError as error:
                yield Fault(f"the working copy {kind}: {error}", f"item {item}")


def _is(reader: SealReader, wanted: Digest | None) -> bool:
    """Whether it unseals whole, to these bytes where they are known. Raises Tampered."""
    if wanted is None:
        reader.verify()
        return True
    return digest_of(reader) == wanted


def _rewrapping(path: Path) -> bool:
    """Whether it is what a re-sealing that was killed left beside a whole key file: harmless, and removed by the next one."""
    return path.name.endswith(".key.tmp") and path.with_suffix("").exists()
