"""Sealing the data keys of a home anew under the current key-encryption key: file by file, durably, to be taken up again at any point.

The bytes of objects are not touched. Each key file is read, opened, sealed and put in place while all key files are held alone: whoever
writes or removes one waits, so none that was removed comes back, and none is written under a key that is being retired.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from uuid import UUID

from vestige.errors import Fault
from vestige.vault import disk, keyfiles
from vestige.vault.keyfiles import KeyFile
from vestige.vault.layout import Layout
from vestige.vault.live import LiveKeyring


def standing(layout: Layout) -> Counter[str]:
    """How many key files stand under each key-encryption key; those that cannot be read count under the empty name."""
    return Counter(kek for _, kek in named(layout))


def named(layout: Layout) -> Iterator[tuple[UUID, str]]:
    """Items with the name of the key under which their key file stands; the empty name where it cannot be read."""
    for item in layout.items():
        try:
            yield item, keyfiles.read(layout.key(item), item).key.kek
        except Fault:
            if layout.key(item).exists():  # else it was removed in between
                yield item, ""


def rewrap(layout: Layout, keyring: LiveKeyring, progress: Callable[[float], None]) -> tuple[int, int]:
    """Seal every data key that stands under another key than the current one anew. Raises Unavailable.

    Returns how many were, and how many could not be: those stay as they are, and `fsck` names them.
    """
    waiting = [item for item, kek in named(layout) if kek != keyring.current]
    done = left = 0
    for number, item in enumerate(waiting, 1):
        try:
            done += _one(layout, keyring, item)
        except Fault:
            left += 1
        progress(number / len(waiting))
    return done, left


def sweep(layout: Layout) -> int:
    """Remove what a re-sealing that was killed left beside whole key files; returns how many. Raises Unavailable."""
    swept = 0
    with layout.key_files_held(alone=True):
        for item in layout.items():
            left = layout.key(item).with_suffix(".key.tmp")
            if left.exists():
                disk.unlink(left)
                swept += 1
    return swept


def _one(layout: Layout, keyring: LiveKeyring, item: UUID) -> bool:
    path = layout.key(item)
    with layout.key_files_held(alone=True):
        if not path.exists():
            return False
        entry = keyfiles.read(path, item)
        if entry.key.kek == keyring.current:
            return False
        key = keyring.unwrap(item, entry.object_id, entry.key)
        anew = keyring.wrap(item, entry.object_id, key)
        if keyring.unwrap(item, entry.object_id, anew) != key:
            raise Fault(f"the data key of item {item} does not come back from key {anew.kek}; its key file stays as it was")
        keyfiles.replace(path, KeyFile(item, entry.object_id, anew))
    return True
