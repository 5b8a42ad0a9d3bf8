"""The serving process decodes nothing: it never imports what reads pictures and sound."""

from tests.contracts.conftest import Run

_LOOK = """
import sys
import vestige.web.asgi
heavy = sorted({"av", "onnxruntime", "numpy", "dbos"} & set(sys.modules))
print(",".join(heavy) or "none")
"""


def test_the_server_imports_no_decoder_and_no_model_runtime(in_home: Run) -> None:
    looked = in_home("-c", _LOOK)
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.strip().splitlines()[-1] == "none"
