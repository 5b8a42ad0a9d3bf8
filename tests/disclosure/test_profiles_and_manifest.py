import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.disclosure.packages import COURT, PUBLIC, SHA

from vestige.custody.canonical import canonical, parse
from vestige.custody.events import FIELDS as ENTRY_FIELDS
from vestige.disclosure.manifest import PackedFile, bag_info, manifest
from vestige.disclosure.profiles import FIELDS, Profile, field_words, opened_fields, withheld_fields, withheld_words
from vestige.errors import BadInput

DOCS = Path(__file__).parents[2] / "docs"


def test_the_fields_are_those_of_an_entry() -> None:
    assert FIELDS == ENTRY_FIELDS


def test_court_opens_all_and_withholds_nothing() -> None:
    assert opened_fields(Profile.COURT) == FIELDS
    assert withheld_words(Profile.COURT) == ()


def test_public_opens_the_four_that_the_format_page_names() -> None:
    sentence = re.search(r"Every profile opens at least (.*?)\. `court`", (DOCS / "package-format.md").read_text())
    assert sentence
    assert set(opened_fields(Profile.PUBLIC)) == set(re.findall(r"`(\w+)`", sentence[1]))


def test_every_field_is_opened_or_named_as_withheld() -> None:
    for profile in Profile:
        assert sorted(opened_fields(profile) + withheld_fields(profile)) == list(FIELDS)
        assert [word.partition(": ")[0] for word in withheld_words(profile)] == list(withheld_fields(profile))


def test_a_name_that_is_no_field_has_no_words() -> None:
    with pytest.raises(ValueError, match="weather"):
        field_words("weather")


def test_the_manifest_has_the_keys_of_the_format_page_and_survives_its_canonical_form() -> None:
    for facts in (COURT, PUBLIC):
        value = manifest(facts)
        shape = re.search(r"`(\{\"format\":\"vestige-package/2\".*?\})`\.\n", (DOCS / "package-format.md").read_text(), re.DOTALL)
        assert shape
        outer = re.sub(r"\{[^{}]*\}", "", shape[1][1:-1])
        assert set(re.findall(r'"(\w+)":', outer)) == set(value)
        assert parse(canonical(value)) == value


def test_the_manifest_says_what_the_package_is() -> None:
    value = manifest(PUBLIC)
    assert value["profile"] == "public"
    assert value["files"] == [
        {"item": str(PUBLIC.item), "of": "rendered", "path": "data/footage/redacted.mp4", "sha256": SHA.value, "size": 999}
    ]
    assert value["withheld"] == list(withheld_words(Profile.PUBLIC))
    assert manifest(replace(PUBLIC, console_acts=True))["console_acts"] is True


@pytest.mark.parametrize(
    "path",
    [
        "footage/a.mp4",
        "data/footage/",
        "data/footage/../a",
        "data/footage/./a",
        "/data/footage/a",
        "data/footage/a\\b",
        "data/footage/a\nb",
    ],
)
def test_footage_outside_its_folder_is_refused(path: str) -> None:
    with pytest.raises(BadInput, match="data/footage"):
        PackedFile(path, COURT.item, SHA, 1, "original")


def test_a_package_without_footage_or_with_a_path_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="without footage"):
        replace(COURT, files=())
    with pytest.raises(BadInput, match="same path"):
        replace(COURT, files=COURT.files * 2)


def test_no_value_of_the_bag_can_begin_a_line_of_its_own() -> None:
    info = bag_info(replace(COURT, agency="Harbor\r\nExternal-Identifier: forged"), "Vestige\n1")
    assert set(info) == {"Bag-Software-Agent", "Bagging-Date", "External-Identifier", "Source-Organization"}
    assert not any("\n" in value or "\r" in value for value in info.values())
    assert info["Bagging-Date"] == "2026-11-24"
    assert info["External-Identifier"] == str(COURT.id)
