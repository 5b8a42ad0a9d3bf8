"""The task `check`: whether a redacted copy is what its plan says, looked at anew.

Request: `plan` (the plan's JSON) and `expected` (what the task `render` answered). Raises RenderFailed, naming what does not hold.
"""

from typing import Any, BinaryIO

from vestige.media.check import check
from vestige.media.sink import PipeSink
from vestige.redaction.reading import plan_from_json


def run(request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Check. Raises RenderFailed for a copy that fails, BadInput for what is no plan."""
    return check(source, plan_from_json(request["plan"]), request["expected"], sink.report)
