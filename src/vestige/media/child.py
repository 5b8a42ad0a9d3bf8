"""The media child. It hears one task, loads what the task needs, locks itself in, and only then reads a byte of footage.

worker.py starts it with three descriptors: a pipe to it, a pipe from it, the object. The task, its limits, the data key and the model come
over the pipe.
"""

import importlib
import json
import os
import sys
from typing import Any

from vestige.errors import MediaFailed, VestigeError
from vestige.media import frames, sandbox
from vestige.media.shapes import clean
from vestige.media.sink import PipeSink
from vestige.media.unseal import open_source


def main(to_child: int, to_parent: int, source: int) -> None:
    """Hear one task, do it, answer, end the process."""
    asked = frames.receive(to_child)
    if asked is None:
        os._exit(1)
    head = json.loads(asked[1])
    model = frames.receive(to_child) if head["model"] else None
    task = importlib.import_module(head["module"])
    getattr(task, "warm", _load_pictures)()
    locks = sandbox.lock(memory=head["memory"], cpu_seconds=head["cpu_seconds"], keep=(to_parent, source))
    try:
        value: dict[str, object] = {"answer": _run(task, head, source, PipeSink(to_parent), model[1] if model else None)}
    except VestigeError as error:
        value = {"error": clean(str(error)), "code": error.code}
    except MemoryError:
        value = {"error": "the file needs more memory than the media child may have", "code": MediaFailed.code}
    except Exception as error:  # noqa: BLE001  # the edge of the process: hostile files make libraries raise anything
        value = {"error": clean(f"the file could not be read: {type(error).__name__}: {error}"), "code": MediaFailed.code}
    frames.send_json(to_parent, {"locks": locks, **value})
    sys.stdout.flush()
    os._exit(0)  # decoders' threads need not wind down


def _load_pictures() -> None:
    from vestige.media.warm import warm

    warm()


def _run(task: Any, head: dict[str, Any], descriptor: int, sink: PipeSink, model: bytes | None) -> dict[str, object]:  # noqa: ANN401  # a module
    key = bytes.fromhex(head["key"]) if head["key"] is not None else None
    source, size = open_source(descriptor, key, bytes.fromhex(head["associated_data"]))
    answer: dict[str, object] = task.run(dict(head["request"], size=size), source, sink, model)
    return answer
