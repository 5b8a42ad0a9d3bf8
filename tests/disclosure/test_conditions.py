from dataclasses import replace
from itertools import combinations

import pytest

from vestige.disclosure.conditions import EXPORT, RELEASE, AllOf, ExportFacts, NotQuarantined, ReleaseFacts
from vestige.errors import Refused, Tampered, VestigeError
from vestige.evidence.values import Digest

A, B, C = Digest("aa" * 32), Digest("bb" * 32), Digest("cc" * 32)
GOOD = ReleaseFacts(
    plan=A,
    approved=A,
    author="ana",
    approver="bo",
    renderer="ana",
    releaser="cy",
    rendered=B,
    recomputed=B,
    watched=B,
    quarantined=False,
)
NONE: AllOf[ReleaseFacts] = AllOf(())
WRONG: dict[str, tuple[dict[str, object], type[VestigeError], str]] = {
    "nobody approved": ({"approved": None, "approver": None}, Refused, "not approved"),
    "the author approved": ({"approver": "ana"}, Refused, "its own author"),
    "another plan was approved": ({"approved": C}, Refused, "another form of the plan"),
    "quarantined": ({"quarantined": True}, Refused, "quarantined"),
    "nobody watched": ({"watched": None}, Refused, "watched"),
    "the author releases": ({"releaser": "ana"}, Refused, "someone else"),
    "the renderer releases": ({"renderer": "cy"}, Refused, "someone else"),
    "another copy was watched": ({"watched": C}, Refused, "not the copy"),
    "the copy changed": ({"recomputed": C}, Tampered, "no longer the one"),
}


def changed(**columns: object) -> ReleaseFacts:
    return replace(GOOD, **columns)  # type: ignore[arg-type]


def test_a_copy_with_everything_in_order_may_go() -> None:
    RELEASE.require(GOOD)


@pytest.mark.parametrize("case", WRONG)
def test_one_thing_wrong_and_it_stays(case: str) -> None:
    columns, error, reason = WRONG[case]
    with pytest.raises(error, match=reason):
        RELEASE.require(changed(**columns))


@pytest.mark.parametrize("pair", list(combinations(WRONG, 2)))
def test_two_wrongs_make_no_right(pair: tuple[str, str]) -> None:
    with pytest.raises((Refused, Tampered)):
        RELEASE.require(changed(**(WRONG[pair[0]][0] | WRONG[pair[1]][0])))


def test_each_condition_is_needed() -> None:
    for left_out in RELEASE.conditions:
        others = AllOf([one for one in RELEASE.conditions if one is not left_out])
        assert any(_passes(others, changed(**columns)) for columns, _, _ in WRONG.values()), left_out


def test_no_conditions_refuse_everything() -> None:
    with pytest.raises(Refused, match="without a condition"):
        NONE.require(GOOD)


def test_compositions_compose() -> None:
    AllOf([RELEASE, NotQuarantined()]).require(GOOD)
    with pytest.raises(Refused, match="without a condition"):
        AllOf([RELEASE, NONE]).require(GOOD)


def test_an_original_leaves_only_as_it_came() -> None:
    EXPORT.require(ExportFacts(A, A))
    with pytest.raises(Tampered, match="taken in"):
        EXPORT.require(ExportFacts(A, B))


def _passes(conditions: AllOf[ReleaseFacts], facts: ReleaseFacts) -> bool:
    try:
        conditions.require(facts)
    except VestigeError:
        return False
    return True
