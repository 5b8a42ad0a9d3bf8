"""Probe and media index in one go: what is asked of every file that comes in."""

from typing import Any, BinaryIO

from vestige.media.containers.index import index_file, tracks_of
from vestige.media.containers.tables import NoSampleTable, Track
from vestige.media.probe import probe
from vestige.media.shapes import clean
from vestige.media.signatures import Signatures
from vestige.media.sink import PipeSink

Facts = dict[str, Any]


def run(request: Facts, source: BinaryIO, sink: PipeSink, _model: bytes | None) -> Facts:
    """`request`: `size` (bytes), `index_key` (hex). Answers the facts, and the index or why there is none."""
    size = request["size"]
    tracks: list[Track] | None = None
    signatures = Signatures()
    try:
        tracks = tracks_of(source, size)
        index = index_file(source, size, bytes.fromhex(request["index_key"]), sink.report, signatures.look)
        indexed = {"root": index.root.value, "version": 1, "samples": sum(map(len, tracks)), "streams": len(tracks)}
    except NoSampleTable as error:
        indexed = {"missing": clean(str(error))}
        tracks = None
    facts = probe(source, size, tracks)
    if facts["kind"] == "video":
        if tracks is None:
            signatures = Signatures()
            signatures.in_packets(source)
        facts["signatures"] = signatures.facts()
    return {"facts": facts, "index": indexed}
