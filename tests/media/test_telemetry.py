"""Where and when a recording was made, and by which camera, as it tells itself."""

import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.worlds import opened

from vestige.media import gpmf, telemetry
from vestige.media.worker import MediaWorker


def record(key: str, kind: str, size: int, data: bytes) -> bytes:
    """A GPMF record."""
    count = len(data) // size if size else 0
    return key.encode() + kind.encode("latin-1") + bytes([size]) + struct.pack(">H", count) + data + bytes(-len(data) % 4)


def nest(key: str, *parts: bytes) -> bytes:
    """A GPMF record that holds records."""
    return record(key, "\0", 1, b"".join(parts))


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


class TestRealFootage:
    @pytest.mark.parametrize(
        ("name", "place", "when", "device"),
        [
            (
                "gopro_karma.mp4",
                (33.1253680, -117.3310641),
                "2017-04-17T19:27:57.367",
                {"make": "GoPro", "model": "HERO5 Black", "serial": "C3161325750003", "firmware": "HD5.02.02.00.00"},
            ),
            (
                "gopro_max-heromode.mp4",
                (33.1267700, -117.3273436),
                "2019-11-18T23:45:14",
                {"model": "GoPro Max", "serial": "C3353424500199", "firmware": "H19.03.01.30.00"},
            ),
        ],
    )
    def test_gopro_files_tell_place_time_and_camera(
        self, footage: Path, name: str, place: tuple[float, float], when: str, device: dict[str, str]
    ) -> None:
        with opened(footage / name) as source:
            facts = MediaWorker().run("accession", {"index_key": "00" * 32}, source).value["facts"]
        assert isinstance(facts, dict)
        assert facts["place"] == [round(degrees * 10_000_000) for degrees in place]
        assert facts["telemetry_time"] == ms(when)
        assert facts["device"] == device

    @pytest.mark.parametrize(
        ("name", "fix", "model"),
        [
            ("Fusion.raw", gpmf.Fix(331266299, -1173274386, ms("2018-03-23T17:25:37.375"), dop_centi=674), "Fusion"),
            ("hero5.raw", gpmf.Fix(331264969, -1173273542, ms("2017-04-17T17:31:03"), dop_centi=606), None),
            ("hero6.raw", None, "Hero6 Black"),  # the satellites were not found yet: a place without a lock is none
            ("hero7.raw", gpmf.Fix(423425835, -87526142, ms("2019-01-03T16:33:34.094"), dop_centi=141), "Hero7 Black"),
            ("hero11.raw", gpmf.Fix(424261529, -86499795, ms("2022-09-20T13:29:38.299"), dop_centi=179), "HERO11 Black"),
            ("karma.raw", gpmf.Fix(331253680, -1173310641, ms("2017-04-17T19:27:57.367")), "GoPro Karma v1.0"),
        ],
    )
    def test_raw_payloads(self, footage: Path, name: str, fix: gpmf.Fix | None, model: str | None) -> None:
        data = (footage / "gpmf_raw" / name).read_bytes()
        assert gpmf.first_fix(data) == fix
        assert gpmf.device_of(data).get("model") == model


class TestGpmf:
    SCALE = record("SCAL", "l", 4, struct.pack(">9l", 10_000_000, 10_000_000, 1000, 1000, 100, 1, 1000, 100, 1))

    def _gps9(self, lock: int, days: int = 9000, latitude: int = 488_566_000) -> bytes:
        row = struct.pack(">7lHH", latitude, 23_522_000, 0, 0, 0, days, 43_200_500, 150, lock)
        return nest("DEVC", nest("STRM", self.SCALE, record("GPS9", "?", 32, row)))

    def test_gps9_tells_days_and_seconds_since_2000(self) -> None:
        assert gpmf.first_fix(self._gps9(3)) == gpmf.Fix(488_566_000, 23_522_000, ms("2024-08-22T12:00:00.500"), dop_centi=150)

    def test_no_lock_is_no_place(self) -> None:
        assert gpmf.first_fix(self._gps9(0)) is None

    def test_a_place_off_the_earth_is_none(self) -> None:
        assert gpmf.first_fix(self._gps9(3, latitude=950_000_000)) is None

    def test_the_null_island_is_none(self) -> None:
        row = struct.pack(">Llll", 5, 0, 0, 0)
        parts = (record("TYPE", "c", 1, b"Llll"), self.SCALE, record("GLPI", "?", 16, row))
        assert gpmf.first_fix(nest("DEVC", nest("STRM", *parts))) is None

    def test_days_beyond_all_time_are_no_fix(self) -> None:
        assert gpmf.first_fix(self._gps9(3, days=2**31 - 1)) is None

    @settings(max_examples=examples(500), deadline=None)
    @given(st.binary(max_size=400))
    def test_any_bytes_are_read_without_harm(self, data: bytes) -> None:
        fix = gpmf.first_fix(data)
        assert fix is None or abs(fix.latitude_e7) <= 900_000_000
        assert set(gpmf.device_of(data)) <= {"model", "serial", "firmware"}

    @settings(max_examples=examples(500), deadline=None)
    @given(st.data())
    def test_mutated_payloads_are_read_without_harm(self, data: st.DataObject) -> None:
        payload = bytearray(self._gps9(3) + nest("DEVC", nest("STRM", self.SCALE, record("SYST", "?", 16, bytes(16)))))
        for _ in range(data.draw(st.integers(1, 8))):
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
        fix = gpmf.first_fix(bytes(payload))
        assert fix is None or abs(fix.longitude_e7) <= 1_800_000_000

    def test_nesting_without_end_is_cut(self) -> None:
        data = b""
        for _ in range(200):
            data = nest("DEVC", data)
        assert list(gpmf.records(data)) == []


class TestWords:
    """What other makers write into their containers."""

    @pytest.mark.parametrize(
        ("words", "place"),
        [
            ({"location": "+33.1268-117.3273/"}, [331_268_000, -1_173_273_000]),
            ({"com.apple.quicktime.location.ISO6709": "+48.8577+002.2950+035.000/"}, [488_577_000, 22_950_000]),
            ({"location": "-33.8688+151.2093/"}, [-338_688_000, 1_512_093_000]),
            ({"location": "+00.0000+000.0000/"}, None),
            ({"location": "+99.0000+000.5000/"}, None),
            ({"location": "somewhere"}, None),
            ({}, None),
        ],
    )
    def test_places(self, words: dict[str, str], place: list[int] | None) -> None:
        assert telemetry._place_in(words) == place

    @pytest.mark.parametrize(
        ("words", "when"),
        [
            ({"creation_time": "2026-11-24T02:31:07.000000Z"}, ms("2026-11-24T02:31:07")),
            ({"com.apple.quicktime.creationdate": "2026-11-24T02:31:07+0100"}, ms("2026-11-24T01:31:07")),
            ({"creation_time": "1904-01-01T00:00:00.000000Z"}, None),
            ({"creation_time": "1904-01-01T00:00:00.000000Z", "date": "2026-11-24"}, ms("2026-11-24T00:00:00")),
            ({"creation_time": "yesterday"}, None),
            ({"creation_time": "2026-13-45T99:99:99Z"}, None),
            ({}, None),
        ],
    )
    def test_times(self, words: dict[str, str], when: int | None) -> None:
        assert telemetry.time_in(words) == when

    def test_cameras(self) -> None:
        words = {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 15", "com.apple.quicktime.software": "18.1"}
        assert telemetry._device_in(words) == {"make": "Apple", "model": "iPhone 15", "firmware": "18.1"}
        assert telemetry._device_in({"Serial_Number": "X81", "title": "y"}) == {"serial": "X81"}
