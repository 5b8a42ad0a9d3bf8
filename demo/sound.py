"""The sound of a body camera: speech, the street behind it and the hand on the cloth."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 48_000
_VOICE_RATE = 22_050

_Samples = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """Something said: when it begins (seconds), the words, and how high the voice is (0 to 99)."""

    at: float
    words: str
    pitch: int = 50


@dataclass(frozen=True, slots=True)
class Track:
    """Mono samples at `RATE`, when each line is heard (seconds, from and to), and whether it is speech at all."""

    samples: _Samples
    spans: tuple[tuple[float, float], ...]
    speech: bool


def make_track(lines: tuple[Line, ...], seconds: float, voice: Path | None, seed: int) -> Track:
    """Everything that is heard in `seconds`: the lines over a rumble. Without a voice the lines are tones that only resemble speech."""
    draw = np.random.default_rng(seed)
    total = _rumble(int(seconds * RATE), draw)
    spans = []
    for line in lines:
        spoken = _spoken(line, voice) if voice else _murmur(line, draw)
        start = int(line.at * RATE)
        part = spoken[: max(0, len(total) - start)]
        total[start : start + len(part)] += part
        spans.append((line.at, line.at + len(part) / RATE))
    return Track(np.clip(total, -0.98, 0.98).astype(np.float32), tuple(spans), voice is not None)


def _spoken(line: Line, voice: Path) -> _Samples:
    command = [sys.executable, str(Path(__file__).with_name("voice.py")), str(voice), line.words, str(line.pitch)]
    raw = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    samples = np.frombuffer(raw, np.int16).astype(np.float32) / 32768
    count = int(len(samples) * RATE / _VOICE_RATE)
    at = np.linspace(0, len(samples) - 1, count)
    return (np.interp(at, np.arange(len(samples)), samples) * 0.8).astype(np.float32)


def _murmur(line: Line, draw: np.random.Generator) -> _Samples:
    """Syllables of three formants each, a fifth of a second long: speech-like sound, no speech."""
    syllables = max(3, len(line.words) // 4)
    pieces = []
    for _ in range(syllables):
        length = int(RATE * draw.uniform(0.12, 0.24))
        t = np.arange(length) / RATE
        pitch = 90 + line.pitch * 1.6 + draw.uniform(-12, 12)
        buzz = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in range(1, 18))
        shape: Any = np.zeros(length)
        for centre, width in ((draw.uniform(300, 800), 90), (draw.uniform(900, 2200), 140), (2600.0, 200)):
            shape = shape + np.exp(-t * width / 8) * np.sin(2 * np.pi * centre * t)
        pieces.append(buzz * (0.4 + 0.6 * np.abs(shape)) * np.hanning(length) * 0.18)
    return np.concatenate(pieces).astype(np.float32)


def _rumble(count: int, draw: np.random.Generator) -> _Samples:
    """Traffic far away: noise with its high parts averaged out, and two knocks of the camera against cloth."""
    noise = draw.normal(0, 1, count + 64)
    smooth = np.convolve(noise, np.ones(64) / 64, mode="valid")[:count]
    result = smooth * 0.12 + draw.normal(0, 0.002, count)
    for at in draw.uniform(0.1, 0.9, 2):
        start = int(at * count)
        knock = np.exp(-np.arange(2400) / 300) * draw.normal(0, 0.15, 2400)
        result[start : start + 2400] += knock[: max(0, count - start)]
    return result.astype(np.float32)
