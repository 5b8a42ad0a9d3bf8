"""The access matrix: written by the judge, kept in docs/security, and what the server, the byte routes and the commands really do."""

import json
import os
import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID, uuid4

import anyio
import httpx
import pytest
from django.test import Client
from tests.access.matrix import HIDDEN, NO, OWNER, PAGE, PEOPLE, RECORDINGS, YES, expected, text
from tests.agency import CONSOLE, Agency, make_agency

from vestige.access.permissions import Permission
from vestige.actions import (
    agency_shape,
    clip,
    correcting,
    device_faults,
    devices,
    intake,
    items,
    joining,
    log,
    marking,
    people,
    redaction,
    redaction_plan,
    release,
    tracks,
    trail_report,
    viewing,
)
from vestige.actions.door import Action
from vestige.actions.intake import Sent
from vestige.catalog.accounts.models import Person as PersonRow
from vestige.catalog.models import Event, Openings
from vestige.cli.main import main
from vestige.errors import Refused, Unseen, VestigeError
from vestige.evidence.access import AccessClass
from vestige.evidence.items import ItemFilter
from vestige.evidence.people import Actor
from vestige.redaction.plan import Quality

OURS = {"X-Vestige": "1", "Sec-Fetch-Site": "same-origin"}
CATEGORIES = {AccessClass.UNRESTRICTED: "arrest", AccessClass.RESTRICTED: "use of force", AccessClass.CONFIDENTIAL: "critical incident"}
ABSENT = {"recording": "R-1999-000001", "item": "E-1999-000001", "id": str(UUID(int=77))}


@dataclass
class World:
    """The agency of the matrix: who is who, and by what each recording is known."""

    agency: Agency
    people: dict[str, Actor] = field(default_factory=dict)
    recordings: dict[str, dict[str, str]] = field(default_factory=dict)
    camera: str = ""

    def client(self, who: str) -> Client:
        """A browser in which that person is signed in."""
        client = Client(HTTP_HOST="localhost")
        client.force_login(PersonRow.objects.get(id=self.people[who].id))
        return client


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from django.db import connections
    from django.db.backends.signals import connection_created

    from vestige.web import hands
    from vestige.web.bytes.ledger import ledger

    connection_created.connect(undurable)
    folder = tmp_path_factory.mktemp("matrix")
    agency = make_agency(folder)
    os.environ |= {"VESTIGE_HOME": str(folder / "home"), "VESTIGE_ALLOW_HTTP": "1"}
    hands._opened.cache_clear()
    ledger.cache_clear()
    yield made(World(agency), folder)
    connection_created.disconnect(undurable)
    del os.environ["VESTIGE_HOME"], os.environ["VESTIGE_ALLOW_HTTP"]
    hands._opened.cache_clear()
    ledger.cache_clear()
    connections.close_all()


def undurable(connection: Any, **_: object) -> None:  # Django's signal
    """Thousands of refusals are recorded here, and none has to outlive a power cut."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous=OFF")


def made(world: World, folder: Path) -> World:
    """Everybody of the matrix, a unit each for the two supervisors, and a recording of every class and mark."""
    ports = world.agency.ports
    for number, (who, (roles, _)) in enumerate(PEOPLE.items()):
        known = people.add(ports, CONSOLE, f"M{number}", who.title()[:60], sorted(roles))
        world.people[who] = Actor("person", str(known.id), who, known.roles, "console")
    badge = {who: f"M{number}" for number, who in enumerate(PEOPLE)}
    rows = ["kind,code,name,within,part,from", "team,U1,First,,,", "team,U2,Second,,,"]
    for who, unit, part in (
        (OWNER, "U1", "member"),
        ("the supervisor of its unit", "U1", "supervisor"),
        ("another supervisor", "U2", "supervisor"),
    ):
        rows.append(f"person,{badge[who]},{who.title()},{unit},{part},2026-01-01")
    agency_shape.import_file(ports, CONSOLE, "\n".join(rows).encode())
    custodian = world.people["evidence custodian"]
    for number, (what, (access_class, marks)) in enumerate(RECORDINGS.items()):
        path = folder / f"{number}.wav"
        tone = bytes([number]) * 16_000
        path.write_bytes(
            struct.pack(
                "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(tone), b"WAVE", b"fmt ", 16, 1, 1, 16_000, 32_000, 2, 16, b"data", len(tone)
            )
            + tone
        )
        sent = Sent(path, officer=badge[OWNER], category=CATEGORIES[access_class], recorded_at=1_785_000_000_000)
        taken = intake.receive(ports, custodian, sent, lambda _: None)
        if marks:
            marking.mark(ports, custodian, str(taken.recording), marks, "for the matrix")
        item = ports.catalog.item(str(taken.item))
        recording = ports.catalog.recording(str(taken.recording))
        assert item is not None
        assert recording is not None
        assert recording.unit_code == "U1"
        ports.vault.write_working(item.id, item.sealed, "poster", b"\xff\xd8 a poster")
        ports.catalog.add_working(item.id, "poster", {})
        world.recordings[what] = {"recording": recording.number, "item": item.number, "id": str(item.id)}
    devices.register(ports, custodian, "CAM1")
    camera = ports.catalog.device("CAM1")
    assert camera is not None
    world.camera = str(camera.id)
    return world


def refusals(after: int) -> list[str]:
    """What was refused behind that event, in the words of the log."""
    found = Openings.objects.filter(event__seq__gt=after, event__type="access:refused").order_by("event__seq")
    return [str(json.loads(row.fields)["outcome"]["value"]["refused"]) for row in found]


def newest() -> int:
    return Event.objects.order_by("-seq").values_list("seq", flat=True)[0]


def outcome(after: int) -> str:
    """What the log says became of an act."""
    told = refusals(after)
    return YES if not told else HIDDEN if told[-1].startswith("there is no ") else NO


def compared(done: dict[tuple[str, str, str], str], permissions: dict[str, Permission]) -> list[str]:
    """Where what was done is not what the matrix says."""
    return [
        f"{act}: {who}, {what}: {got}, not {want}"
        for (act, who, what), got in done.items()
        if got != (want := expected(who, permissions[act], what))
    ]


def test_the_page_is_what_the_judge_says() -> None:
    assert PAGE.read_text() == text(), "write it anew: python -m tests.access.matrix"


def nothing(_: object) -> None:
    """No progress is shown."""


ACTS: dict[str, tuple[Action[..., Any], Callable[[dict[str, str], Path], tuple[Any, ...]]]] = {
    "clip": (clip.clip, lambda ref, _: (ref["item"], clip.Cut(0, 1), nothing)),
    "correct": (correcting.correct, lambda ref, _: (ref["recording"], "")),
    "devices test": (device_faults.mark_test, lambda ref, _: (ref["recording"],)),
    "export": (release.export, lambda ref, out: (ref["item"], out / str(uuid4()))),
    "join": (joining.join, lambda ref, _: (ref["recording"], ref["recording"], "")),
    "log prove": (log.prove, lambda ref, _: (ref["item"],)),
    "mark": (marking.mark, lambda ref, _: (ref["recording"], [], "")),
    "redact": (
        redaction_plan.draw,
        lambda ref, _: (ref["item"], redaction_plan.Wanted("b6", faces=False, boxes=(), mutes=(), quality=Quality.STANDARD), nothing),
    ),
    "show": (items.show_item, lambda ref, _: (ref["item"],)),
    "show recording": (items.show_recording, lambda ref, _: (ref["recording"],)),
    "track": (tracks.show_tracks, lambda ref, _: (ref["recording"],)),
    "trail": (items.read_trail, lambda ref, _: (ref["item"],)),
    "trail report": (trail_report.report, lambda ref, _: (ref["item"], trail_report.Form.CSV)),
    "view": (viewing.start, lambda ref, _: (ref["item"], "a test")),
}
"""Every act on one recording, as commands and pages call it, asked for in a way that changes nothing where it is allowed."""
KEYWORDS: dict[str, dict[str, Any]] = {"devices test": {"test": False}}


def test_every_act_on_every_recording_is_done_for_whom_the_matrix_says(world: World, tmp_path: Path) -> None:
    done: dict[tuple[str, str, str], str] = {}
    for act, (run, given) in ACTS.items():
        for who in PEOPLE:
            for what, ref in world.recordings.items():
                done[act, who, what] = called(run, world.people[who], world.agency, given(ref, tmp_path), KEYWORDS.get(act, {}))
    assert len(done) > 1500
    assert compared(done, {act: run.permission for act, (run, _) in ACTS.items()}) == []


def called(run: Action[..., Any], who: Actor, agency: Agency, given: tuple[Any, ...], named: dict[str, Any]) -> str:
    try:
        run(agency.ports, who, *given, **named)
    except Refused:
        return NO
    except Unseen:
        return HIDDEN
    except VestigeError:  # allowed, and asked for in a way that comes to nothing
        return YES
    return YES


def test_an_act_on_what_is_not_there_is_answered_as_one_on_what_is_hidden(world: World, tmp_path: Path) -> None:
    """The same words but for the name that was asked for, whatever the act."""
    seen = 0
    for act, (run, given) in ACTS.items():
        for who in PEOPLE:
            hidden, absent = (
                said(run, world, who, (ref, given(ref, tmp_path)), KEYWORDS.get(act, {})) for ref in (world.recordings["sealed"], ABSENT)
            )
            if hidden.startswith("Unseen"):
                assert hidden == absent, (act, who)
                seen += 1
    assert seen > 20


def said(run: Action[..., Any], world: World, who: str, given: tuple[dict[str, str], tuple[Any, ...]], named: dict[str, Any]) -> str:
    """What the act answers, with REF for what it was asked about."""
    ref, arguments = given
    try:
        run(world.agency.ports, world.people[who], *arguments, **named)
    except VestigeError as error:
        return f"{type(error).__name__} {error}".replace(ref["recording"], "REF").replace(ref["item"], "REF")
    return "done"


def test_lists_show_what_the_matrix_says_and_nothing_else(world: World) -> None:
    for who in PEOPLE:
        try:
            shown = {one.number for one in items.list_recordings(world.agency.ports, world.people[who], ItemFilter())}
            alone = {one.number for one in items.list_items(world.agency.ports, world.people[who], ItemFilter())}
        except Refused:
            shown = alone = set()
        wanted = {what for what in RECORDINGS if expected(who, Permission.ITEM_LIST, what) == YES}
        assert shown == {world.recordings[what]["recording"] for what in wanted}, who
        assert alone == {world.recordings[what]["item"] for what in wanted}, who


PAGES_OF_ONE = {
    "/items/<str:ref>": ("/items/{item}", {}),
    "/items/<str:ref>/trail": ("/items/{item}/trail", {}),
    "/items/<str:ref>/trail/<str:form>": ("/items/{item}/trail/csv", {}),
    "/recordings/<str:ref>": ("/recordings/{recording}", {}),
    "/recordings/<str:ref>/correct": ("/recordings/{recording}/correct", {"reason": ""}),
    "/recordings/<str:ref>/join": ("/recordings/{recording}/join", {"into": "{recording}", "reason": ""}),
    "/recordings/<str:ref>/test": ("/recordings/{recording}/test", {"test": ""}),
}
"""The routes of one recording or item, and what is sent to them: nothing that would change it."""
OTHERS = {
    "/devices/<uuid:ref>": "/devices/{camera}",
    "/devices/<uuid:ref>/assign": "/devices/{camera}/assign",
    "/devices/<uuid:ref>/change": "/devices/{camera}/change",
    "/devices/<uuid:ref>/faults": "/devices/{camera}/faults",
    "/devices/<uuid:ref>/faults/<uuid:fault>/end": "/devices/{camera}/faults/{camera}/end",
    "/devices/<uuid:ref>/return": "/devices/{camera}/return",
    "/findings/<uuid:ref>/close": "/findings/{camera}/close",
    "/people/roles/<uuid:ref>/confirm": "/people/roles/{camera}/confirm",
    "/people/roles/<uuid:ref>/decline": "/people/roles/{camera}/decline",
    "/reviews/<str:week>": "/reviews/1999-W01",
    "/reviews/<str:week>/sign": "/reviews/1999-W01/sign",
}
"""The routes of one other thing, and where they are asked."""


def test_every_page_does_for_everybody_what_the_matrix_says(world: World) -> None:
    from vestige.web.routes import PAGES

    done: dict[tuple[str, str, str], str] = {}
    wrong: list[str] = []
    routes = {page.route.path: page.route for page in PAGES if not page.route.public}
    for who in PEOPLE:
        client = world.client(who)
        for path, route in routes.items():
            if path == "/sign-out":
                continue  # everybody may, and the walk would end
            if path in PAGES_OF_ONE:
                for what, ref in world.recordings.items():
                    got, status = asked(client, path, route.methods, ref)
                    done[path, who, what] = got
                    if "GET" in route.methods and status != {YES: 200, NO: 403, HIDDEN: 404}[got]:
                        wrong.append(f"{path}: {who}, {what}: answered {status} where the log says {got}")
                continue
            held = any(route.action.permission in world.agency.ports.roles[role].permissions for role in PEOPLE[who][0])
            before = newest()
            answer = sent(client, OTHERS.get(path, path).format(camera=world.camera), route.methods, {"container": "mp4"})
            denied = outcome(before) == NO or (path == "/" and answer == 403)
            if path != "/" and denied is held:
                wrong.append(f"{path}: {who}: {answer}, though they {'hold' if held else 'do not hold'} {route.action.permission}")
    assert len(done) > 900
    assert wrong + compared(done, {path: routes[path].action.permission for path in PAGES_OF_ONE}) == []


def asked(client: Client, path: str, methods: tuple[str, ...], ref: dict[str, str]) -> tuple[str, int]:
    where, form = PAGES_OF_ONE[path]
    before = newest()
    status = sent(client, where.format(**ref), methods, {name: value.format(**ref) for name, value in form.items()})
    return outcome(before), status


def sent(client: Client, where: str, methods: tuple[str, ...], form: dict[str, str]) -> int:
    answer = client.get(where) if "GET" in methods else client.post(where, form)
    return int(answer.status_code)


def test_a_hidden_page_is_the_page_of_what_is_not_there(world: World) -> None:
    client, ref = world.client("another officer"), world.recordings["unrestricted"]
    for where in ("/recordings/{recording}", "/items/{item}", "/items/{item}/trail"):
        hidden, absent = client.get(where.format(**ref)), client.get(where.format(**ABSENT))
        assert hidden.status_code == absent.status_code == 404
        bodies = [bare(one.content.decode(), known) for one, known in ((hidden, ref), (absent, ABSENT))]
        assert bodies[0] == bodies[1]


def bare(page: str, ref: dict[str, str]) -> str:
    """The page without what differs each time: the form's token, and what was asked for."""
    page = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", page)
    return page.replace(ref["recording"], "REF").replace(ref["item"], "REF")


def test_byte_routes_give_everybody_what_the_matrix_says(world: World) -> None:
    sessions = {who: world.client(who).cookies["sessionid"].value for who in PEOPLE}
    done, wrong = anyio.run(served, world, sessions)
    assert wrong + compared(done, {"viewing": Permission.ITEM_VIEW, "poster": Permission.ITEM_VIEW}) == []


async def served(world: World, sessions: dict[str, str]) -> tuple[dict[tuple[str, str, str], str], list[str]]:
    """What each session got of each recording, and what was answered otherwise than the log tells."""
    from vestige.web.bytes.app import bytes_app

    done: dict[tuple[str, str, str], str] = {}
    wrong: list[str] = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bytes_app()), base_url="http://localhost") as client:
        for who, session in sessions.items():
            cookie = {"Cookie": f"sessionid={session}"}
            for what, ref in world.recordings.items():
                before = await anyio.to_thread.run_sync(newest)
                sent = {"item": ref["item"], "reason": "a test"}
                begun = await client.post("/bytes/viewings", json=sent, headers={**OURS, **cookie})
                done["viewing", who, what] = {201: YES, 403: NO, 404: HIDDEN}[begun.status_code]
                if await anyio.to_thread.run_sync(outcome, before) != done["viewing", who, what]:
                    wrong.append(f"{who}, {what}: the log says otherwise than {begun.status_code}")
                if begun.status_code == 201 and (await client.get(begun.json()["url"], headers=cookie)).status_code != 200:
                    wrong.append(f"{who}, {what}: nothing is served")
                picture = (await client.get(f"/bytes/posters/{ref['id']}", headers=cookie)).status_code
                if RECORDINGS[what][0] is AccessClass.UNRESTRICTED:
                    done["poster", who, what] = {200: YES, 403: NO, 404: HIDDEN}[picture]
                elif picture not in {403, 404}:
                    wrong.append(f"{who}, {what}: a picture of what is not unrestricted")
        strangers = (f"/bytes/posters/{world.recordings['unrestricted']['id']}", f"/bytes/viewings/{uuid4()}/items/{uuid4()}")
        wrong += [f"a stranger at {where}" for where in strangers if (await client.get(where)).status_code != 404]
    return done, wrong


def test_strangers_are_led_to_the_sign_in_whatever_they_ask_for(world: World) -> None:
    client = Client(HTTP_HOST="localhost")
    for ref in (world.recordings["unrestricted"], ABSENT):
        for where, _ in PAGES_OF_ONE.values():
            answer = client.get(where.format(**ref))
            assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in")


COMMANDS = {
    "show": ["{item}"],
    "trail": ["{item}"],
    "log prove": ["{item}"],
    "correct": ["{recording}", "--reason", "a test", "--officer", "NOBODY"],
    "mark": ["{recording}"],
    "devices test": ["{recording}", "--undo"],
    "clip": ["{item}", "--from", "0:00", "--to", "0:01"],
    "redact": ["{item}", "--exemption", "b6"],
}
"""Commands that are about one recording, asked for in a way that changes nothing."""


@pytest.mark.parametrize("what", ["confidential", "sealed"])
def test_commands_end_as_the_matrix_says(world: World, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    done: dict[tuple[str, str, str], str] = {}
    numbers = {who: f"M{number}" for number, who in enumerate(PEOPLE)}
    for words, more in COMMANDS.items():
        for who in PEOPLE:
            before = newest()
            with pytest.raises(SystemExit) as ended:
                main(["--as", numbers[who], *words.split(), *(one.format(**world.recordings[what]) for one in more)])
            done[words, who, what] = outcome(before)
            assert (ended.value.code == 3) == (done[words, who, what] == NO), (words, who, capsys.readouterr().err)
            if done[words, who, what] == HIDDEN:
                assert ended.value.code == 1
    assert compared(done, {words: ACTS[words][0].permission for words in COMMANDS}) == []


def test_every_act_that_is_about_a_recording_is_walked() -> None:
    """Whatever finds a recording or an item by name for somebody stands in the walk; a plan of a redaction is found by its item."""
    import ast

    from tests.contracts.layers import SOURCE

    finding = {
        (path.stem, node.name)
        for path in (SOURCE / "actions").glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
        and any(
            isinstance(one, ast.Call) and getattr(one.func, "id", "") in {"find_item", "find_recording", "_found"} for one in ast.walk(node)
        )
    }
    walked = {
        (cast("SimpleNamespace", run.run).__module__.rpartition(".")[2], cast("SimpleNamespace", run.run).__name__)
        for run, _ in ACTS.values()
    }
    helpers = {("items", "find_item"), ("correcting", "_found"), ("redaction", "find"), ("viewing", "still")}
    assert finding - helpers == walked - {("viewing", "show_picture")}
    assert redaction.approve.permission is Permission.REDACTION_APPROVE
