"""Plans and parts of plans for tests, fixed or drawn by hypothesis."""

from uuid import UUID

from hypothesis import strategies as st

from vestige.evidence.values import Digest
from vestige.redaction.geometry import Box, Picture, Span
from vestige.redaction.plan import Detector, Keyframe, Kind, Mask, Mute, Origin, Plan, Quality

ITEM = UUID("01890000-0000-7000-8000-000000000001")
SOURCE = Digest("ab" * 32)
WIDTH, HEIGHT, LENGTH = 200, 120, 2000
DETECTOR = Detector("centerface", "1.5.0", "cd" * 32, 300, (640, 960), "onnxruntime 1")


def mask(name: str = "b1", span: tuple[int, int] = (0, 1000), box: Box | None = None, exemption: str = "b6") -> Mask:
    return Mask(name, Kind.BOX, Span(*span), exemption, Origin("person", "A1"), (Keyframe(span[0], box or Box(10, 10, 20, 20)),))


def plan(*masks: Mask, mutes: tuple[Mute, ...] = (), picture: Picture | None = None) -> Plan:
    return Plan(ITEM, SOURCE, picture or Picture(WIDTH, HEIGHT), LENGTH, 50, masks, mutes)


@st.composite
def boxes(draw: st.DrawFn, width: int = WIDTH, height: int = HEIGHT) -> Box:
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return Box(x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y)))


@st.composite
def spans(draw: st.DrawFn, length: int = LENGTH) -> Span:
    start = draw(st.integers(0, length - 1))
    return Span(start, draw(st.integers(start + 1, length)))


@st.composite
def masks(draw: st.DrawFn) -> list[Mask]:
    found = []
    for number in range(draw(st.integers(0, 6))):
        span = draw(spans())
        times = sorted(draw(st.sets(st.integers(span.from_ms, span.to_ms - 1), min_size=1, max_size=5)))
        track = tuple(Keyframe(at, draw(boxes())) for at in times)
        code = draw(st.sampled_from(["b6", "b7C", "18.2-1.7 (a)"]))
        found.append(Mask(f"b{number}", Kind.BOX, span, code, Origin("person", "A1"), track))
    return found


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    drawn = tuple(draw(masks()))
    silent = draw(st.lists(st.builds(Mute, spans(), st.sampled_from(["b6", "b7C"])), min_size=0 if drawn else 1, max_size=4))
    picture = Picture(WIDTH, HEIGHT, draw(st.sampled_from([0, 90, 180, 270])))
    looked = draw(st.booleans())
    quality, detector = (Quality.STANDARD, DETECTOR) if looked else (Quality.NONE, None)
    return Plan(ITEM, SOURCE, picture, LENGTH, 50, drawn, tuple(silent), quality, detector)
