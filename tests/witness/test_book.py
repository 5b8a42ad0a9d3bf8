"""The witness's folder and its HTTP: statuses to the letter, one checkpoint a log, nothing forked, whoever asks at once."""

import asyncio
import multiprocessing
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.custody.signing import Signer, checkpoint, leaves, root, signer
from tests.forking import command

from vestige.custody.cosignatures import Cosignature, pick
from vestige.custody.signed_notes import COSIGNATURE, ED25519, parse_checkpoint, parse_note
from vestige.custody.submission import SIZE_TYPE, write
from vestige.custody.tree import consistency_proof, subtrees
from vestige.errors import BadInput, Fault, NotFound
from vestige.witness.app import MOST_BYTES, application
from vestige.witness.book import Answer, Book

LOG, OTHER = signer("log.example/one", ED25519), signer("log.example/two", ED25519)
NOW = 1_790_000_000


@pytest.fixture
def book(tmp_path: Path) -> Book:
    book = Book.create(tmp_path / "witness", "clerk.example/w1")
    book.trust(str(LOG.key))
    return book


def body(old: int, some: list[bytes], log: Signer = LOG) -> bytes:
    proof = [] if old in (0, len(some)) else consistency_proof(old, len(some), subtrees(some))
    return write(old, proof, checkpoint(log, some))


def ask(book: Book, old: int, some: list[bytes], log: Signer = LOG) -> Answer:
    return book.receive(body(old, some, log), lambda: NOW)


def cosigned(book: Book, answer: Answer, some: list[bytes]) -> Cosignature:
    assert answer.status == 200, answer
    return pick(answer.body, parse_note(checkpoint(LOG, some)).text, book.key)


def size(book: Book, log: Signer = LOG) -> int | None:
    note = book.newest(log.key.name)
    return parse_checkpoint(note.text).size if note else None


def test_the_key_is_its_owners_alone_and_stays(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    book = Book.create(folder)
    assert stat.S_IMODE((folder / "key").stat().st_mode) == 0o600
    assert Book.open(folder).key == book.key
    assert book.key.algorithm == COSIGNATURE
    assert "seed" not in repr(book).replace("_seed", "")
    with pytest.raises(BadInput, match="never overwritten"):
        Book.create(folder)
    (folder / "key").chmod(0o644)
    with pytest.raises(BadInput, match="others"):
        Book.open(folder)
    with pytest.raises(NotFound, match="witness init"):
        Book.open(tmp_path / "none")
    with pytest.raises(BadInput, match="cannot be a witness's name"):
        Book.create(tmp_path / "x", "the clerk")


def test_logs_are_trusted_by_their_verifier_keys_once(book: Book) -> None:
    book.trust(str(LOG.key))
    book.trust(str(OTHER.key))
    assert book.logs() == [LOG.key, OTHER.key]
    with pytest.raises(BadInput, match="log's key"):
        book.trust(str(book.key))
    with (book.folder / "logs").open("a") as out:
        out.write("rubbish\n")
    with pytest.raises(BadInput, match="no verifier key"):
        book.logs()


def test_a_log_that_grows_is_cosigned_and_only_its_newest_checkpoint_is_kept(book: Book) -> None:
    mine, before = leaves(40), 0
    for now in (1, 2, 5, 5, 8, 33, 40):
        assert cosigned(book, ask(book, before, mine[:now]), mine[:now]).time == NOW
        before = now
        assert size(Book.open(book.folder)) == now
    assert len(list((book.folder / "newest").iterdir())) == 1
    old = ask(book, 8, mine[:33])
    assert (old.status, old.kind, old.body) == (409, SIZE_TYPE, "40\n")


def test_a_log_whose_key_was_replaced_is_cosigned_once_the_new_key_is_trusted_and_not_before(book: Book) -> None:
    mine, renewed = leaves(12), signer(LOG.key.name, ED25519, "another seed")
    ask(book, 0, mine[:8])
    assert ask(book, 8, mine, renewed).status == 403
    book.trust(str(renewed.key))
    answer = ask(book, 8, mine, renewed)
    assert answer.status == 200, answer
    assert size(book) == 12
    other = leaves(8) + leaves(6, "other")
    assert ask(book, 12, other, renewed).status == 422


def test_a_fork_is_refused_and_both_checkpoints_are_kept(book: Book) -> None:
    mine, other = leaves(8), leaves(8, "other")
    ask(book, 0, mine)
    assert (ask(book, 8, other).status, ask(book, 8, other + leaves(2)).status) == (409, 422)
    assert size(book) == 8
    kept = [path.read_text() for path in (book.folder / "refused").iterdir()]
    assert len(kept) == 2
    assert all(checkpoint(LOG, mine) in text for text in kept)
    assert any(checkpoint(LOG, other) in text for text in kept)
    assert ask(book, 3, mine).status == 409
    assert len(list((book.folder / "refused").iterdir())) == 2


def test_strangers_are_told_so_and_leave_nothing(book: Book) -> None:
    assert ask(book, 0, leaves(3), OTHER).status == 404
    forged = Signer(LOG.key, OTHER.sign)
    assert ask(book, 0, leaves(3), forged).status == 403
    assert book.receive(b"old 0\n", lambda: NOW).status == 400
    assert list((book.folder / "newest").iterdir()) == list((book.folder / "refused").iterdir()) == []


def test_a_damaged_record_is_never_taken_for_none(book: Book) -> None:
    ask(book, 0, leaves(3))
    [path] = (book.folder / "newest").iterdir()
    path.write_text("x")
    with pytest.raises(Fault, match="cosigns nothing"):
        ask(book, 0, leaves(1))


def test_one_of_many_at_once_wins_and_the_record_never_goes_back(book: Book) -> None:
    mine = leaves(64)
    forks = [mine, *(mine[:n] + leaves(64 - n, f"fork{n}") for n in range(1, 16))]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda some: ask(book, 0, some), forks))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 15
    won = forks[[answer.status for answer in answers].index(200)]
    note = book.newest(LOG.key.name)
    assert note is not None
    assert parse_checkpoint(note.text).root == root(won)


def _race(folder: str, seed: int) -> list[tuple[int, str]]:
    """In a process of its own: try to have a branch cosigned; what was."""
    book, mine, at, won = Book.open(Path(folder)), leaves(40, f"branch{seed}"), 0, []
    for now in range(1, 41):
        answer = ask(book, at, mine[:now])
        if answer.status == 200:
            won.append((now, root(mine[:now]).hex()))
            at = now
    return won


def test_two_processes_on_one_folder_never_cosign_two_histories(book: Book) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        results = pool.starmap(_race, [(str(book.folder), 1), (str(book.folder), 2)])
    assert sorted(map(len, results)) == [0, 40]


def client(book: Book) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(application(book, lambda: NOW)), base_url="http://w")


def test_http_says_what_the_specification_says(book: Book) -> None:
    async def talk() -> None:
        async with client(book) as http:
            mine = leaves(9)
            first = await http.post("/add-checkpoint", content=body(0, mine[:4]))
            assert (first.status_code, first.headers["content-type"]) == (200, "text/plain; charset=utf-8")
            assert pick(first.text, parse_note(checkpoint(LOG, mine[:4])).text, book.key).time == NOW
            conflict = await http.post("/add-checkpoint", content=body(0, mine))
            assert (conflict.status_code, conflict.headers["content-type"], conflict.text) == (409, "text/x.tlog.size", "4\n")
            assert (await http.post("/add-checkpoint", content=body(4, mine))).status_code == 200
            assert (await http.post("/add-checkpoint", content=body(9, leaves(12, "x")))).status_code == 422
            assert (await http.post("/add-checkpoint", content=body(0, mine, OTHER))).status_code == 404
            assert (await http.post("/add-checkpoint", content=b"x")).status_code == 400
            assert (await http.post("/add-checkpoint", content=bytes(MOST_BYTES + 1))).status_code == 413
            assert (await http.get("/add-checkpoint")).status_code == 405
            page = (await http.get("/")).text
            assert str(book.key) in page
            assert "\n9\n" in page

    asyncio.run(talk())


def test_a_folder_that_cannot_be_written_cosigns_nothing(book: Book) -> None:
    async def talk() -> int:
        async with client(book) as http:
            return (await http.post("/add-checkpoint", content=body(0, leaves(2)))).status_code

    (book.folder / "newest").rmdir()
    assert asyncio.run(talk()) == 503


def test_the_commands_make_trust_and_show(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}

    def vestige(*words: str) -> tuple[int, str]:
        done = command("--json", "witness", *words, "--dir", str(tmp_path / "w"), env=environment)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    assert vestige("show")[0] == 1
    assert vestige("init", "--name", "clerk.example/w1")[0] == 0
    assert vestige("init")[0] == 2
    assert vestige("trust", str(LOG.key))[0] == 0
    assert vestige("trust", "rubbish")[0] == 2
    code, shown = vestige("show")
    assert code == 0
    assert "clerk.example/w1+" in shown
    assert '"size": null' in shown


def test_the_witness_loads_nothing_of_the_homes_database() -> None:
    look = "import sys, vestige.witness.app; print(sorted({'django', 'av', 'vestige.actions', 'vestige.catalog'} & set(sys.modules)))"
    environment = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
