"""Pages of a PDF as pictures, drawn in the child behind its locks."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from tests.media.worlds import Kept, plain
from tests.web.world import pdf

from vestige.errors import MediaFailed
from vestige.media.tasks.pages import MOST_PAGES
from vestige.media.worker import Answer, MediaWorker


def drawn(data: bytes) -> tuple[Answer, list[bytes]]:
    kept = Kept()
    with plain(data) as source:
        answer = MediaWorker().run("pages", {}, source, sink=kept)
    pictures, at = [], 0
    lengths = answer.value["lengths"]
    assert isinstance(lengths, list)
    for length in lengths:
        pictures.append(bytes(kept.data[at : at + length]))
        at += length
    assert at == len(kept.data)
    return answer, pictures


def made(folder: Path, pages: int) -> bytes:
    pdf(folder / "made.pdf", pages)
    return (folder / "made.pdf").read_bytes()


def test_each_page_is_drawn_as_it_is(tmp_path: Path) -> None:
    answer, pictures = drawn(made(tmp_path, 3))
    assert answer.value["pages"] == 3
    assert "seccomp" in answer.locks
    for number, picture in enumerate(pictures, start=1):
        with av.open(io.BytesIO(picture)) as container:
            pixels = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
        height = pixels.shape[0]
        assert abs(pixels.shape[1] / height - 200 / 300) < 0.01
        red = (pixels[..., 0] > 200) & (pixels[..., 1] < 60)
        black = pixels.max(axis=2) < 60
        assert abs(float(np.mean(black)) - number * 20 / 300) < 0.01
        assert float(np.mean(red)) > 0.7
        assert black[-2].mean() > 0.9


def test_more_than_the_most_are_counted_and_not_drawn(tmp_path: Path) -> None:
    answer, pictures = drawn(made(tmp_path, MOST_PAGES + 3))
    assert answer.value["pages"] == MOST_PAGES + 3
    assert len(pictures) == MOST_PAGES


def test_a_page_of_any_size_becomes_a_picture_of_bounded_size(tmp_path: Path) -> None:
    data = made(tmp_path, 1).replace(b"[0 0 200 300]", b"[0 0 1e4 9e6]")
    _, (picture,) = drawn(data)
    with av.open(io.BytesIO(picture)) as container:
        frame = next(container.decode(video=0))
    assert frame.height <= 2801
    assert frame.width <= 1400


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7\n" + bytes(5000), b"no document"])
def test_what_does_not_open_ends_in_words(data: bytes) -> None:
    with pytest.raises(MediaFailed, match="does not open"):
        drawn(data)


def test_a_document_cut_off_anywhere_never_takes_more_than_the_child(tmp_path: Path) -> None:
    data = made(tmp_path, 2)
    for cut in range(40, len(data), 150):
        try:
            answer, _ = drawn(data[:cut])
        except MediaFailed:
            continue
        assert answer.value["pages"] in {1, 2}
