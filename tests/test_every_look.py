"""Every command that reads leaves an event; nothing can make the log expire."""

import ast
import dataclasses
import json
import re
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import typer.main

from tests.agency import Agency, make_agency
from tests.contracts.layers import ROOT
from vestige.actions import devices, intake
from vestige.actions.intake import Sent
from vestige.catalog.models import Event, Openings
from vestige.cli.main import MODULES, command_line, main
from vestige.config import Config
from vestige.custody.events import EventType
from vestige.errors import VestigeError
from vestige.jobs.duties import DUTIES

# Commands that read, what they are given beside the item, and the event that they leave.
READING: dict[str, tuple[list[str], EventType]] = {
    "agency show": ([], EventType.AGENCY_SHOWN),
    "devices faults": ([], EventType.DEVICE_LISTED),
    "devices list": ([], EventType.DEVICE_LISTED),
    "devices show": (["CAMERA"], EventType.DEVICE_SHOWN),
    "dock list": ([], EventType.DOCK_LISTED),
    "findings": ([], EventType.FINDING_LISTED),
    "fsck": ([], EventType.HOME_CHECKED),
    "items": ([], EventType.ITEM_LISTED),
    "log checkpoint": ([], EventType.LOG_READ),
    "log compare": (["ANCHOR"], EventType.HOME_CHECKED),
    "log prove": (["ITEM"], EventType.LOG_READ),
    "log publish": (["NEW"], EventType.LOG_PUBLISHED),
    "log review": ([], EventType.REVIEW_READ),
    "log witness list": ([], EventType.LOG_READ),
    "models list": ([], EventType.MODEL_LISTED),
    "people list": ([], EventType.PERSON_LISTED),
    "show": (["ITEM"], EventType.ITEM_SHOWN),
    "simulate check": (["REPORT"], EventType.ITEM_LISTED),
    "trail": (["ITEM"], EventType.TRAIL_READ),
}
ACTING = {
    *(
        "agency import",
        "approve",
        "backup",
        "clip",
        "correct",
        "devices add",
        "devices assign",
        "devices change",
        "devices fault",
        "devices import",
        "devices mend",
        "devices return",
        "devices test",
        "dock certificate",
        "dock connect",
        "dock revoke",
        "export",
        "ingest",
        "init",
        "join",
        "keys drill",
        "keys kit",
        "keys recover",
        "mark",
    ),
    *("keys revoke", "keys rotate", "log anchor", "log stamp", "log witness add", "log witness submit", "log witness withdraw", "migrate"),
    *("models install", "people add", "people grant", "people withdraw", "redact", "release", "render", "restore", "review"),
}
"""They change something or let something out: the door itself refuses one that ends without an event."""
NO_HOME = {
    "routes": "names addresses, and nothing of anybody",
    "upload": "calls a server, at which each file is an act of its own",
    "watch": "the same, or ingest's own act for each file",
    "serve": "answers others, whose looks are events",
    "simulate fleet": "what its docks do are events of the server that they send to; with a home, connecting and revoking a dock, and listing",
    "witness init": "a witness has no home and no evidence",
    "witness serve": "the same",
    "witness show": "the same",
    "witness trust": "the same",
}


def commands(command: object, words: tuple[str, ...] = ()) -> list[str]:
    below = getattr(command, "commands", None)
    return [" ".join(words)] if below is None else [one for name, sub in below.items() for one in commands(sub, (*words, name))]


def taken(agency: Agency, folder: Path) -> UUID:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes * 10)
    return intake.receive(agency.ports, agency.actor("evidence custodian"), Sent(path), lambda _: None).item


def opened(event: Event) -> dict[str, object]:
    return {name: one["value"] for name, one in json.loads(event.openings.fields).items()}


def test_every_command_is_one_that_reads_or_one_that_acts() -> None:
    assert sorted(commands(typer.main.get_command(command_line()))) == sorted([*READING, *ACTING, *NO_HOME])


def test_each_command_is_in_the_modules_that_are_named_for_it() -> None:
    everything = commands(typer.main.get_command(command_line()))
    alone = [one for word in MODULES for one in commands(typer.main.get_command(command_line(word))) if one.split()[0] == word]
    assert sorted(alone) == sorted(everything)


def test_every_command_that_reads_leaves_an_event_that_says_who_and_from_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agency = make_agency(tmp_path)
    item = taken(agency, tmp_path)
    devices.register(agency.ports, agency.actor("evidence custodian"), "CAM1")
    anchor = tmp_path / "anchor.txt"
    for role in ("auditor", "evidence custodian"):
        agency.actor(role)
    with pytest.raises(SystemExit):
        main(["--home", str(tmp_path / "home"), "--as", "EVIDENCE-CUSTODIAN", "log", "anchor", "--out", str(anchor)])
    (tmp_path / "report").write_text("")
    given = {
        "ITEM": str(item),
        "ANCHOR": str(anchor),
        "NEW": str(tmp_path / "published"),
        "REPORT": str(tmp_path / "report"),
        "CAMERA": "CAM1",
    }
    for words, (more, kind) in READING.items():
        before = Event.objects.order_by("-seq").values_list("seq", flat=True)[0]
        badge = "AUDITOR" if words in {"log review", "models list", "people list"} else "EVIDENCE-CUSTODIAN"
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(tmp_path / "home"), "--as", badge, *words.split(), *(given[one] for one in more)])
        assert ended.value.code == 0, (words, capsys.readouterr().err)
        found = list(Event.objects.filter(seq__gt=before, type=kind))
        assert found, f"{words} leaves no {kind}"
        fields = opened(found[-1])
        assert str(fields["address"]).startswith("console:"), words
        assert isinstance(fields["actor"], dict)
        assert fields["actor"]["name"].endswith(f"({badge})"), words
        assert fields["outcome"] == "success", words


def test_a_hundred_years_and_every_duty_take_nothing_from_the_log(tmp_path: Path) -> None:
    agency = make_agency(tmp_path)
    first = Event.objects.order_by("seq")[0]
    known = set(Event.objects.values_list("id", flat=True))
    for _ in range(2):
        agency.clock.at += 50 * 365 * 86_400_000
        for duty in DUTIES:
            try:
                if duty.due(agency.ports):
                    duty.run(agency.ports)
            except VestigeError as error:
                pytest.fail(f"{duty.name}: {error}")
    assert known <= set(Event.objects.values_list("id", flat=True))
    assert Openings.objects.count() == Event.objects.count()
    assert opened(first)["outcome"] == "success"


def test_no_setting_and_no_command_speaks_of_an_end_of_the_log() -> None:
    words = re.compile(r"expir|retain|retention|purge|prune|vacuum|max_age|trim|forget|keep_days")
    names = [field.name for field in dataclasses.fields(Config)] + commands(typer.main.get_command(command_line()))
    assert [name for name in names if words.search(name)] == []


def test_no_code_deletes_or_changes_entries() -> None:
    """No statement of ours names the log's tables to delete or update them, and no query of the models does; the triggers say so themselves."""
    wrong = []
    for path in sorted((ROOT / "src" / "vestige").rglob("*.py")):
        text = path.read_text()
        if re.search(r"(DELETE FROM|UPDATE|TRUNCATE)\s+catalog_(event|openings|sequenced|checkpoint|fulltile|cosignature|stamp)\b", text):
            wrong.append(path.name)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute) and node.attr in {"delete", "update"}:
                said = ast.unparse(node.value)
                if re.search(r"\b(Event|Openings|Sequenced|Checkpoint|FullTile|Cosignature|Stamp)\.objects", said):
                    wrong.append(f"{path.name}: {said}")
    assert wrong == []
