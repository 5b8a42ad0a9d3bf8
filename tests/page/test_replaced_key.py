"""A package whose log's key was replaced: the page follows the statements from the key that the reader has, says so, and refuses forged ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.page.conftest import checked
from verifier.tests.writer import Key, Made, Plan, key, make

OLDER, OLD, STRANGER = (key(seed).private for seed in (71, 72, 73))


def statement(old: Key, new: Key, size: int = 1) -> str:
    text = f"Vestige log key succession, version 1\n{new.name}\n{size}\n{'A' * 43}=\n{old.vkey}\n{new.vkey}\n"
    return old.sign(text) + new.sign(text).rpartition("\n\n")[2]


def package(folder: Path, statements: Callable[[Key, Key, Key], list[str]]) -> tuple[Made, Key, Key]:
    """A package that says these statements (of the oldest key, the old one and the one that signs)."""
    plain = make(folder / "plain", Plan())
    new = plain.log.key
    older, old = Key(new.name, OLDER), Key(new.name, OLD)

    def said(manifest: Any) -> Any:
        return manifest | {"log": manifest["log"] | {"succession": statements(older, old, new)}}

    return make(folder / "package", Plan(edit_manifest=said)), older, old


def test_it_is_followed_from_every_key_that_the_log_had(
    reader: Callable[..., Page], program: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    made, older, old = package(tmp_path, lambda older, old, new: [statement(older, old), statement(old, new)])
    page = reader()
    for one in (older, old):
        for typed in (one.vkey, one.fingerprint):
            assert checked(page, made.folder, key=typed)["signer"] == "pinned"
            expect(page.locator("#answer")).to_contain_text("was replaced since")
        assert program(made.folder, key=one.vkey)["trusted_key"] == one.vkey
    assert checked(page, made.folder, key=made.vkey)["signer"] == "pinned"
    expect(page.locator("#answer")).to_contain_text("This is the key that you entered")
    checked(page, made.folder)
    expect(page.locator("#answer")).to_contain_text(f"Earlier fingerprints, which count as well: {older.fingerprint}; {old.fingerprint}")


@pytest.mark.parametrize(
    "lie",
    [
        lambda _older, old, new: [statement(old, new, size=1_000_000)],
        lambda older, old, new: [statement(old, new), statement(older, old)],
        lambda older, old, _new: [statement(older, old)],
        lambda _older, old, new: [statement(old, new).replace("\n1\n", "\n2\n")],
        lambda _older, old, new: [statement(old, new).replace("version 1", "version 2")],
        lambda _older, old, new: [statement(Key(old.name, STRANGER), new).replace(Key(old.name, STRANGER).vkey, old.vkey)],
        lambda _older, old, new: [statement(old, new).rpartition("\u2014")[0]],
        lambda _older, _old, _new: [],
        lambda _older, _old, _new: [""],
    ],
)
def test_statements_that_do_not_hold_are_refused_by_page_and_program(
    reader: Callable[..., Page], program: Callable[..., dict[str, Any]], tmp_path: Path, lie: Callable[[Key, Key, Key], list[str]]
) -> None:
    made, _, old = package(tmp_path, lie)
    page = reader()
    for typed in (old.vkey, made.vkey, ""):
        assert checked(page, made.folder, key=typed)["verdict"] == "refused"
        assert program(made.folder, key=typed)["verdict"] == "refused"
