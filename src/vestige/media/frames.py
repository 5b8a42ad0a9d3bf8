"""What parent and child say to each other over pipes: frames of a kind (1 byte), a length (4 bytes, big-endian) and a payload."""

import json
import os
from typing import Final

from vestige.errors import MediaFailed

JSON: Final = b"j"
PROGRESS: Final = b"p"
WRITE: Final = b"w"
PATCH: Final = b"s"
BLOB: Final = b"b"
LARGEST: Final = {JSON: 64 << 20, PROGRESS: 4, WRITE: 1 << 20, PATCH: (1 << 20) + 8, BLOB: 64 << 20}
_HEAD = 5


def send(descriptor: int, kind: bytes, payload: bytes | memoryview) -> None:
    """Write one frame whole."""
    for part in (kind + len(payload).to_bytes(4, "big"), payload):
        view = memoryview(part)
        while view:
            view = view[os.write(descriptor, view) :]


def send_json(descriptor: int, value: object) -> None:
    """Write a JSON frame."""
    send(descriptor, JSON, json.dumps(value, ensure_ascii=True).encode())


def receive(descriptor: int) -> tuple[bytes, bytes] | None:
    """The next frame: kind and payload; None at the end. Raises MediaFailed for what is no frame."""
    head = _exactly(descriptor, _HEAD)
    if not head:
        return None
    kind, length = head[:1], int.from_bytes(head[1:], "big")
    if len(head) != _HEAD or length > LARGEST.get(kind, -1):
        raise MediaFailed("the media child said something that is no answer")
    payload = _exactly(descriptor, length)
    return (kind, payload) if len(payload) == length else None


def _exactly(descriptor: int, length: int) -> bytes:
    parts, got = [], 0
    while got < length:
        part = os.read(descriptor, min(length - got, 1 << 20))
        if not part:
            break
        parts.append(part)
        got += len(part)
    return b"".join(parts)
