"""The media child: `python -I -m vestige.media.child IN OUT SOURCE LIMITS`. Locks itself in before it reads a byte of footage."""

import importlib
import json
import os
import sys
from typing import Any

from vestige.errors import MediaFailed, VestigeError
from vestige.media import frames, sandbox
from vestige.media.sink import PipeSink
from vestige.media.tasks import TASKS
from vestige.media.unseal import open_source
from vestige.media.warm import warm


def main() -> None:
    """Hear one task, do it, answer, end."""
    to_child, to_parent, source, limits = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    asked = frames.receive(to_child)
    if asked is None:
        return
    head = json.loads(asked[1])
    model = frames.receive(to_child) if head["model"] else None
    memory, cpu_seconds = (int(part) for part in limits.split(","))
    task = importlib.import_module(TASKS[head["task"]])
    warm()
    sandbox.lock(memory=memory, cpu_seconds=cpu_seconds, keep=(to_parent, source))
    try:
        value = _run(task, head, source, PipeSink(to_parent), model[1] if model else None)
    except VestigeError as error:
        value = {"error": str(error), "code": error.code}
    except Exception as error:  # noqa: BLE001  # the edge of the process: hostile files make libraries raise anything
        value = {"error": f"the file could not be read: {type(error).__name__}: {error}"[:400], "code": MediaFailed.code}
    frames.send_json(to_parent, value)


def _run(task: Any, head: dict[str, Any], descriptor: int, sink: PipeSink, model: bytes | None) -> dict[str, object]:  # noqa: ANN401  # a module
    key = bytes.fromhex(head["key"]) if head["key"] is not None else None
    source, size = open_source(descriptor, key, bytes.fromhex(head["aad"]))
    request = dict(head["request"], size=size)
    answer: dict[str, object] = task.run(request, source, sink, model)
    return answer


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # decoders' threads need not wind down
