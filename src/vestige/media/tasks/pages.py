"""The task `pages`: the pages of a PDF as pictures, so that nobody's browser opens the document itself. Nothing in it is run.

Writes JPEGs into the sink, one behind the other.
"""

from typing import Any, BinaryIO

import av
import pypdfium2
import pypdfium2.raw as pdfium

from vestige.errors import MediaFailed
from vestige.media.pictures import jpeg
from vestige.media.sink import PipeSink
from vestige.media.warm import warm as warm_pictures

MOST_PAGES = 200
_WIDEST, _LONGEST = 1400, 2800  # pixels
_POINTS = 72
_SHARPNESS = 150  # dots per inch


def warm() -> None:
    """What PDFium and the coder of pictures load late."""
    warm_pictures()
    document = pypdfium2.PdfDocument.new()
    document.new_page(_POINTS, _POINTS)
    _picture(document, 0)
    document.close()


def run(_request: dict[str, Any], source: BinaryIO, sink: PipeSink, _model: bytes | None) -> dict[str, object]:
    """Answers how many pages there are, and of the first 200 the bytes of each picture (0: it can't be drawn). Raises MediaFailed."""
    try:
        document = pypdfium2.PdfDocument(source)
        document.init_forms()
        count = len(document)
    except pypdfium2.PdfiumError as error:
        raise MediaFailed(f"the document does not open (it may be damaged, or locked with a password): {error}") from error
    if not count:
        raise MediaFailed("the document has no page")
    shown = min(count, MOST_PAGES)
    lengths = []
    for number in range(shown):
        data = _drawn(document, number)
        sink.write(data)
        lengths.append(len(data))
        sink.report((number + 1) / shown)
    if not any(lengths):
        raise MediaFailed("no page of the document can be drawn")
    return {"pages": count, "lengths": lengths}


def _drawn(document: pypdfium2.PdfDocument, number: int) -> bytes:
    try:
        return _picture(document, number)
    except pypdfium2.PdfiumError:
        return b""


def _picture(document: pypdfium2.PdfDocument, number: int) -> bytes:
    """A page as JPEG, at 150 dots per inch where it fits into 1400 by 2800 pixels."""
    page = document[number]
    width, height = page.get_size()
    if min(width, height) <= 0:
        return b""
    scale = min(_SHARPNESS / _POINTS, _WIDEST / width, _LONGEST / height)
    drawn = page.render(scale=scale, force_bitmap_format=pdfium.FPDFBitmap_BGR)
    frame = av.VideoFrame.from_ndarray(drawn.to_numpy().copy(), format="bgr24")
    drawn.close()
    page.close()
    return jpeg(frame, None, _WIDEST)[0]
