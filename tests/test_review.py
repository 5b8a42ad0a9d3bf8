"""The weekly review of a real home: read from the log, signed by somebody whom it does not concern, missed as a finding."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from tests.agency import Agency, make_agency
from vestige.actions import correcting, intake, people, review, viewing
from vestige.actions.intake import Sent
from vestige.actions.items import show_item
from vestige.catalog.models import Event, Openings, Recording, Review
from vestige.errors import BadInput, NotFound, Refused
from vestige.evidence.items import FindingKind
from vestige.evidence.people import Actor, system
from vestige.evidence.reviews import RowKind

_DAY = 86_400_000


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return make_agency(tmp_path)


def taken(agency: Agency, folder: Path, category: str = "uncategorized", officer: Actor | None = None) -> UUID:
    path = folder / f"{uuid4()}.bin"
    path.write_bytes(uuid4().bytes * 10)
    sent = Sent(path, category=category, officer="OFFICER" if officer else None)
    return intake.receive(agency.ports, agency.actor("evidence custodian"), sent, lambda _: None).item


def week(agency: Agency) -> str:
    return review.list_weeks(agency.ports, agency.actor("auditor"))[0].week


def kinds(sheet: review.Sheet) -> list[RowKind]:
    return [row.kind for row in sheet.rows]


def week_of_everything(agency: Agency, tmp_path: Path) -> str:
    """A week with something of everything, and over: its name."""
    officer = agency.actor("officer")
    restricted = taken(agency, tmp_path, "use of force", officer)
    viewing.start(agency.ports, officer, str(restricted), "my report")
    agency.clock.at += _DAY // 2  # from 13:33 to 01:33
    viewing.start(agency.ports, agency.actor("redactor"), str(restricted), "late")
    people.sign_in_failed(agency.ports, system("sign-in"), "192.0.2.7", agency.clock.at, 12)
    with pytest.raises(Refused):
        people.list_people(agency.ports, officer)
    agency.clock.at -= _DAY // 2
    show_item(agency.ports, agency.actor("auditor"), str(restricted))
    found = week(agency)
    agency.clock.at += 7 * _DAY
    return found


@pytest.fixture
def busy(agency: Agency, tmp_path: Path) -> str:
    return week_of_everything(agency, tmp_path)


def test_what_stands_out_is_read_from_the_log_and_not_from_the_tables(either_database: str, tmp_path: Path) -> None:
    assert either_database
    agency = make_agency(tmp_path)
    busy = week_of_everything(agency, tmp_path)
    sheet = review.read(agency.ports, agency.actor("auditor"), busy)
    assert kinds(sheet) == [RowKind.CLOCK, RowKind.FAILED_SIGN_INS, RowKind.OFF_DUTY, RowKind.OWN_RESTRICTED, RowKind.REFUSED]
    by_kind = {row.kind: row for row in sheet.rows}
    assert by_kind[RowKind.FAILED_SIGN_INS].count == 12
    assert by_kind[RowKind.OWN_RESTRICTED].who == f"person:{agency.actor('officer').id}"
    assert by_kind[RowKind.OFF_DUTY].who == f"person:{agency.actor('redactor').id}"
    Recording.objects.update(officer=None, access_class="unrestricted")
    assert review.read(agency.ports, agency.actor("auditor"), busy).rows == sheet.rows
    last = Event.objects.order_by("-seq")[0]
    assert (last.type, last.object_kind, last.object_id) == ("review:read", "week", busy)


def test_whose_a_recording_was_when_it_was_viewed_is_what_counts(agency: Agency, tmp_path: Path) -> None:
    officer, custodian = agency.actor("officer"), agency.actor("evidence custodian")
    restricted, plain = taken(agency, tmp_path, "use of force", officer), taken(agency, tmp_path, officer=officer)
    viewing.start(agency.ports, custodian, str(restricted), "a partner's")
    for item in (restricted, plain):
        viewing.start(agency.ports, officer, str(item), "my report")
    before = review.read(agency.ports, agency.actor("auditor"), week(agency)).rows
    correcting.correct(agency.ports, custodian, str(restricted), "the badge was a partner's", officer="EVIDENCE-CUSTODIAN")
    correcting.correct(agency.ports, custodian, str(plain), "the badge was a partner's", officer="EVIDENCE-CUSTODIAN")
    rows = review.read(agency.ports, agency.actor("auditor"), week(agency)).rows
    assert rows == before, "nobody gets out of the list, or into it, by a correction afterwards"
    assert [(row.who, row.count) for row in rows if row.kind is RowKind.OWN_RESTRICTED] == [(f"person:{officer.id}", 1)]


def test_whose_a_recording_is_follows_its_correction(agency: Agency, tmp_path: Path) -> None:
    officer, supervisor = agency.actor("officer"), agency.actor("supervisor")
    restricted = taken(agency, tmp_path, "use of force", officer)
    correcting.correct(agency.ports, agency.actor("evidence custodian"), str(restricted), "the badge was a partner's", officer="SUPERVISOR")
    viewing.start(agency.ports, supervisor, str(restricted), "my report")
    found = week(agency)
    agency.clock.at += 7 * _DAY
    [row] = [one for one in review.read(agency.ports, agency.actor("auditor"), found).rows if one.kind is RowKind.OWN_RESTRICTED]
    assert row.who == f"person:{supervisor.id}"


def test_it_is_signed_with_a_note_and_the_signature_binds_the_list(agency: Agency, busy: str) -> None:
    supervisor = agency.actor("supervisor")
    sheet = review.read(agency.ports, supervisor, busy)
    signed = review.sign(agency.ports, supervisor, busy, " looked into all of it ", sheet.digest)
    assert (signed.digest, signed.own, signed.note) == (sheet.digest, 0, "looked into all of it")
    after = review.read(agency.ports, supervisor, busy)
    assert after.state.complete
    assert [(one.signature.name, one.same) for one in after.signed] == [(supervisor.name, True)]
    assert list(agency.ports.catalog.faults()) == []
    [event] = Event.objects.filter(type="review:signed")
    assert json.loads(event.openings.fields)["data"]["value"]["set"][0]["columns"]["digest"] == sheet.digest
    with pytest.raises(BadInput, match="have signed"):
        review.sign(agency.ports, supervisor, busy, "again")


def test_a_list_that_reads_otherwise_later_is_said_to(agency: Agency, busy: str) -> None:
    supervisor = agency.actor("supervisor")
    review.sign(agency.ports, supervisor, busy, "seen")
    agency.clock.at -= 7 * _DAY  # a clock set back: what is written now bears a time of the week that is signed
    with pytest.raises(Refused):
        people.list_people(agency.ports, agency.actor("officer"))
    agency.clock.at += 7 * _DAY
    [one] = review.read(agency.ports, supervisor, busy).signed
    assert not one.same


def test_other_rules_than_those_of_the_signature_do_not_make_it_another_list(agency: Agency, busy: str, tmp_path: Path) -> None:
    from vestige.assembly import open_home

    review.sign(agency.ports, agency.actor("supervisor"), busy, "seen")
    settings = tmp_path / "home" / "settings.toml"
    settings.write_text(settings.read_text() + 'duty_hours = "00:00-24:00"\n')
    ports = open_home(tmp_path / "home", now=agency.clock).ports
    sheet = review.read(ports, agency.actor("supervisor"), busy)
    assert RowKind.OFF_DUTY not in kinds(sheet)
    assert [one.same for one in sheet.signed] == [True]


def test_a_changed_signature_is_a_fault(agency: Agency, busy: str) -> None:
    review.sign(agency.ports, agency.actor("supervisor"), busy, "seen")
    Review.objects.update(note="seen nothing")
    assert any("note" in fault.what for fault in agency.ports.catalog.faults())


def test_nobody_signs_a_review_that_concerns_their_own_acts_only(agency: Agency) -> None:
    auditor, other = agency.actor("auditor"), agency.actor("supervisor")
    with pytest.raises(Refused):
        people.add(agency.ports, auditor, "X1", "Somebody", [])
    found = week(agency)
    agency.clock.at += 8 * _DAY
    with pytest.raises(Refused, match="somebody else must sign"):
        review.sign(agency.ports, auditor, found, "it was me")
    assert review.sign(agency.ports, other, found, "asked them").own == 0


def test_rows_about_the_signer_take_a_second_signature(agency: Agency) -> None:
    auditor, other = agency.actor("auditor"), agency.actor("supervisor")
    for actor in (auditor, other):
        with pytest.raises(Refused):
            people.add(agency.ports, actor, "X1", "Somebody", [])
    found = week(agency)
    agency.clock.at += 8 * _DAY
    assert review.sign(agency.ports, auditor, found, "seen").own == 1
    assert not review.read(agency.ports, other, found).state.complete
    review.sign(agency.ports, other, found, "seen too")
    assert review.read(agency.ports, other, found).state.complete


def test_what_cannot_be_signed_says_why(agency: Agency, busy: str) -> None:
    for note, digest, words in (("", "", "takes a note"), ("x" * 2001, "", "takes a note"), ("seen", "0" * 64, "the list changed")):
        with pytest.raises(BadInput, match=words):
            review.sign(agency.ports, agency.actor("supervisor"), busy, note, digest)


def test_weeks_that_are_not_over_or_not_there_are_not_signed(agency: Agency) -> None:
    supervisor = agency.actor("supervisor")
    with pytest.raises(BadInput, match="is not over"):
        review.sign(agency.ports, supervisor, week(agency), "too early")
    for other in ("2020-W01", "2030-W01"):
        with pytest.raises(NotFound):
            review.read(agency.ports, supervisor, other)


def test_others_neither_read_nor_sign(agency: Agency) -> None:
    for role in ("officer", "redactor", "administrator", "evidence custodian"):
        with pytest.raises(Refused):
            review.list_weeks(agency.ports, agency.actor(role))
        with pytest.raises(Refused):
            review.sign(agency.ports, agency.actor(role), "2026-W38", "seen")


def test_a_week_not_signed_after_seven_days_is_a_finding_that_ends_with_its_signature(agency: Agency) -> None:
    found = week(agency)
    ends = review.list_weeks(agency.ports, agency.actor("auditor"))[0].ends
    agency.clock.at = ends + 7 * _DAY - 1000
    assert not review.is_due(agency.ports)
    agency.clock.at = ends + 7 * _DAY
    assert review.is_due(agency.ports)
    assert review.remind(agency.ports, system("review")) == [found]
    assert not review.is_due(agency.ports)
    [open_] = [one for one in agency.ports.catalog.findings(closed=False) if one.kind is FindingKind.REVIEW_UNSIGNED]
    assert open_.detail == f"the review of week {found} is not signed, seven days after its end"
    review.sign(agency.ports, agency.actor("supervisor"), found, "late, but seen")
    [closed] = [one for one in agency.ports.catalog.findings(closed=True) if one.kind is FindingKind.REVIEW_UNSIGNED]
    assert closed.end_reason == f"signed by {agency.actor('supervisor').name}"
    assert not review.is_due(agency.ports)


def test_an_entry_without_openings_is_for_fsck_and_does_not_stop_the_review(agency: Agency, busy: str) -> None:
    from vestige.catalog import triggers

    with triggers.lifted(["catalog_openings"]):
        Openings.objects.filter(event__type="person:sign_in_failed").delete()
    sheet = review.read(agency.ports, agency.actor("auditor"), busy)
    [row] = [one for one in sheet.rows if one.kind is RowKind.FAILED_SIGN_INS]
    assert row.words == "failed sign-ins from unknown"
    assert any("openings" in fault.what for fault in agency.ports.catalog.faults())
