"""Loading, before the child is locked in, all that the libraries would load later by name."""

import importlib
import io
import pkgutil
from datetime import UTC, datetime
from fractions import Fraction

import av
import numpy as np

_ENCODINGS = ("ascii", "latin-1", "utf-8", "utf-16-be", "utf-16-le", "idna")


def warm() -> None:
    """Import every module of PyAV and make and read a picture and a sound in memory."""
    for name in _ENCODINGS:
        "warm".encode(name)
    datetime.strptime("2026", "%Y").replace(tzinfo=UTC)
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    made = _make()
    with av.open(made, "r", metadata_errors="replace") as container:
        for frame in container.decode(video=0):
            frame.reformat(width=32, height=32, format="rgb24").to_ndarray()


def _make() -> io.BytesIO:
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=Fraction(30), options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("aac", rate=48000)
        for at in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((96, 64), np.uint8), format="yuv420p")
            frame.pts, frame.time_base = at, Fraction(1, 30)
            container.mux(picture.encode(frame))
        heard = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        heard.sample_rate, heard.pts = 48000, 0
        container.mux(sound.encode(heard))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    made.seek(0)
    return made
