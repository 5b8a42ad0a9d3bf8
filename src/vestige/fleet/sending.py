"""Docks at work: each sends recordings one after another, tries again what failed, and forgets nothing before it was acknowledged."""

import hashlib
import http.client
import json
import math
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import quote

from vestige.errors import Fault, Unavailable
from vestige.fleet.connection import Answer, Client, CutOffError, Sent, Target
from vestige.fleet.encrypting import Encryption
from vestige.fleet.footage import Footage
from vestige.fleet.ledger import DOUBTED, EITHER, KEPT, Entry
from vestige.fleet.plan import Camera, Mishap, Oddity, Plan, Recording, Thing

_LONGEST_WAIT_S = 5.0
_FIRST_S = 20.0
_AGAIN = frozenset({408, 429, 500, 502, 503, 504, 507})


@dataclass(frozen=True, slots=True)
class Manner:
    """How docks send: how many recordings at once, the speed of the shift's clock (0: all at once), seconds before a dock gives up."""

    at_once: int = 8
    speed: float = 0.0
    gives_up_s: float = 600.0


@dataclass(slots=True)
class Tally:
    """What happened, counted by all docks together. `latencies` are seconds from the first byte of a clip to its answer."""

    entries: list[Entry] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    mishaps: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    recordings: int = 0
    retries: int = 0
    sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **more: int) -> None:
        """Count up `recordings`, `retries`, `sent` (bytes)."""
        with self._lock:
            for name, by in more.items():
                setattr(self, name, getattr(self, name) + by)

    def answered(self, status: object) -> None:
        """One answer, or what came instead of it."""
        with self._lock:
            self.answers[str(status)] += 1


class Fleet:
    """A plan, the footage for it, and the dock systems that send it: each with a credential of its own, recordings dealt out in turn."""

    def __init__(self, plan: Plan, footage: Footage, targets: list[Target], manner: Manner) -> None:
        self._plan, self._footage, self._targets, self._manner = plan, footage, targets, manner
        self.tally = Tally()
        self._waiting = [[one for at, one in enumerate(plan.recordings) if at % len(targets) == number] for number in range(len(targets))]
        self._next = threading.Lock()
        self._stop = threading.Event()
        self._begun = 0.0

    def run(self, progress: Callable[[float], None] = lambda _: None) -> Tally:
        """Send everything. Raises Fault where a server answers what it should not, Unavailable where a dock gave up; both after all docks ended."""
        self._begun = time.monotonic()
        for target in self._targets:
            self._announced(target)
        docks = [
            threading.Thread(target=self._dock, args=(target, waiting), daemon=True)
            for target, waiting in zip(self._targets, self._waiting, strict=True)
            for _ in range(self._manner.at_once)
        ]
        for dock in docks:
            dock.start()
        try:
            while any(dock.is_alive() for dock in docks):
                time.sleep(0.1)
                progress(self.tally.recordings / len(self._plan.recordings))
        finally:
            self._stop.set()
        return self.tally

    def _announced(self, target: Target) -> None:
        """The dock says who it is, asks what it may send, and tells its users and cameras."""
        with closing(self._sender(target)) as sender:
            sender.announce(self._plan.cameras)

    def _dock(self, target: Target, waiting: list[Recording]) -> None:
        with closing(self._sender(target)) as sender:
            while not self._stop.is_set():
                with self._next:
                    recording = waiting.pop(0) if waiting else None
                if recording is None:
                    return
                try:
                    self._until_ready(recording)
                    sender.record(recording)
                except (Fault, Unavailable) as error:
                    self.tally.faults.append(f"{recording.container}: {error}")
                self.tally.add(recordings=1)

    def _sender(self, target: Target) -> "_Sender":
        return _Sender(target, self._plan, self._footage, self._manner, self.tally, self._stop)

    def _until_ready(self, recording: Recording) -> None:
        """At a speed, a recording is sent when it would lie in the dock."""
        if self._manner.speed:
            wishes = self._plan.wishes
            at = (recording.ready - (wishes.ends - wishes.hours * 3_600_000)) / 1000 / self._manner.speed
            self._stop.wait(max(0.0, self._begun + at - time.monotonic()))


class _Sender:
    """One line to the server, and what is sent over it."""

    def __init__(self, target: Target, plan: Plan, footage: Footage, manner: Manner, tally: Tally, stop: threading.Event) -> None:
        self._client, self._footage, self._manner, self._tally, self._stop = Client(target), footage, manner, tally, stop
        seed = plan.wishes.seed
        self._encryption = Encryption(target.public_key, target.key_id, seed) if target.public_key else None

    def close(self) -> None:
        """End the line."""
        self._client.close()

    def announce(self, cameras: tuple[Camera, ...]) -> None:
        """The calls with which a controller begins. Raises Fault where the answers are not those of the protocol."""
        self._insist(self._client.sign_in, _FIRST_S)
        self._insist(lambda: self._client.call("PUT", "System/simulated-fleet", {"SystemName": "Simulated fleet"}, "X-Object-Meta-"))
        for name in ("Capabilities.json", "Categories.json"):
            answer = self._insist(lambda name=name: self._client.call("GET", f"System/{name}"))  # type: ignore[misc]  # bound as it is now
            if answer.headers.get("etag", "").strip('"') != hashlib.md5(answer.body, usedforsecurity=False).hexdigest():
                raise Fault(f"System/{name} has not the MD5 that its ETag says")
            json.loads(answer.body)
        for camera in cameras:
            if camera.oddity is not Oddity.UNANNOUNCED:
                said = {"Active": str(camera.oddity is not Oddity.DISABLED), "Name": camera.serial, "Model": "Simulated camera"}
                self._small(f"Devices/{quote(camera.serial, safe='')}", said)
        for user in sorted({camera.user for camera in cameras}):
            self._small(f"Users/{quote(user, safe='')}", {"Active": "True", "Name": user, "UserID": user})

    def record(self, recording: Recording) -> None:
        """One recording, from its container to `Complete`."""
        path = quote(recording.container, safe="")
        self._insist(lambda: self._client.call("PUT", path))
        self._insist(lambda: self._client.call("POST", path, recording.first))
        for thing in recording.things:
            self._thing(recording, thing)
        self._insist(lambda: self._client.call("POST", path, recording.last))

    def _small(self, path: str, said: dict[str, str]) -> None:
        self._insist(lambda: self._client.call("PUT", path, said, "X-Object-Meta-"))

    def _thing(self, recording: Recording, thing: Thing) -> None:
        pieces = self._footage.clip(thing.number).pieces if thing.number is not None else lambda: iter((thing.body,))
        expected = DOUBTED if recording.camera.doubted else KEPT
        if self._encryption and (thing.number is not None or thing.name.endswith("_gpstrail.json")):
            stem = thing.name.rpartition(".")[0]
            pieces, key = self._encryption.of(f"{recording.container}/{thing.name}", pieces)
            self._put(recording, f"{stem}.key", {}, Sent(lambda: iter((key,))), EITHER)
            expected = EITHER
        chance = random.Random(f"{recording.container}/{thing.name}").random()  # noqa: S311  # a simulation, no secret
        sent = Sent(pieces, chance if thing.mishap is Mishap.CUT else None, answer_lost=thing.mishap is Mishap.LOST_ANSWER)
        self._put(recording, thing.name, thing.said, sent, expected, clip=thing.number is not None)
        if thing.mishap:
            self._tally.mishaps[thing.mishap.value] += 1
        if thing.mishap is Mishap.TWICE:
            again = self._insist(lambda: self._client.put(self._path(recording, thing.name), thing.said, sent))
            sent.confirm(again)

    def _put(self, recording: Recording, name: str, said: dict[str, str], sent: Sent, expected: str, *, clip: bool = False) -> None:
        """Until it is acknowledged: only then the ledger has it."""
        began = 0.0

        def once() -> Answer:
            nonlocal began
            began = time.monotonic()
            try:
                return self._client.put(self._path(recording, name), said, sent)
            finally:
                sent.whole()

        sent.confirm(self._insist(once))
        if clip:
            self._tally.latencies.append(time.monotonic() - began)
        self._tally.entries.append(Entry(recording.container, name, sent.sha256, sent.size, expected))
        self._tally.add(sent=sent.size)

    def _path(self, recording: Recording, name: str) -> str:
        return f"{quote(recording.container, safe='')}/{quote(name, safe='')}"

    def _insist(self, call: Callable[[], Answer], at_most_s: float = math.inf) -> Answer:
        """Until it is done. Raises Fault for an answer that no retry mends, Unavailable when the dock gives up."""
        patience = min(at_most_s, self._manner.gives_up_s)
        until, wait = time.monotonic() + patience, 0.1
        while True:
            try:
                answer = call()
                self._tally.answered(answer.status)
                if answer.status < 300:
                    return answer
                told = f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}"
                if answer.status not in _AGAIN | {401}:
                    raise Fault(f"the server answered {told}")
            except CutOffError as error:
                told = str(error)
                self._tally.answered(told)
            except (OSError, http.client.HTTPException) as error:
                told = f"{type(error).__name__} {error}"
                self._tally.answered("no answer")
            if time.monotonic() > until or self._stop.is_set():
                raise Unavailable(f"given up after {patience:g} s; last: {told}")
            self._tally.add(retries=1)
            self._stop.wait(wait)
            wait = min(_LONGEST_WAIT_S, wait * 2)
