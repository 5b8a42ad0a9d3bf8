"""The wider reader: what it tells, what is believed of it, and what it cannot do."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.media.worlds import opened, plain, sealed

from vestige.media import exiftool
from vestige.media.answers import FACTS
from vestige.media.probe import empty

installed = pytest.mark.skipif(exiftool.installed() is None, reason="exiftool is not installed here")


@installed
class TestReading:
    def test_tells_place_time_and_camera_of_a_sealed_file(self, footage: Path) -> None:
        with sealed((footage / "gopro_max-heromode.mp4").read_bytes()) as source:
            facts = exiftool.wider(source)
        assert facts["place"] == [331_268_000, -1_173_273_000]
        assert facts["telemetry_time"] == 1_574_120_714_000
        assert facts["device"] == {"model": "GoPro Max", "serial": "C3353424500199", "firmware": "H19.03.01.30.00"}
        FACTS(empty() | facts, "")

    @pytest.mark.parametrize("data", [b"", b"hello", bytes(100_000)])
    def test_tells_nothing_of_nothing(self, data: bytes) -> None:
        with plain(data) as source:
            assert exiftool.wider(source) == {}

    def test_is_not_given_what_is_large(self) -> None:
        with plain(b"") as source:
            os.ftruncate(source.descriptor, exiftool.LARGEST + 1)
            assert exiftool.wider(source) == {}

    def test_corrupt_files_do_no_harm(self, footage: Path) -> None:
        for name in ("corrupt_invalid_userdata.mp4", "corrupt_truncated_no_moov.mp4"):
            with opened(footage / name) as source:
                FACTS(empty() | exiftool.wider(source), "")


def test_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with plain(b"x") as source:
        assert exiftool.wider(source) == {}


class TestLocks:
    """The program runs behind locks of its own."""

    def _run(self, deed: str) -> str:
        program = (
            f"import sys; sys.path.insert(0, {str(Path(__file__).parents[2] / 'src')!r})\n"
            "import socket, os\nfrom pathlib import Path\nfrom vestige.media.sandbox import lock_for_program\n"
            "lock_for_program(memory=1 << 30, cpu_seconds=5, readable=('/usr', '/lib', '/lib64'))\n"
            f"try:\n    {deed}\nexcept OSError as error:\n    print(type(error).__name__)\nelse:\n    print('done')\n"
        )
        return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False).stdout.strip()

    @pytest.mark.parametrize(
        "deed",
        [
            "socket.socket()",
            "Path('/etc/passwd').read_text()",
            "next(Path('/etc').iterdir())",
            "Path('/tmp/vestige-escape').write_text('x')",
            "os.kill(1, 0)",
        ],
    )
    def test_refuse(self, deed: str) -> None:
        assert self._run(deed) == "PermissionError"

    def test_let_it_read_its_installation_and_run(self) -> None:
        assert self._run("next(Path('/usr/bin').iterdir())") == "done"


class TestWords:
    """What it says is hostile like any other answer."""

    @pytest.mark.parametrize(
        "said", [b"", b"x", b"[]", b"{}", b"[1]", b"[" * 100_000, b'[{"Main:GPSLatitude": NaN, "Main:GPSLongitude": 1}]']
    )
    def test_nonsense_is_nothing(self, said: bytes) -> None:
        assert exiftool.facts_in(said) == {}

    @pytest.mark.parametrize(
        "tags",
        [
            {"Main:GPSLatitude": "x", "Main:GPSLongitude": "y"},
            {"Main:GPSLatitude": True, "Main:GPSLongitude": 1},
            {"Main:GPSLatitude": 91, "Main:GPSLongitude": 1},
            {"Main:GPSLatitude": 0, "Main:GPSLongitude": 0},
            {"Main:GPSLatitude": 1e400, "Main:GPSLongitude": 1},
            {"Main:GPSLatitude": 5},
            {"Main:GPSDateTime": "2026:13:45 99:99:99"},
            {"Main:GPSDateTime": 5},
            {"Main:DateTimeOriginal": "2026:11:24 02:31:07"},  # no zone: nobody knows when that was
            {"Main:Model": "\0\n", "Main:Make": None, "Doc1:SerialNumber": "LENS1"},
        ],
    )
    def test_what_cannot_be_is_nothing(self, tags: dict[str, object]) -> None:
        assert exiftool.facts_in(json.dumps([tags]).encode()) == {}

    def test_what_can_be_is_of_the_probes_form(self) -> None:
        tags = {
            "Main:Make": "Axis\x1b[31m",
            "Main:Model": 100,
            "Main:SerialNumber": "X" * 5000,
            "Doc1:GPSLatitude": -33.5,
            "Doc1:GPSLongitude": 151.25,
            "Doc1:GPSDateTime": "2026:11:24 02:31:07.5Z",
            "Main:DateTimeOriginal": "2026:11:24 02:31:07",
            "Main:OffsetTimeOriginal": "-05:00",
        }
        facts = exiftool.facts_in(json.dumps([tags]).encode())
        FACTS(empty() | facts, "")
        assert facts["place"] == [-335_000_000, 1_512_500_000]
        assert facts["telemetry_time"] == 1_795_487_467_500
        assert facts["container_time"] == 1_795_505_467_000
        assert facts["device"] == {"make": "Axis [31m", "model": "100", "serial": "X" * 200}
