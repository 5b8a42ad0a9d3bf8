from dataclasses import replace

import pytest
from tests.disclosure.packages import COURT, SHA, Page

from vestige.disclosure.certificate import CertifiedFile, certificate_html
from vestige.errors import Tampered
from vestige.evidence.values import Digest

FILE = CertifiedFile("2026-000017", "clip <1>.mp4", 12_345, 1_795_500_000_000, SHA, 1_795_500_788_123, SHA, "Vestige 0.1.0")


def words(console_acts: bool = False) -> str:  # noqa: FBT001, FBT002  # a test's own switch
    return " ".join(Page(certificate_html(replace(COURT, console_acts=console_acts), FILE)).text.split())


def test_it_is_a_draft_and_no_legal_advice() -> None:
    assert "DRAFT" in words()
    assert "Not signed" in words()
    assert "no legal advice" in words()


def test_it_names_the_data_the_tool_the_method_and_both_values() -> None:
    for part in ("Harbor Police", "2026-000017", "clip <1>.mp4", "12345 bytes", "Vestige 0.1.0", "SHA-256", str(COURT.id), str(COURT.item)):
        assert part in words()
    assert words().count(SHA.value) == 2
    assert "The two values are identical." in words()


def test_it_uses_the_words_of_the_law_for_within_and_outside_the_united_states() -> None:
    assert "902(13)" in words()
    assert "902(14)" in words()
    assert "28 U.S.C. 1746" in words()
    assert "I declare under penalty of perjury that the foregoing is true and correct." in words()
    assert (
        "I declare under penalty of perjury under the laws of the United States of America that the foregoing is true and correct."
        in words()
    )


def test_name_qualification_date_and_signature_are_left_blank() -> None:
    page = Page(certificate_html(COURT, FILE))
    blanks = [attributes for attributes in page.tags("div") if attributes.get("class") == "line"]
    assert len(blanks) == 6
    for label in ("Name:", "Training and experience that make me qualified:", "Executed on (date):", "Signature:"):
        assert label in page.text


def test_there_is_no_certificate_for_values_that_differ() -> None:
    with pytest.raises(Tampered, match="2026-000017"):
        replace(FILE, exported=Digest("00" * 32))


def test_a_home_whose_console_acts_for_people_says_so() -> None:
    assert "demonstrations and tests" in words(console_acts=True)
    assert "demonstrations and tests" not in words()
