from importlib import resources

import pytest

from vestige.errors import BadInput
from vestige.policy.load import load_pack, packs, read_pack

POLICY = load_pack("us-federal")


@pytest.mark.parametrize("spelled", ["b6", "(b)(6)", "B6", "b(6)", " b6 "])
def test_an_exemption_is_found_however_it_is_spelled(spelled: str) -> None:
    assert POLICY.exemption(spelled).code == "(b)(6)"


@pytest.mark.parametrize("spelled", ["b7C", "(b)(7)(C)", "b(7)(c)", "B7c"])
def test_a_paragraph_with_a_letter_too(spelled: str) -> None:
    assert POLICY.exemption(spelled).code == "(b)(7)(C)"


@pytest.mark.parametrize("spelled", ["", "b7", "b10", "x6", "privacy", "b6b"])
def test_an_unknown_exemption_is_refused_with_the_known_ones(spelled: str) -> None:
    with pytest.raises(BadInput, match=r"\(b\)\(6\)"):
        POLICY.exemption(spelled)


def test_a_category_carries_its_access_class() -> None:
    assert POLICY.category("Use of Force").access_class == "restricted"
    with pytest.raises(BadInput, match="uncategorized"):
        POLICY.category("picnic")


def test_every_value_has_a_source_with_its_status() -> None:
    values = [*POLICY.categories.values(), *POLICY.exemptions.values()]
    assert all(value.source.authority and value.source.status for value in values)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("access_class: restricted", "access_class: secret"), "categories/"),
        (("status: agency choice", "status: sure"), "categories/"),
        (("name: uncategorized", "name: something else"), "needs the category"),
        (("version: 1", "version: one"), "version"),
        (("title:", "titel:"), "its top"),
        (('code: "(b)(1)"', 'code: "(b)(2)"'), "twice"),
        (("pack: us-federal", "pack: [us-federal"), "no YAML"),
    ],
)
def test_a_wrong_pack_is_refused_naming_the_place(change: tuple[str, str], place: str) -> None:
    text = resources.files("vestige.policy").joinpath("packs", "us-federal.yaml").read_text()
    with pytest.raises(BadInput, match=place):
        read_pack(text.replace(*change))


def test_an_unknown_pack_is_refused() -> None:
    assert packs() == ("us-federal",)
    with pytest.raises(BadInput, match="us-federal"):
        load_pack("mars")
