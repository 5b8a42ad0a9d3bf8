"""The picture of a redacted copy on its way: each frame painted and encoded with its own time, or its sample copied."""

from fractions import Fraction

import av
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from vestige.errors import MediaFailed, RenderFailed
from vestige.media.avcc import encoded_sets
from vestige.media.containers.mp4_writer import Shape
from vestige.media.redact_footage import Moment, Order, to_ms
from vestige.media.redact_picture import Look, paint
from vestige.media.redact_picture_copy import CopiedPicture
from vestige.media.redact_tracks import Frame, Line, picture_shape
from vestige.redaction.masks import Sweep
from vestige.redaction.plan import Plan

_SLICES = frozenset({1, 5})  # what a decoder needs beside parameter sets; not captions, not the encoder's settings
_ENCODER = {"preset": "veryfast", "crf": "20", "bf": "0", "a53cc": "0", "udu_sei": "0", "x264-params": "annexb=0"}
_KEY_SECONDS = 2


class Film:
    """The picture on its way into the copy, one frame late: how long a frame is shown is known when the next one comes."""

    def __init__(self, source: VideoStream, plan: Plan, look: Look, copied: CopiedPicture | None) -> None:
        """`copied` knows the groups of pictures that are copied; None: all are made anew."""
        self.source = source
        self.order = Order()
        self.at: Moment = Fraction(0)
        self.first: Moment = Fraction(0)
        self._plan, self._look, self._sweep = plan, look, Sweep(plan)
        self._base = source.time_base or Fraction(1, 1000)
        self._copied = copied
        self._configuration: bytes | None = None
        self._coder = self._new_coder()
        self._number = -1  # of the held frame, where samples are copied
        self._held: tuple[Moment, VideoFrame] | None = None
        self._ends: Moment = Fraction(0)

    def shape(self) -> Shape:
        """The track's description in the copy."""
        aspect = Fraction(self.source.sample_aspect_ratio or 1)
        configuration, colour = self._coder.extradata or b"", b""
        if self._copied is not None:
            aspect = self._copied.aspect
            configuration, colour = self._copied.sets.with_added(encoded_sets(configuration)).to_bytes(), self._copied.colour
        frame = Frame(self._coder.width, self._coder.height, aspect, self._plan.picture.rotation, colour)
        return picture_shape(self._base.denominator, frame, configuration)

    def add(self, line: Line, frame: VideoFrame) -> None:
        """Take in the next decoded frame, and write what is ready."""
        self.at = self.order.accept(frame)
        if self._held is None:
            self.first = self.at
        else:
            self._encode(line, self.at)
        self._held = (self.at, frame)

    def finish(self, line: Line) -> None:
        """The rest. Raises RenderFailed where another number of frames came than the plan was made for."""
        if self._held is None or self.order.count != self._plan.frames:
            raise RenderFailed(f"the plan was made for {self._plan.frames} frames, and {self.order.count} came: no copy was kept")
        at, last = self._held
        self._ends = at + (last.duration or 1) * self._base
        self._encode(line, self._ends)
        if self._copied is None:
            self._write(line, None)
        ticks = self._copied.ticks if self._copied is not None else [0, self._ticks(self._ends)]
        line.close(ticks[-1] - ticks[0])

    def facts(self) -> dict[str, object]:
        """What the check of the copy is held to."""
        return {
            "frames": self.order.count,
            "times_sha256": self.order.times_sha256(),
            "duration_ms": -(-self._ends.numerator * 1000 // self._ends.denominator),
            "width": self._coder.width,
            "height": self._coder.height,
        }

    def _encode(self, line: Line, until: Moment) -> None:
        """Paint and encode the held frame, which is shown until that moment. The last is masked as if it stayed until the end."""
        if self._held is None:
            return
        at, frame = self._held
        if self._copied is not None and self._copy(line, self._copied, self._ticks(at)):
            return
        last = self.order.count == self._plan.frames and until == self._ends
        start, end = to_ms(at), self._plan.duration_ms if last else to_ms(until)
        ready = paint(frame, self._look, self._sweep.during(start, max(end, start + 1)))
        ready.pts, ready.time_base = self._ticks(at), self._coder.time_base
        self._write(line, ready)
        if self._copied is not None and self._copied.ends_group(self._number):
            self._write(line, None)
            self._coder = self._new_coder()

    def _copy(self, line: Line, copied: CopiedPicture, at: int) -> bool:
        """Write the sample of the held frame as it is, if it is one that is copied. Raises RenderFailed where it belongs at another time."""
        self._number += 1
        if at != copied.ticks[self._number] - copied.ticks[0]:
            raise RenderFailed(f"frame {self._number} is shown at another time than the file's index says: no copy was kept")
        if not copied.own(self._number):
            return False
        data, key = copied.sample(self._number)
        line.add(at, data, key=key)
        return True

    def _new_coder(self) -> VideoCodecContext:
        coder = _coder(self.source, self._plan, self._look, self._copied)
        if self._configuration not in {None, coder.extradata}:
            raise RenderFailed("the encoder describes one group of pictures otherwise than another: no copy was kept")
        self._configuration = coder.extradata
        return coder

    def _ticks(self, at: Moment) -> int:
        """A moment of the timeline in the track's own time, which begins with its first frame."""
        return round((at - self.first) * self._base.denominator)

    def _write(self, line: Line, frame: VideoFrame | None) -> None:
        for packet in self._coder.encode(frame):
            if packet.pts is None or packet.pts != packet.dts:
                raise MediaFailed("the encoder gave a frame at another time than its own")
            line.add(packet.pts, _slices(bytes(packet)), key=packet.is_keyframe)


def _slices(data: bytes) -> bytes:
    """The sample without supplemental information."""
    kept, at = [], 0
    while at + 4 < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4] & 0x1F in _SLICES:
            kept.append(data[at:end])
        at = end
    return b"".join(kept)


def _coder(source: VideoStream, plan: Plan, look: Look, copied: CopiedPicture | None) -> VideoCodecContext:
    rate = source.average_rate or source.guessed_rate or Fraction(30)
    coder = av.CodecContext.create("libx264", "w")
    if not isinstance(coder, VideoCodecContext):
        raise MediaFailed("the encoder of pictures is none")
    picture = plan.picture
    coder.options = {**_ENCODER, "g": str(max(1, round(rate * _KEY_SECONDS)))}
    if copied is not None:
        beside = {"profile": copied.sets.profile or "", "x264-params": f"annexb=0:sps-id={copied.sets.free_id()}"}
        coder.options = {**coder.options, **beside}
    coder.width, coder.height = picture.width + picture.width % 2, picture.height + picture.height % 2
    coder.pix_fmt, coder.framerate = look.pixel_format, rate
    coder.time_base = Fraction(1, (source.time_base or Fraction(1, 1000)).denominator)
    coder.color_range = 2 if look.full_range else 1
    coder.color_primaries, coder.color_trc, coder.colorspace = look.primaries, look.transfer, look.matrix
    if source.sample_aspect_ratio:
        coder.sample_aspect_ratio = source.sample_aspect_ratio
    coder.flags |= Flags.global_header
    coder.open()
    return coder
