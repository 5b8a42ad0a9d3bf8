"""Fetches what the footage is made of: a photograph, textures and a voice, each out of a published wheel and checked by its digest."""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

_PICTURES = "scikit-image==0.26.0"

# NASA's portrait of Eileen Collins (public domain) and three CC0 textures, as the wheel of scikit-image carries them.
_DIGESTS = {
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "brick.png": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    "gravel.png": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
    "grass.png": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
}


@dataclass(frozen=True, slots=True)
class Materials:
    """The folder of pictures, and the folder with eSpeak NG's library and data (None where no wheel fits this machine)."""

    pictures: Path
    voice: Path | None


def fetch(cache: Path) -> Materials:
    """Fill `cache` with what is missing there.

    Raises SystemExit with words for people where the pictures can't be had, or a digest is not the pinned one.
    """
    pictures = cache / "pictures"
    if not all((pictures / name).is_file() for name in _DIGESTS):
        _take_pictures(cache, pictures)
    for name, digest in _DIGESTS.items():
        if hashlib.sha256((pictures / name).read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{pictures / name} is not the picture that is pinned here; delete it and run again")
    return Materials(pictures, _voice(cache))


def _take_pictures(cache: Path, pictures: Path) -> None:
    wheels = cache / "wheels"
    problem = _download(wheels, [_PICTURES])
    found = sorted(wheels.glob("scikit_image-*.whl"))
    if not found:
        raise SystemExit(f"the demonstration's pictures come from the wheel of {_PICTURES}, which could not be had:\n{problem}")
    pictures.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(found[-1]) as wheel:
        for name in _DIGESTS:
            (pictures / name).write_bytes(wheel.read(f"skimage/data/{name}"))


def _voice(cache: Path) -> Path | None:
    folder = cache / "voice"
    library = folder / "espeakng_loader"
    if not library.is_dir():
        wheels = cache / "wheels"
        _download(wheels, ["--require-hashes", "--requirement", str(Path(__file__).with_name("wheels.txt"))])
        found = sorted(wheels.glob("espeakng_loader-*.whl"))
        if not found:
            return None
        with zipfile.ZipFile(found[-1]) as wheel:
            wheel.extractall(folder)
    return library


def _download(folder: Path, what: list[str]) -> str:
    """Download wheels without their dependencies; the last lines of what pip said."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    done = subprocess.run([*command, "--dest", str(folder), *what], capture_output=True, text=True, check=False)
    return "\n".join(done.stderr.strip().splitlines()[-4:])
