"""The recovery kit: any k of n shares open the sealed copy, fewer or others open nothing, and what was typed by hand is read."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples

from vestige.errors import BadInput, Fault, NotFound
from vestige.evidence.home import SharePage
from vestige.evidence.values import uuid7
from vestige.vault import provider, shares
from vestige.vault.kit import Kit, SealedCopy, cut, joined, kit_id

HOME = uuid7()
PAGE = SharePage("Sample agency", "0123 4567 89ab cdef", "2026-11-24")


def entry(kit: Kit) -> dict[str, Any]:
    return {"keks": {"kek-1": "11" * 32}, "current": "kek-1", "log_key": "22" * 32, "kit": kit.encode()}


def copy(folder: Path, kit: Kit) -> SealedCopy:
    sealed = SealedCopy(folder / "recovery" / "keyring.sealed")
    sealed.write(HOME, entry(kit))
    return sealed


@settings(max_examples=examples(200), deadline=None)
@given(st.integers(2, 5).flatmap(lambda n: st.tuples(st.integers(2, n), st.just(n))), st.randoms())
def test_any_k_of_n_shares_in_any_order_give_the_secret_back_and_fewer_do_not(numbers: tuple[int, int], chance: Any) -> None:
    threshold, count = numbers
    new = cut(threshold, count, 7)
    assert new.kit.facts.id == kit_id(new.kit.public)
    chosen = chance.sample(new.words, threshold)
    assert provider.public_x25519(joined(chosen)) == new.kit.public
    with pytest.raises(BadInput, match=f"takes {threshold} different shares"):
        joined([*chosen[:-1], *chosen[: threshold - 1]])


def test_more_shares_than_needed_are_no_mistake() -> None:
    new = cut(2, 3, 0)
    assert joined(new.words) == joined(new.words[:2])


@pytest.mark.parametrize(("threshold", "count"), [(1, 1), (1, 3), (4, 3), (2, 17), (0, 0)])
def test_numbers_that_make_no_kit_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(BadInput, match="is none"):
        cut(threshold, count, 0)


def test_a_misspelt_word_and_a_share_of_another_kit_are_named() -> None:
    one, other = cut(2, 3, 0), cut(2, 3, 0)
    words = one.words[0].split()
    wrong = " ".join([*words[:10], "academic" if words[10] != "academic" else "acid", *words[11:]])
    with pytest.raises(BadInput, match="share 2 of those given is misspelt"):
        joined([one.words[1], wrong])
    with pytest.raises(BadInput, match="share 1 of those given"):
        joined(["no words of any kit", one.words[0]])
    with pytest.raises(BadInput, match="not of one kit"):
        joined([one.words[0], other.words[1]])
    with pytest.raises(BadInput, match="no share"):
        joined([])


def test_two_shares_of_three_open_the_copy_and_it_holds_the_keyring(tmp_path: Path) -> None:
    new = cut(2, 3, 5)
    sealed = copy(tmp_path, new.kit)
    for pair in itertools.combinations(new.words, 2):
        assert sealed.open(pair) == (HOME, entry(new.kit))
    text = sealed.path.read_text()
    assert "11" * 32 not in text
    assert sealed.head() == {"v": 1, "home": str(HOME), "kit": new.kit.facts.id, "keks": ["kek-1"]}
    assert sealed.path.stat().st_mode & 0o777 == 0o600


def test_shares_of_a_kit_that_was_replaced_open_nothing_newer(tmp_path: Path) -> None:
    old, new = cut(2, 3, 0), cut(2, 3, 0)
    copy(tmp_path, old.kit)
    sealed = copy(tmp_path, new.kit)
    with pytest.raises(BadInput, match="replaced"):
        sealed.open(old.words[:2])


def test_a_copy_that_was_changed_or_is_missing_or_none_is_told(tmp_path: Path) -> None:
    new = cut(2, 3, 0)
    sealed = copy(tmp_path, new.kit)
    whole = json.loads(sealed.path.read_text())
    for name, value in (("keks", ["kek-2"]), ("home", str(uuid7())), ("sealed", whole["sealed"][:-2] + "00"), ("sealed", "00")):
        sealed.path.write_text(json.dumps({**whole, name: value}))
        with pytest.raises(Fault, match="damaged"):
            sealed.open(new.words[:2])
    for text in ("", "[]", "{}", json.dumps({**whole, "sealed": "zz"}), json.dumps({**whole, "home": "x"})):
        sealed.path.write_text(text)
        with pytest.raises(Fault, match="no sealed copy"):
            sealed.open(new.words[:2])
    sealed.path.unlink()
    with pytest.raises(NotFound, match="no sealed copy"):
        sealed.head()


def test_each_share_is_a_page_for_its_holder_and_is_read_back(tmp_path: Path) -> None:
    new = cut(2, 3, 0)
    folder = tmp_path / "kit"
    shares.write(folder, new, HOME, PAGE)
    names = ["HAND-THESE-OUT.txt", *(f"share-{n}-of-3.txt" for n in (1, 2, 3))]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    pages = [folder / name for name in names[1:]]
    read = shares.read(pages)
    assert [share.words for share in read] == list(new.words)
    assert {share.fingerprint for share in read} == {PAGE.fingerprint}
    text = pages[0].read_text()
    for said in ("SHARE 1 OF 3", "any 2 of the 3", PAGE.agency, str(HOME), new.kit.facts.id, PAGE.day):
        assert said in text
    assert max(map(len, text.splitlines())) <= 100
    assert new.words[1].split()[8] not in (folder / "HAND-THESE-OUT.txt").read_text().split()


def test_bare_words_typed_by_hand_are_a_share_too(tmp_path: Path) -> None:
    new = cut(2, 2, 0)
    typed = tmp_path / "typed.txt"
    typed.write_text("\n".join(f"{n} {word.upper()}," for n, word in enumerate(new.words[0].split(), 1)))
    [share] = shares.read([typed])
    assert (share.words, share.fingerprint) == (new.words[0], None)


def test_shares_are_never_put_beside_others_and_a_missing_one_is_told(tmp_path: Path) -> None:
    shares.write(tmp_path / "kit", cut(2, 2, 0), HOME, PAGE)
    with pytest.raises(BadInput, match="not empty"):
        shares.write(tmp_path / "kit", cut(2, 2, 0), HOME, PAGE)
    with pytest.raises(BadInput, match="No such file"):
        shares.read([tmp_path / "nowhere"])
