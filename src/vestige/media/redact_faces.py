"""CenterFace (MIT): where faces are in a picture. It tells that there is a face, never whose: no template, no comparison, nothing kept."""

from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from vestige.errors import Tampered
from vestige.media.redact_onnx import prepare_model

Array = npt.NDArray[np.float32]
_GRID = 32  # the network halves the picture five times
_CELL = 4  # and answers for cells of four pixels
_SAME = 0.3  # of two boxes in one picture that overlap by this much (intersection over union) the better stays
_INPUT, _OUTPUTS = "input.1", ("537", "538", "539")  # heat, size, offset


class FaceFinder:
    """A loaded network. Raises Tampered for a file that is no CenterFace."""

    def __init__(self, model: bytes, threads: int = 2) -> None:
        """`model` are the verified bytes of the ONNX file; `threads` work on one picture."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(prepare_model(model), options, providers=["CPUExecutionProvider"])
        if [one.name for one in self._session.get_inputs()] != [_INPUT]:
            raise Tampered("the model is not CenterFace")

    @property
    def runtime(self) -> str:
        """What runs the network, with its version."""
        return f"onnxruntime {onnxruntime.__version__}"

    def find(self, rgb: npt.NDArray[np.uint8], threshold: float) -> Array:
        """Boxes in a picture of height x width x 3, both multiples of 32: rows of left, top, right, bottom (its own pixels), score."""
        blob = np.ascontiguousarray(rgb.transpose(2, 0, 1)[np.newaxis], dtype=np.float32)
        heat, size, offset = self._session.run(_OUTPUTS, {_INPUT: blob})
        return _best(_boxes(heat[0, 0], size[0], offset[0], threshold))


def network_size(width: int, height: int, longest: int) -> tuple[int, int]:
    """The width and height at which a picture is looked at: its long side `longest`, both sides rounded up to multiples of 32."""
    side = max(width, height)
    wide, high = (-(-side_length * longest // side) for side_length in (width, height))
    return -(-wide // _GRID) * _GRID, -(-high // _GRID) * _GRID


def _boxes(heat: Array, size: Array, offset: Array, threshold: float) -> Array:
    rows, columns = np.nonzero(heat > threshold)
    high, wide = np.exp(size[0, rows, columns]) * _CELL, np.exp(size[1, rows, columns]) * _CELL
    middle_y = (rows + offset[0, rows, columns] + 0.5) * _CELL
    middle_x = (columns + offset[1, rows, columns] + 0.5) * _CELL
    score = heat[rows, columns]
    found = np.stack([middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2, score], axis=1)
    return found.astype(np.float32)


def _best(boxes: Array) -> Array:
    """Non-maximum suppression: the best first, without those that overlap a better one."""
    kept = []
    left = boxes[np.argsort(-boxes[:, 4], kind="stable")]
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[_overlap(best, left) < _SAME]
    return np.array(kept, dtype=np.float32).reshape(-1, 5)


def _overlap(one: Array, others: Array) -> Array:
    wide = np.clip(np.minimum(one[2], others[:, 2]) - np.maximum(one[0], others[:, 0]), 0, None)
    high = np.clip(np.minimum(one[3], others[:, 3]) - np.maximum(one[1], others[:, 1]), 0, None)
    both = wide * high
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1]) - both
    found: Array = both / np.maximum(areas, 1e-6)
    return found
