"""What the child can be asked: the name of a task and its module, which has `run(request, source, sink, model) -> dict`.

A task gets the request (with the file's `size`), a seekable source, a sink (`write`, `report`, `blob`) and the model's bytes or None.
What it may answer stands in `vestige.media.answers`.
"""

from collections.abc import Mapping
from types import MappingProxyType

TASKS: Mapping[str, str] = MappingProxyType(
    {
        "accession": "vestige.media.tasks.accession",
        "prepare": "vestige.media.tasks.prepare",
        "proxy": "vestige.media.tasks.proxy",
    }
)
