"""Speaks a line of text into raw samples: `python voice.py FOLDER TEXT [PITCH]` writes 22,050 Hz mono 16-bit samples to stdout.

A program of its own, so that eSpeak NG (GPL) is never loaded into a process of ours.
"""

import ctypes
import sys
from pathlib import Path

RATE = 22_050
_SYNCHRONOUS = 2
_UTF8 = 1
_SPEED, _PITCH = 1, 3


def _library(folder: Path) -> ctypes.CDLL:
    for name in ("libespeak-ng.so", "libespeak-ng.dylib"):
        if (folder / name).is_file():
            return ctypes.CDLL(str(folder / name))
    raise SystemExit(f"no speech library in {folder}")


def speak(folder: Path, text: str, pitch: int) -> bytes:
    """The samples of `text`. Raises SystemExit where the library does not start or speaks at another rate."""
    library = _library(folder)
    samples = bytearray()
    callback_type = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    def take(wave: "ctypes._Pointer[ctypes.c_short]", count: int, _events: int | None) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, 2 * count))
        return 0

    callback = callback_type(take)
    if library.espeak_Initialize(_SYNCHRONOUS, 0, str(folder).encode(), 0) != RATE:
        raise SystemExit("the speech library did not start")
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(b"en-us")
    library.espeak_SetParameter(_SPEED, 160, 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)
    spoken = text.encode()
    library.espeak_Synth(spoken, ctypes.c_size_t(len(spoken) + 1), 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return bytes(samples)


if __name__ == "__main__":
    sys.stdout.buffer.write(speak(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 50))
