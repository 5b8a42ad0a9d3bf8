"""The media index as the media child makes it: processor seconds a gigabyte, against SHA-256 alone over the same bytes in the same run."""

import hashlib
import io
import os
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from benchmarks.measure import ROOT, RUNS, at_most, folder, median, say

CLIP = ROOT.parent / "shared" / "footage" / "egoblur_gen2_face.mp4"
SIZE = 200_000_000
LIMIT = 0.7
_KEY = bytes(32)
_PIECE = 4 << 20
_RATE = 48_000
_INSTANTS = 1024


def run() -> None:
    """A real clip repeated to 200 MB, with sound: processor seconds of the index in memory, and of opening the sealed file and the index."""
    from vestige.media.containers.index import index_file
    from vestige.media.unseal import open_source
    from vestige.vault.sealed import SealWriter

    if not CLIP.is_file():
        say("media index", "not measured: the clip is not beside this checkout")
        return
    with folder("media_index", 3 * SIZE) as where:
        _make(where / "long.mp4")
        data = (where / "long.mp4").read_bytes()
        descriptor = os.open(where / "sealed", os.O_RDWR | os.O_CREAT)
        writer = SealWriter(descriptor, _KEY, b"")
        writer.write(data)
        writer.close()
        acts: dict[str, Callable[[], object]] = {
            "SHA-256 alone": lambda: _hashed(data),
            "index in memory": lambda: index_file(io.BytesIO(data), len(data), _KEY),
            "opening the sealed file alone": lambda: _read(*open_source(descriptor, _KEY, b"")),
            "index from the sealed file": lambda: index_file(*open_source(descriptor, _KEY, b""), _KEY),
        }
        taken = [{name: _cpu(act) / len(data) * 1e9 for name, act in acts.items()} for _ in range(RUNS)]
        os.close(descriptor)
        samples = index_file(io.BytesIO(data), len(data), _KEY).samples
        say("media index: samples, kB each", f"{samples}, {len(data) / samples / 1000:.0f}")
        for name in acts:
            ratio = median([one[name] / one["SHA-256 alone"] for one in taken])
            cost, beside = median([one[name] for one in taken]), f"{ratio:.2f} times SHA-256 alone"
            if name.startswith("index"):
                at_most(f"  {name}", cost, LIMIT, "CPU s/GB", beside)
            else:
                say(f"  {name}", f"{cost:.2f} CPU s/GB, {beside}")


def _hashed(data: bytes) -> None:
    state, view = hashlib.sha256(), memoryview(data)
    for at in range(0, len(view), _PIECE):
        state.update(view[at : at + _PIECE])


def _read(source: io.BufferedIOBase, _size: int) -> None:
    while source.read(_PIECE):
        pass


def _cpu(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def _make(path: Path) -> None:
    """The packets of the clip again and again, and a tone in AAC beside them."""
    with av.open(str(CLIP)) as source, av.open(str(path), "w") as out:
        picture = source.streams.video[0]
        packets = [packet for packet in source.demux(picture) if packet.dts is not None]
        step = packets[-1].dts - packets[0].dts + packets[-1].duration
        video, sound = out.add_stream_from_template(picture), out.add_stream("aac", rate=_RATE, layout="mono")
        for start in range(0, SIZE * step // sum(packet.size for packet in packets), step):
            for given in packets:
                packet = av.Packet(bytes(given))
                packet.stream, packet.time_base, packet.is_keyframe = video, given.time_base, given.is_keyframe
                packet.pts, packet.dts, packet.duration = given.pts + start, given.dts + start, given.duration
                out.mux(packet)
        for at in range(0, int(start * picture.time_base * _RATE), _INSTANTS):
            wave = (0.2 * np.sin(np.arange(at, at + _INSTANTS) * 0.05)).astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = _RATE, at, Fraction(1, _RATE)
            out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
