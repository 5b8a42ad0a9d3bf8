"""The pinned films of `packages/measured.json`: `python -m verifier.tests.vectors.filmed` makes them again.

Encoders do not write the same bytes in every build. So what is checked in counts, and the vectors are made from it byte for byte; a film made
anew is as good, and changes the vectors.
"""

import io
from pathlib import Path

import av
from av.bitstream import BitStreamFilterContext
from verifier.tests.copies import FRAMES, WIDTH, Film, boxes, film

FOLDER = Path(__file__).parent / "films"
SILENT = {"flat": True, "sound": False}
FILMS = {
    "honest": Film(flat=True),
    "without sound": Film(**SILENT),
    "a mask that begins a frame late": Film(**SILENT, hides=lambda at: [] if at == 4 else boxes(at)),
    "a mask that ends a frame early": Film(**SILENT, hides=lambda at: [] if at == 15 else boxes(at)),
    "a moving mask without the way between": Film(**SILENT, hides=lambda at: boxes(8) if at == 9 else boxes(at)),
    "a block missing in one frame": Film(**SILENT, hides=lambda at: [(16, 16, 32, 48), (32, 32, 48, 48)] if at == 5 else boxes(at)),
    "colour that shows through": Film(**SILENT, paint=lambda at, planes: planes[1][14:18, 14:18].fill(200) if at == 6 else None),
    "a silence that ends too early": Film(flat=True, silent=(0.2, 0.79)),
    "no silence": Film(flat=True, silent=None),
    "quiet all along": Film(flat=True, silent=(0, 1)),
    "a frame too few": Film(**SILENT, frames=FRAMES - 1),
    "a frame too many": Film(**SILENT, frames=FRAMES + 1),
    "pictures before it begins": Film(**SILENT, frames=FRAMES + 3, hides=lambda at: boxes(at - 3) if at >= 3 else []),
    "longer sound": Film(flat=True, more_sound=500, silent=(0, 2)),
    "another size": Film(**SILENT, width=WIDTH + 16),
    "another rotation": Film(**SILENT, rotation=180),
    "a second picture": Film(**SILENT, more="mpeg4"),
    "another codec": Film(**SILENT, codec="mpeg4"),
    "other pixels": Film(**SILENT, pixels="yuv444p"),
    "notes of the encoder": Film(**SILENT, notes=True),
    "a title": Film(**SILENT, metadata={"title": "Dupont's kitchen"}),
}


def cropped() -> bytes:
    """A film that holds 128 columns more than it shows."""
    source, out = io.BytesIO(film(Film(**SILENT, width=WIDTH + 128))), io.BytesIO()
    with av.open(source) as whole, av.open(out, "w", format="mp4", options={"fflags": "bitexact"}) as copy:
        picture = copy.add_stream_from_template(whole.streams.video[0])
        cropping = BitStreamFilterContext("h264_metadata=crop_right=128", whole.streams.video[0], picture)
        for packet in whole.demux(video=0):
            for one in cropping.filter(packet if packet.size else None):
                one.stream = picture
                copy.mux(one)
    return out.getvalue()


def pinned(name: str) -> bytes:
    """The film of that name, as it is checked in."""
    return (FOLDER / f"{name}.mp4").read_bytes()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, made in FILMS.items():
        (FOLDER / f"{name}.mp4").write_bytes(film(made))
    (FOLDER / "a larger picture than it shows.mp4").write_bytes(cropped())
