import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from uuid import UUID

import av
import numpy as np
import pytest
from av.video.reformatter import Interpolation
from tests.media.redact_worlds import Clip, damaged, face_model, make, pictures, silent

from vestige.errors import MediaFailed
from vestige.evidence.values import Digest
from vestige.media.detect import SIZES, look
from vestige.media.redact_faces import FaceFinder, network_size
from vestige.media.worker import MediaWorker, SourceFile
from vestige.redaction.drawing import footage_of, sightings_of
from vestige.redaction.geometry import Box
from vestige.redaction.masks import sweep
from vestige.redaction.plan import Detector, Origin, Plan, Quality
from vestige.redaction.tracks import face_masks

SURE = 0.5


def _plan(answer: dict[str, object]) -> Plan:
    footage = footage_of(answer)
    masks = face_masks(footage, sightings_of(answer), "b6", Origin("model", "centerface", "1.5.0"))
    detector = Detector("centerface", "1.5.0", "0" * 64, 300, SIZES[Quality.STANDARD], "onnxruntime")
    return Plan(
        UUID(int=1), Digest("0" * 64), footage.picture, footage.duration_ms, len(footage.times), masks, (), Quality.STANDARD, detector
    )


def _faces(path: Path, longest: int) -> Iterator[list[Box]]:
    """What the same network is sure of in each frame of the original, looked at in one size, whole frame by whole frame."""
    finder = FaceFinder(face_model())
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            wide, high = network_size(frame.width, frame.height, longest)
            rgb = frame.reformat(width=wide, height=high, format="rgb24", interpolation=Interpolation.BICUBIC).to_ndarray()
            found = finder.find(rgb, SURE) * [frame.width / wide, frame.height / high, frame.width / wide, frame.height / high, 1]
            rows = [
                [max(0, int(x)), max(0, int(y)), int(np.ceil(right)), int(np.ceil(bottom))] for x, y, right, bottom, _ in found.tolist()
            ]
            yield [Box(x, y, min(right, frame.width) - x, min(bottom, frame.height) - y) for x, y, right, bottom in rows]


def _covered(face: Box, hidden: tuple[Box, ...]) -> bool:
    left = np.ones((face.h, face.w), bool)
    for box in hidden:
        left[max(0, box.y - face.y) : max(0, box.bottom - face.y), max(0, box.x - face.x) : max(0, box.right - face.x)] = False
    return not left.any()


@pytest.mark.parametrize(
    ("name", "sizes", "least"),
    [("hamilton_short.mp4", (640, 960), 400), ("egoblur_gen2_face.mp4", (640, 960, 2560), 25)],
)
def test_every_face_that_the_detector_is_sure_of_is_hidden_whole_in_every_frame(
    footage: Path, name: str, sizes: tuple[int, ...], least: int
) -> None:
    """The size of 640 is the whole picture of the first recording, 2560 that of the second."""
    with (footage / name).open("rb") as source:
        seen = look(source, Quality.STANDARD, face_model(), silent)
    plan = _plan(seen.to_answer())
    hidden = list(sweep(plan, seen.times))
    for size in sizes:
        faces = list(_faces(footage / name, size))
        assert len(faces) == len(hidden)
        shown = [(n, face) for n, here in enumerate(faces) for face in here if not _covered(face, hidden[n])]
        assert shown == []
        assert sum(map(len, faces)) >= least


def test_the_cuts_of_a_real_recording_are_found(footage: Path) -> None:
    with (footage / "hamilton_short.mp4").open("rb") as source:
        assert look(source, Quality.NONE, None, silent).cuts == [20, 82, 211]


def test_faces_are_found_in_a_recording_that_is_shown_turned(footage: Path, tmp_path: Path) -> None:
    """The frames are stored on their side; the boxes lie where the faces are in the stored frames."""
    with av.open(str(footage / "egoblur_gen2_face.mp4")) as container:
        upright = [frame.reformat(640, 480, "rgb24").to_ndarray() for frame, _ in zip(container.decode(video=0), range(3), strict=False)]
    turned = tmp_path / "turned.mp4"
    with av.open(str(turned), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 480, 640, "yuv420p"
        stream.set_display_rotation(-90)
        for number, picture in enumerate(upright):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(picture)), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 30)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with turned.open("rb") as source:
        seen = look(source, Quality.STANDARD, face_model(), silent)
    assert (seen.picture.width, seen.picture.height, seen.picture.rotation) == (480, 640, 90)
    straight = _upright_boxes(upright[0])
    assert straight
    for box in straight:
        stored = seen.picture.to_coded(box)
        assert any(one.box.overlap(stored) > stored.area * 0.6 for one in seen.faces[0])


def _upright_boxes(picture: np.ndarray) -> list[Box]:
    return [Box(int(x), int(y), int(right - x), int(bottom - y)) for x, y, right, bottom, _ in FaceFinder(face_model()).find(picture, SURE)]


def test_where_nobody_looks_frames_times_and_end_are_still_counted() -> None:
    source = make(Clip(frames=12, rhythm=lambda number: number * number))
    seen = look(source, Quality.NONE, None, silent)
    assert seen.times == [number * number * 1000 // 30 for number in range(12)]
    assert seen.to_answer()["frames"] == 12
    assert seen.to_answer()["found"] == []
    assert seen.duration_ms > seen.times[-1]
    assert pictures(source)[-1].pts is not None


def test_looking_without_a_model_is_refused() -> None:
    with pytest.raises(MediaFailed, match="no model"):
        look(make(Clip(frames=2)), Quality.STANDARD, None, silent)


@pytest.mark.parametrize("number", [1, 5, 10, 11])
def test_a_recording_that_does_not_decode_is_refused(number: int) -> None:
    with pytest.raises(MediaFailed):
        look(damaged(make(Clip(frames=12)), "video", number), Quality.NONE, None, silent)
    with pytest.raises(MediaFailed):
        look(io.BytesIO(b"no recording at all"), Quality.NONE, None, silent)


def test_the_task_answers_from_inside_the_locked_child(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(make(Clip(frames=4)).getvalue())
    heard: list[float] = []
    with path.open("rb") as file:
        answer = MediaWorker().run(
            "detect", {"quality": "standard"}, SourceFile(file.fileno(), None), model=face_model(), progress=heard.append
        )
    assert answer.value["frames"] == 4
    assert answer.value["sizes"] == [640, 960]
    assert heard == sorted(heard)
    assert 0 < heard[0] <= heard[-1] <= 1
