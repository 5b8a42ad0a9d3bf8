"""What a fleet records in a shift, and what goes wrong on the way: drawn from a seed, as values. The same wishes give the same plan."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from vestige.errors import BadInput
from vestige.evidence.values import from_ms

_HOUR = 3_600_000
_LEAST_FOR_TROUBLE = 5
_SHARE = 0.1
_CLOCKS = (90_000, -200_000, 3_600_000, -7_200_000, -86_400_000 * 40)
MOST_CAMERAS, MOST_HOURS, MOST_PER_HOUR = 20_000, 744.0, 60.0


class Oddity(StrEnum):
    """What is wrong with a camera or whoever wears it, for a whole shift."""

    CLOCK = "wrong clock"
    DISABLED = "disabled camera"
    UNANNOUNCED = "camera that no dock announced"
    UNKNOWN_USER = "unknown user"


class Mishap(StrEnum):
    """What goes wrong while one object is sent."""

    CUT = "cut"
    LOST_ANSWER = "lost answer"
    TWICE = "sent twice"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How large the fleet is and how it behaves. `ends` is when the shift ends (ms UTC); `trouble` scales what goes wrong (0: nothing does).

    `users` are badges that the agency knows; without any, nobody is known. `ending` is `mp4` or `mkv`.
    """

    cameras: int
    hours: float
    ends: int
    seed: int = 1
    per_hour: float = 2.0
    trouble: float = 1.0
    users: Sequence[str] = ()
    ending: str = "mp4"

    def check(self) -> None:
        """Raises BadInput for a fleet that is none, or larger than anybody has."""
        told = (
            ("cameras", self.cameras, 1, MOST_CAMERAS),
            ("hours", self.hours, 0.01, MOST_HOURS),
            ("recordings an hour", self.per_hour, 0.01, MOST_PER_HOUR),
            ("trouble", self.trouble, 0, 5),
        )
        for what, value, least, most in told:
            if not least <= value <= most:
                raise BadInput(f"{what}: between {least} and {most}, not {value}")


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the fleet and its wearer; `off` is by how many ms its clock is wrong."""

    serial: str
    user: str
    oddity: Oddity | None
    off: int = 0

    @property
    def doubted(self) -> bool:
        """Whether what it records must be kept apart until somebody looked."""
        return self.oddity in {Oddity.DISABLED, Oddity.UNANNOUNCED, Oddity.UNKNOWN_USER}


@dataclass(frozen=True, slots=True)
class Thing:
    """One object of a recording: its name, what is said of it, and what goes wrong. Footage has a `number` of its own, the rest a `body`."""

    name: str
    said: dict[str, str]
    mishap: Mishap | None = None
    number: int | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Recording:
    """One activation: its container, what is said of it at first and at the end, its objects in the order in which they are sent.

    `ready` is when it lies in the dock, in true time (ms UTC).
    """

    container: str
    camera: Camera
    ready: int
    first: dict[str, str]
    last: dict[str, str]
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A shift of a fleet: cameras, and recordings in the order in which they end."""

    wishes: Wishes
    cameras: tuple[Camera, ...]
    recordings: tuple[Recording, ...]


def draw(wishes: Wishes) -> Plan:
    """The plan. Raises BadInput for wishes that make no sense."""
    wishes.check()
    chance = random.Random(wishes.seed)  # noqa: S311  # a simulation, no secret
    cameras = _cameras(wishes, chance)
    recordings: list[Recording] = []
    number = 0
    for camera in cameras:
        for triggered in _triggers(wishes, chance):
            made = _Drawer(wishes, chance, camera, triggered, number).recording()
            number += sum(thing.number is not None for thing in made.things)
            recordings.append(made)
    return Plan(wishes, cameras, tuple(sorted(recordings, key=lambda one: (one.ready, one.container))))


def stamp(at: int) -> str:
    """A time as the protocol's names have it."""
    return from_ms(at).strftime("%Y%m%dT%H%M%SZ")


def _cameras(wishes: Wishes, chance: random.Random) -> tuple[Camera, ...]:
    """With five cameras or more each oddity is there at least once (unless trouble is 0)."""
    odd: list[Oddity | None] = []
    if wishes.trouble and wishes.cameras >= _LEAST_FOR_TROUBLE:
        each = max(1, round(wishes.cameras * _SHARE * wishes.trouble))
        odd += [one for one in Oddity for _ in range(each)][: wishes.cameras - 1]
    odd += [None] * (wishes.cameras - len(odd))
    chance.shuffle(odd)
    cameras = []
    for number, oddity in enumerate(odd):
        known = wishes.users[number % len(wishes.users)] if wishes.users else ""
        stranger = f"SIM-NOBODY-{wishes.seed}-{number}"
        user = stranger if oddity is Oddity.UNKNOWN_USER or not known else known
        off = chance.choice(_CLOCKS) if oddity is Oddity.CLOCK else 0
        cameras.append(Camera(f"SIM{wishes.seed:x}X{number:05d}".upper(), user, oddity or (None if known else Oddity.UNKNOWN_USER), off))
    return tuple(cameras)


def _triggers(wishes: Wishes, chance: random.Random) -> Iterator[int]:
    """When a camera is switched on in its shift, in true time: whole seconds, at least one recording, no two at once."""
    count = max(1, round(wishes.hours * wishes.per_hour))
    begins, each = wishes.ends - round(wishes.hours * _HOUR), wishes.hours * _HOUR / count
    for number in range(count):
        yield round(begins + each * (number + 0.8 * chance.random())) // 1000 * 1000


class _Drawer:
    """One recording."""

    def __init__(self, wishes: Wishes, chance: random.Random, camera: Camera, triggered: int, number: int) -> None:
        self._wishes, self._chance, self._camera = wishes, chance, camera
        self._true, self._at, self._number = triggered, triggered + camera.off, number

    def recording(self) -> Recording:
        """Its clips follow one another; a trail always, a bookmark now and then."""
        begins, things = self._at - 30_000, []
        at = begins
        for _ in range(self._chance.randint(1, 3)):
            lasts = self._chance.randint(20, 600) * 1000
            things.append(self._clip(at, at + lasts))
            at += lasts
        if self._chance.random() < 0.3:
            things.append(self._bookmark(begins, at))
        things.append(self._trail(begins, at))
        name = f"{self._camera.user}_{self._camera.serial}_{stamp(self._at)}"
        first = self._said(name, begins)
        last = {
            "StopTime": str(at / 1000),
            "StopTimeISO": _iso(at),
            "TriggerOff": "Button",
            "TriggerOffTimeISO": _iso(at),
            "Status": "Complete",
        }
        return Recording(name, self._camera, self._true + at - self._at, first, last, tuple(things))

    def _said(self, name: str, begins: int) -> dict[str, str]:
        return {
            "ContainerName": name,
            "BWCSerialNumber": self._camera.serial,
            "SCUSerialNumber": "SIMSCU",
            "FirmwareVersion": "0.0-simulated",
            "UserID": self._camera.user,
            "TriggerOn": "Button",
            "TriggerOnTime": str(self._at / 1000),
            "TriggerOnTimeISO": _iso(self._at),
            "TriggerOnLocation": "40.69 -73.99 12.0 " + str(self._at // 1000),
            "StartTime": str(begins / 1000),
            "StartTimeISO": _iso(begins),
            "TimeZone": "America/New_York",
            "BWCModel": "Simulated camera",
            "Status": "Transferring",
        }

    def _clip(self, start: int, stop: int) -> Thing:
        number, self._number = self._number, self._number + 1
        said = {"StartTime": str(start / 1000), "StartTimeISO": _iso(start), "StopTime": str(stop / 1000), "StopTimeISO": _iso(stop)}
        name = f"{_name_time(start)}_{self._random():X}.{self._wishes.ending}"
        return Thing(name, {**said, "ContainerType": self._wishes.ending}, self._mishap(), number)

    def _bookmark(self, begins: int, ends: int) -> Thing:
        at = self._chance.randint(begins, ends)
        said = {"CategoryName": "Simulated", "Tags": "source:simulation", "StartTime": str(at / 1000), "EndTime": str(at / 1000)}
        return Thing(
            f"bookmark_{_name_time(at)}_{self._random():X}", said, self._mishap(), body=f"Simulated bookmark {self._random():X}".encode()
        )

    def _trail(self, begins: int, ends: int) -> Thing:
        latitude, longitude = 40.60 + self._chance.random() / 5, -74.05 + self._chance.random() / 5
        entries = []
        for at in range(begins, ends, 10_000):
            latitude, longitude = latitude + self._chance.uniform(-1e-4, 1e-4), longitude + self._chance.uniform(-1e-4, 1e-4)
            where = f"POINT({longitude:.7f} {latitude:.7f})"
            entries.append({"LocationWKT": where, "SecondsFromStart": (at - begins) / 1000, "Timestamp": _iso(at)})
        name = f"{_name_time(begins)}_{self._random():X}_{self._camera.serial}_gpstrail.json"
        return Thing(name, {}, self._mishap(), body=json.dumps({"CoordinateEntries": entries}).encode())

    def _mishap(self) -> Mishap | None:
        drawn = self._chance.random()
        return next((one for one in Mishap if (drawn := drawn - _SHARE * self._wishes.trouble / 2) < 0), None)

    def _random(self) -> int:
        return self._chance.getrandbits(32)


def _iso(at: int) -> str:
    return _moment(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _name_time(at: int) -> str:
    return _moment(at).strftime("%Y%m%d_%H%M%S")


def _moment(at: int) -> datetime:
    return from_ms(at)
