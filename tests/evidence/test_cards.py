"""What the files on cameras' cards are, layout by layout."""

from pathlib import PurePosixPath

import pytest

from vestige.evidence.cards import Beside, arranged
from vestige.evidence.segments import SegmentFacts, continues

# Each card: the files in the order in which they are to be taken in, with what stands beside which footage.
CARDS: dict[str, list[tuple[str, Beside | None, str]]] = {
    "gopro": [
        ("DCIM/100GOPRO/GX010123.MP4", None, ""),
        ("DCIM/100GOPRO/GL010123.LRV", Beside.SMALL_COPY, "DCIM/100GOPRO/GX010123.MP4"),
        ("DCIM/100GOPRO/GX010123.THM", Beside.THUMBNAIL, "DCIM/100GOPRO/GX010123.MP4"),
        ("DCIM/100GOPRO/GX020123.MP4", None, ""),
        ("DCIM/100GOPRO/GL020123.LRV", Beside.SMALL_COPY, "DCIM/100GOPRO/GX020123.MP4"),
        ("DCIM/100GOPRO/GH010124.MP4", None, ""),
        ("DCIM/100GOPRO/GL010125.LRV", None, ""),
        ("DCIM/100GOPRO/GOPR0126.JPG", None, ""),
    ],
    "gopro, older": [
        ("DCIM/100GOPRO/GOPR0123.MP4", None, ""),
        ("DCIM/100GOPRO/GOPR0123.LRV", Beside.SMALL_COPY, "DCIM/100GOPRO/GOPR0123.MP4"),
        ("DCIM/100GOPRO/GP010123.MP4", None, ""),
        ("DCIM/100GOPRO/GP010123.LRV", Beside.SMALL_COPY, "DCIM/100GOPRO/GP010123.MP4"),
    ],
    "dji": [
        ("DCIM/DJI_001/DJI_20251027101500_0001_D.MP4", None, ""),
        ("DCIM/DJI_001/DJI_20251027101500_0001_D.LRF", Beside.SMALL_COPY, "DCIM/DJI_001/DJI_20251027101500_0001_D.MP4"),
        ("DCIM/DJI_001/DJI_20251027101500_0001_D.SRT", Beside.NOTE, "DCIM/DJI_001/DJI_20251027101500_0001_D.MP4"),
        ("DCIM/DJI_001/DJI_20251027103500_0002_D.MP4", None, ""),
    ],
    "sony": [
        ("PRIVATE/M4ROOT/CLIP/C0001.MP4", None, ""),
        ("PRIVATE/M4ROOT/CLIP/C0001M01.XML", Beside.NOTE, "PRIVATE/M4ROOT/CLIP/C0001.MP4"),
        ("PRIVATE/M4ROOT/SUB/C0001S03.MP4", Beside.SMALL_COPY, "PRIVATE/M4ROOT/CLIP/C0001.MP4"),
        ("PRIVATE/M4ROOT/THMBNL/C0001T01.JPG", Beside.THUMBNAIL, "PRIVATE/M4ROOT/CLIP/C0001.MP4"),
        ("PRIVATE/M4ROOT/MEDIAPRO.XML", None, ""),
        ("PRIVATE/M4ROOT/SUB/C0002S03.MP4", None, ""),
    ],
    "insta360": [
        ("DCIM/Camera01/VID_20220110_121609_00_657.insv", None, ""),
        ("DCIM/Camera01/LRV_20220110_121609_01_657.insv", Beside.SMALL_COPY, "DCIM/Camera01/VID_20220110_121609_00_657.insv"),
        ("DCIM/Camera01/VID_20220110_121609_10_657.insv", None, ""),
        ("DCIM/Camera01/LRV_20220110_121609_11_657.insv", Beside.SMALL_COPY, "DCIM/Camera01/VID_20220110_121609_10_657.insv"),
        ("DCIM/Camera01/VID_20220110_121800_00_658.mp4", None, ""),
        ("DCIM/Camera01/LRV_20220110_121800_11_658.lrv", Beside.SMALL_COPY, "DCIM/Camera01/VID_20220110_121800_00_658.mp4"),
    ],
    "garmin": [
        ("DCIM/100_VIRB/VIRB0001.MP4", None, ""),
        ("DCIM/100_VIRB/VIRB0001.GLV", Beside.SMALL_COPY, "DCIM/100_VIRB/VIRB0001.MP4"),
        ("GPX/Track_2026-11-24 101500.gpx", None, ""),
    ],
    "a body-worn camera": [
        ("20261124/0001_20261124101500.AVI", None, ""),
        ("20261124/0001_20261124101500.GPX", Beside.NOTE, "20261124/0001_20261124101500.AVI"),
        ("20261124/0001_20261124101500.xml", Beside.NOTE, "20261124/0001_20261124101500.AVI"),
        ("20261124/readme.txt", None, ""),
        ("other/0001_20261124101500.SRT", None, ""),
    ],
}


@pytest.mark.parametrize("layout", CARDS)
def test_each_layout_is_read_as_it_is_written(layout: str) -> None:
    expected = [(PurePosixPath(path), beside, PurePosixPath(of) if of else None) for path, beside, of in CARDS[layout]]
    for given in (expected, expected[::-1]):
        found = [(one.path, one.beside, one.of) for one in arranged([path for path, _, _ in given])]
        assert sorted(found, key=str) == sorted(expected, key=str)
        if layout != "sony":  # whose small copies lie in another folder: folders go by name
            assert found == expected
    for one in arranged([path for path, _, _ in expected]):
        assert one.of is None or found.index((one.of, None, None)) < found.index((one.path, one.beside, one.of))


@pytest.mark.parametrize(
    ("first", "then", "gap", "joined"),
    [
        ("DJI_20251027101500_0001_D", "DJI_20251027103500_0002_D", 0, True),
        ("DJI_20251027101500_0001_D", "DJI_20251027103500_0002_D", 60_000, False),
        ("DJI_20251027101500_0001_D", "DJI_20251027103500_0003_D", 0, False),
        ("DJI_20251027101500_0001_D", "DJI_20251027103500_0002_W", 0, False),
        ("VIRB0001", "VIRB0002", 0, True),
        ("C0001", "C0002", 1_999, True),
        ("GX010123", "GX020123", 0, True),
        ("GX010123", "GX010124", 60_000, False),
        ("VID_20220110_121609_00_657", "VID_20220110_121609_10_657", 0, False),
    ],
)
def test_names_and_times_join_what_a_camera_split(first: str, then: str, gap: int, joined: bool) -> None:  # noqa: FBT001  # a table
    at = 1_761_560_100_000
    one = SegmentFacts(first, ".MP4", "CAM", at, 1_200_000, ("video",))
    assert continues(one, SegmentFacts(then, ".mp4", "CAM", at + 1_200_000 + gap, 5_000, ("video",))) is joined
