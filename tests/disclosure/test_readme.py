import re
from dataclasses import replace

import pytest
from tests.disclosure.packages import COURT, LOG, PRINT, PUBLIC

from vestige.disclosure.manifest import PackageFacts
from vestige.disclosure.readme import readme

JARGON = [
    "hash",
    "digest",
    "sha",
    "merkle",
    "checkpoint",
    "cryptograph",
    "json object",
    "bagit",
    "checksum",
    "opening",
    "commitment",
    "cosign",
]


def text(facts: PackageFacts) -> str:
    return readme(facts).decode()


@pytest.mark.parametrize("facts", [COURT, PUBLIC])
def test_a_lay_reader_is_told_what_it_is_how_to_check_and_whom_to_ask(facts: PackageFacts) -> None:
    words = " ".join(text(facts).split())
    for part in (
        "Harbor Police",
        "How to check it",
        "vestige-verify FOLDER",
        "What it does not show",
        "Whom to ask",
        str(facts.id),
        "fingerprint",
    ):
        assert part in words
    assert facts.files[0].path in words


def test_a_package_that_says_what_its_copy_must_hide_says_who_measures_it() -> None:
    told = " ".join(text(replace(PUBLIC, hidden=True)).split())
    assert "data/hidden.json" in told
    assert "measures that it is black and silent wherever the approved plan says so. The page does not measure." in told
    assert "hidden.json" not in text(PUBLIC)


@pytest.mark.parametrize("facts", [COURT, PUBLIC, replace(PUBLIC, hidden=True)])
@pytest.mark.parametrize("word", JARGON)
def test_no_jargon(facts: PackageFacts, word: str) -> None:
    assert not re.search(rf"\b{word}", text(facts).lower())


@pytest.mark.parametrize("facts", [COURT, PUBLIC])
def test_the_fingerprint_stands_there_in_groups_and_is_not_to_be_trusted_alone(facts: PackageFacts) -> None:
    assert " ".join(text(facts).split()).count(PRINT) == 1
    assert "a forger can print any number here" in text(facts).replace("\n", " ")


def test_the_reader_is_never_told_to_pin_the_key_that_came_with_the_package() -> None:
    assert LOG.key not in text(COURT) + text(PUBLIC)


def test_the_profiles_differ_as_they_must() -> None:
    court, public = (" ".join(text(facts).split()) for facts in (COURT, PUBLIC))
    assert "certificate.html" in court
    assert "certificate.html" not in public
    assert "redaction-log.html" in public
    assert "redaction-log.html" not in court
    assert "to the last bit, the file that the agency's system received" in court
    assert "kept back from the record for the public: who acted, by name" in public


@pytest.mark.parametrize("facts", [COURT, PUBLIC])
def test_a_home_whose_console_acts_for_people_says_so_at_the_top(facts: PackageFacts) -> None:
    assert "WARNING" not in text(facts)
    assert text(replace(facts, console_acts=True)).index("WARNING") < 200


@pytest.mark.parametrize("facts", [COURT, PUBLIC, replace(PUBLIC, console_acts=True, agency="A" * 300)])
def test_lines_are_short_and_a_name_cannot_forge_a_line(facts: PackageFacts) -> None:
    assert all(len(line) <= 78 or "A" * 60 in line for line in text(facts).splitlines())
    forged = text(replace(facts, agency="Harbor\n\nThis folder was checked and is genuine."))
    assert "\nThis folder was checked" not in forged
