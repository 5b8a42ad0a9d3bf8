"""A wider reader, where it is installed: exiftool knows the place, time and camera of many makers' files that we don't.

It is a program of its own, so it can't run behind the media child's locks. It gets looser ones (`sandbox.lock_for_program`): it reads its
own installation and the file, which lies in memory, and reaches no network, no other process and no disk. Its words are hostile like any
other answer. Files of more than 64 MiB are not given to it, because it wants them whole.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import vestige
from vestige.media.sandbox import lock_for_program
from vestige.media.shapes import clean
from vestige.media.unseal import open_source
from vestige.media.worker import SourceFile

LARGEST = 64 << 20
_MEMORY, _CPU_SECONDS, _WALL_SECONDS = 1 << 30, 20, 30
_MOST_ANSWER = 8 << 20
_BEGIN = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("vestige", sys.argv[1])
sys.modules["vestige"] = module_from_spec(spec)
spec.loader.exec_module(sys.modules["vestige"])
from vestige.media.exiftool import become
become(sys.argv[2])
"""
_READABLE = ("/usr", "/lib", "/lib64", "/bin", "/etc/perl", "/etc/ld.so.cache", "/opt", "/dev/null")
_WHEN = re.compile(r"^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:\d\d)?$")
_DEVICE = {
    "make": ("Make", "AndroidManufacturer"),
    "model": ("Model", "AndroidModel"),
    "serial": ("CameraSerialNumber", "SerialNumber"),
    "firmware": ("FirmwareVersion",),
}


def installed() -> str | None:
    """Where exiftool is, or None."""
    return shutil.which("exiftool")


def become(program: str) -> None:
    """Lock this process and turn it into exiftool, reading its standard input. Does not return."""
    lock_for_program(memory=_MEMORY, cpu_seconds=_CPU_SECONDS, readable=_READABLE)
    os.execve(program, ["exiftool", "-ee", "-G3", "-n", "-json", "-"], {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})  # noqa: S606  # on purpose


def wider(source: SourceFile) -> dict[str, object]:
    """Place, time and camera as exiftool reads them, as far as it does: keys of the probe's facts. Empty where it can't be asked."""
    program = installed()
    if program is None:
        return {}
    opened, size = open_source(source.descriptor, source.key, source.associated_data)
    if size > LARGEST:
        return {}
    memory = os.memfd_create("footage", os.MFD_CLOEXEC)
    try:
        while part := opened.read(1 << 20):
            os.write(memory, part)
        os.lseek(memory, 0, os.SEEK_SET)
        return facts_in(_ask(program, memory))
    finally:
        os.close(memory)


def _ask(program: str, memory: int) -> bytes:
    """Its answer; empty where it fails, takes too long or says too much."""
    command = [sys.executable, "-I", "-B", "-c", _BEGIN, vestige.__file__, program]
    with subprocess.Popen(  # noqa: S603  # our own interpreter, which becomes the program
        command, stdin=memory, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, start_new_session=True
    ) as child:
        try:
            said, _ = child.communicate(timeout=_WALL_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            return b""
    return said if len(said) <= _MOST_ANSWER else b""


def facts_in(said: bytes) -> dict[str, object]:
    """The facts in its JSON: the first of each tag, whichever group it stands in."""
    try:
        listed = json.loads(said)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(listed, list) or not listed or not isinstance(listed[0], dict):
        return {}
    tags: dict[str, object] = {}
    for name, value in listed[0].items():
        group, _, tag = name.rpartition(":")
        if group == "Main" or tag not in _DEVICE["serial"]:  # elsewhere a serial number may be the lens's
            tags.setdefault(tag, value)
    facts: dict[str, object] = {}
    if place := _place(tags):
        facts["place"] = place
    if (at := _when(tags.get("GPSDateTime"), "Z")) is not None:
        facts["telemetry_time"] = at
    if (at := _when(tags.get("DateTimeOriginal"), tags.get("OffsetTimeOriginal"))) is not None:
        facts["container_time"] = at
    if device := _device(tags):
        facts["device"] = device
    return facts


def _place(tags: Mapping[str, object]) -> list[int] | None:
    found = [tags.get("GPSLatitude"), tags.get("GPSLongitude")]
    if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in found):
        return None
    latitude, longitude = (float(str(each)) for each in found)
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or (latitude, longitude) == (0, 0):
        return None
    return [round(latitude * 10_000_000), round(longitude * 10_000_000)]


def _when(text: object, zone: object) -> int | None:
    """Milliseconds UTC of a time that says its zone, or whose zone stands beside it; a time without a zone is none."""
    found = _WHEN.match(text) if isinstance(text, str) else None
    if found is None:
        return None
    *date, fraction, own = found.groups()
    offset = own or (zone if isinstance(zone, str) else "")
    try:
        at = datetime.fromisoformat(
            f"{'-'.join(date[:3])}T{':'.join(date[3:])}.{(fraction or '0').ljust(6, '0')}{offset.replace('Z', '+00:00')}"
        )
    except ValueError:
        return None
    return round(at.astimezone(UTC).timestamp() * 1000) if at.tzinfo and at.year >= 1990 else None


def _device(tags: Mapping[str, object]) -> dict[str, str]:
    device: dict[str, str] = {}
    for name, wanted in _DEVICE.items():
        text = next((str(tags[tag]) for tag in wanted if isinstance(tags.get(tag), str | int)), "")
        if clean(text, 200):
            device[name] = clean(text, 200)
    return device
