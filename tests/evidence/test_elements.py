"""A long list is read out of a JSON object one element at a time, and says the same as reading it whole."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.evidence.elements import elements

_PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
VALUES = st.recursive(_PLAIN, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=3), one, max_size=3), max_leaves=8)


@settings(max_examples=examples(300))
@given(st.lists(VALUES, max_size=5), st.dictionaries(st.text(max_size=4), VALUES, max_size=3), st.sampled_from((None, 2)))
def test_the_same_as_the_whole(wanted: list[object], more: dict[str, object], indent: int | None) -> None:
    value = {**more, "List": wanted}
    assert list(elements(json.dumps(value, indent=indent), "List")) == wanted


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"List": {}}', '{"List": [1', '{"List": [1,]}', '{"List": [1] "x": 2}', "{1: 2}"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        list(elements(text, "List"))


@pytest.mark.parametrize("behind", [" x", ",", "]"])
def test_what_stands_behind_the_end_is_refused(behind: str) -> None:
    with pytest.raises(ValueError, match="behind its end"):
        list(elements('{"List": [1]}' + behind, "List"))
