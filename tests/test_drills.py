"""What was lost, one drill each, as an administrator does it from `docs/backup.md` and `docs/keys.md`: by the command line, and by what it says."""

import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import tlog_reader
from tests.forking import command

ITEMS = 6


@dataclass(frozen=True)
class Site:
    """A home in use: what its backup holds, what came in after it, and the papers that lie elsewhere."""

    folder: Path
    items: tuple[str, ...]
    late: str

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def keyring(self) -> Path:
        return self.folder / "home.keyring"

    @property
    def backup(self) -> Path:
        return self.folder / "backup"

    @property
    def anchor(self) -> Path:
        return self.folder / "anchor.txt"

    def shares(self) -> list[str]:
        """Two of the three pages, as options."""
        pages = sorted((self.folder / "kit").glob("share-*"))[1:]
        return [word for page in pages for word in ("--share", str(page))]


def vestige(home: Path, *words: str, code: int = 0) -> str:
    """Run it as a person does; everything it said. Fails on another exit status than `code`."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "VESTIGE_HOME"}}
    done = command("--home", str(home), *words, env=environment)
    said = done.stdout + done.stderr
    assert "Traceback" not in said, said
    assert done.returncode == code, said
    return said


def listed(home: Path) -> set[str]:
    """The items that the home knows."""
    return {json.loads(line)["item"] for line in vestige(home, "items", "--json", "--as", "C1").splitlines() if line.startswith("{")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Six items and a backup; then one more, and an anchor that somebody printed."""
    folder = tmp_path_factory.mktemp("site")
    home = folder / "home"
    vestige(home, "init", "--admin", "A1", "--console-acts", "--kit-dir", str(folder / "kit"))
    vestige(home, "people", "add", "C1", "Cee", "--role", "evidence custodian")
    card, late = folder / "card", folder / "late"
    for place in (card, late):
        place.mkdir()
    for n in range(ITEMS):
        (card / f"{n}.bin").write_bytes(os.urandom(5_000) + bytes([n]))
    (late / "late.bin").write_bytes(b"after the backup")
    vestige(home, "ingest", str(card), "--as", "C1")
    items = tuple(sorted(listed(home)))
    vestige(home, "backup", str(folder / "backup"))
    vestige(home, "ingest", str(late), "--as", "C1")
    [after] = listed(home) - set(items)
    vestige(home, "log", "publish", str(folder / "site"))
    vestige(home, "log", "anchor", "--out", str(folder / "anchor.txt"), "--as", "A1")
    assert len(items) == ITEMS
    return Site(folder, items, after)


@pytest.fixture
def site(made: Site, tmp_path: Path) -> Site:
    """A copy of it all, to lose something of."""
    shutil.copytree(made.folder, tmp_path / "site")
    return Site(tmp_path / "site", made.items, made.late)


def opens(site: Site, home: Path, item: str, out: str) -> None:
    """The item's package can be made, and its file is the one that was on the card."""
    vestige(home, "export", item, "--out", str(site.folder / out), "--as", "C1")
    [file] = (site.folder / out / "data" / "footage").iterdir()
    assert file.read_bytes() in {path.read_bytes() for folder in ("card", "late") for path in (site.folder / folder).iterdir()}


def test_the_keyring_is_lost(site: Site) -> None:
    site.keyring.unlink()
    said = vestige(site.home, "fsck", code=1)
    assert "there is no keyring" in said
    assert "keys recover" in said
    said = vestige(site.home, "keys", "recover", *site.shares(), "--to", str(site.keyring))
    assert "holds the keys of this home again; nothing is lost" in said
    assert "no fault found" in vestige(site.home, "fsck", "--anchor", str(site.anchor))
    assert listed(site.home) == {*site.items, site.late}
    opens(site, site.home, site.late, "out")


def test_the_database_is_lost(site: Site) -> None:
    vestige(site.home, "log", "publish", str(site.home / "log"))  # as the process beside the server keeps it
    for path in site.home.glob("catalog.sqlite3*"):
        path.unlink()
    vestige(site.home, "fsck", code=4)
    new, newest = site.folder / "new", site.home / "log" / "checkpoint"
    said = vestige(new, "restore", str(site.backup), "--keyring", str(site.keyring), "--newer", str(newest))
    assert "nothing older than the backup is lost" in said
    [lost] = re.findall(r"LOST: (\d+) entries that were made after the backup, up to entry (\d+) of the old log", said)
    assert int(lost[0]) > 0
    assert int(lost[1]) == int(newest.read_text().splitlines()[1])
    assert listed(new) == set(site.items)
    assert "no fault found" in vestige(new, "fsck", "--anchor", str(site.anchor))
    assert "were lost, as the restore says" in vestige(new, "log", "compare", str(site.anchor))
    opens(site, new, site.items[0], "out")


def test_the_tiles_are_lost(site: Site) -> None:
    vestige(site.home, "log", "publish", str(site.home / "log"))
    shutil.rmtree(site.home / "log")
    assert "no fault found" in vestige(site.home, "fsck", "--anchor", str(site.anchor))
    vestige(site.home, "log", "publish", str(site.home / "log"))
    before, again = (tlog_reader.read(tlog_reader.from_folder(place)) for place in (site.folder / "site", site.home / "log"))
    assert again.entries[: before.size] == before.entries
    assert "no fault found" in vestige(site.home, "fsck")
    spoilt = site.home / "log" / "checkpoint"
    spoilt.write_text(spoilt.read_text()[:-20])
    assert str(spoilt) in vestige(site.home, "fsck", code=1)
    shutil.rmtree(site.home / "log")
    vestige(site.home, "log", "publish", str(site.home / "log"))
    assert "no fault found" in vestige(site.home, "fsck")


def test_a_third_of_the_vault_is_lost(site: Site) -> None:
    def key_file(item: str) -> Path:
        return site.home / "keys" / item[-2:] / f"{item}.key"

    def sealed(item: str) -> Path:
        name = json.loads(key_file(item).read_text())["object"]
        return site.home / "vault" / "objects" / name[-2:] / name

    gone, short, keyless = site.items[:3]
    sealed(gone).unlink()
    sealed(short).write_bytes(sealed(short).read_bytes()[:100])
    key_file(keyless).unlink()
    assert all(item in vestige(site.home, "fsck", code=1) for item in (gone, short, keyless))
    said = vestige(site.home, "restore", str(site.backup), "--repair")
    assert "3 items did not open and were put back; nothing is lost" in said
    assert "no fault found" in vestige(site.home, "fsck")
    for item in (gone, short, keyless):
        opens(site, site.home, item, f"out-{item}")
    sealed(gone).unlink()
    sealed(site.late).unlink()
    said = vestige(site.home, "restore", str(site.backup), "--repair", code=1)
    assert "LOST: 1 items are not in the backup: they came in after it" in said
    assert f"item {site.late}: not in the backup" in said
    assert f"item {gone}: put back" in said
    assert [line for line in vestige(site.home, "fsck", code=1).splitlines() if ": " in line and site.late in line]
    assert listed(site.home) == {*site.items, site.late}


def test_the_whole_machine_is_lost(site: Site) -> None:
    shutil.rmtree(site.home)
    site.keyring.unlink()
    new, keyring = site.folder / "new", site.folder / "back.keyring"
    said = vestige(new, "restore", str(site.backup), "--newer", str(site.anchor), code=1)
    assert "there is no keyring" in said
    vestige(new, "keys", "recover", *site.shares(), "--sealed", str(site.backup / "recovery" / "keyring.sealed"), "--to", str(keyring))
    said = vestige(new, "restore", str(site.backup), "--keyring", str(keyring), "--newer", str(site.anchor))
    assert "nothing older than the backup is lost" in said
    assert re.search(r"LOST: \d+ entries that were made after the backup", said)
    assert listed(new) == set(site.items)
    assert "no fault found" in vestige(new, "fsck", "--anchor", str(site.anchor))
    for n, item in enumerate(site.items):
        opens(site, new, item, f"out{n}")
