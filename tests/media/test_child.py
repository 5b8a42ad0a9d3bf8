"""Parent and child: what is passed, what comes back, and what the parent believes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.budget import examples
from tests.media.worlds import AAD, KEY, Kept, hostile, plain, sealed
from tests.vault.sealing import noise

from vestige.errors import DiskFull, MediaFailed, RenderFailed, Tampered
from vestige.media import frames, shapes
from vestige.media.answers import ACCESSION, FACTS, check_answer
from vestige.media.limits import Limits
from vestige.media.sink import HEAD
from vestige.media.tasks import TASKS
from vestige.media.unseal import Unsealed
from vestige.media.worker import SourceFile
from vestige.vault.sealed import PLAIN, PLAIN_FIRST

SIZES = [0, 1, PLAIN_FIRST - 1, PLAIN_FIRST, PLAIN_FIRST + 1, PLAIN_FIRST + PLAIN, PLAIN_FIRST + PLAIN + 1, 2_500_000]


@pytest.fixture(scope="module")
def large() -> Iterator[SourceFile]:
    with sealed(_NOISE) as source:
        yield source


class TestUnsealing:
    @pytest.mark.parametrize("size", SIZES)
    def test_reads_what_the_vault_sealed(self, size: int) -> None:
        data = noise(size)
        with sealed(data) as source:
            opened = Unsealed(source.descriptor, KEY, AAD)
            assert opened.size == size
            assert opened.read() == data

    @settings(max_examples=examples(100), deadline=None)
    @given(st.integers(0, 2_500_000), st.integers(0, 1_200_000))
    def test_reads_at_any_place(self, large: SourceFile, offset: int, length: int) -> None:
        opened = Unsealed(large.descriptor, KEY, AAD)
        opened.seek(offset)
        assert opened.read(length) == _NOISE[offset : offset + length]

    def test_a_changed_byte_is_tampered(self) -> None:
        with sealed(noise(2_500_000)) as source:
            _flip(source, 1_500_000)
            with pytest.raises(Tampered, match="segment 2 of 3"):
                Unsealed(source.descriptor, KEY, AAD).read()

    @pytest.mark.parametrize("cut", [0, 10, 40, 55, 1 << 20, (1 << 20) + 15, 2_400_000])
    def test_a_cut_file_is_tampered_at_once(self, cut: int) -> None:
        with sealed(noise(2_500_000)) as source:
            os.ftruncate(source.descriptor, cut)
            with pytest.raises(Tampered):
                Unsealed(source.descriptor, KEY, AAD)

    def test_another_key_or_another_object_is_tampered(self) -> None:
        with sealed(noise(1000)) as source:
            for key, data in ((bytes(32), AAD), (KEY, AAD + b"/proxy")):
                with pytest.raises(Tampered):
                    Unsealed(source.descriptor, key, data)


class TestRun:
    def test_footage_goes_in_sealed_and_output_comes_back_in_order_with_patches(self) -> None:
        data, sink, told = noise(2_500_000), Kept(), list[float]()
        with sealed(data) as source:
            request = {"do": "copy", "patches": [[0, "ffff"], [HEAD - 1, "ee"]]}
            answer = hostile().run("hostile", request, source, sink=sink, model=b"weights", progress=told.append)
        expected = bytearray(data)
        expected[:2], expected[HEAD - 1 : HEAD] = b"\xff\xff", b"\xee"
        assert sink.data == expected
        assert answer.value == {"size": len(data), "model": 7}
        assert told[0] == 0.5

    def test_a_patch_beyond_the_head_is_refused_in_the_child(self) -> None:
        with plain(noise(2_500_000)) as source, pytest.raises(MediaFailed, match="in order"):
            hostile().run("hostile", {"do": "copy", "patches": [[HEAD, "ff"]]}, source, sink=Kept())

    def test_a_write_may_begin_behind_the_end_and_go_beyond_it(self) -> None:
        sink = Kept()
        with plain(b"0123456789") as source:
            hostile().run("hostile", {"do": "copy", "patches": [[8, "61626364"]]}, source, sink=sink)
        assert bytes(sink.data) == b"01234567abcd"

    def test_a_tampered_object_is_told_as_that(self) -> None:
        with sealed(noise(2_500_000)) as source:
            _flip(source, 1_500_000)
            with pytest.raises(Tampered, match="segment 2"):
                hostile().run("hostile", {"do": "copy"}, source, sink=Kept())

    def test_errors_of_a_task_keep_their_kind_and_their_words(self) -> None:
        with plain(b"") as source:
            with pytest.raises(RenderFailed, match="a block is not constant"):
                hostile().run("hostile", {"do": "raise", "what": "render"}, source)
            with pytest.raises(MediaFailed, match=r"^no$"):
                hostile().run("hostile", {"do": "raise", "what": "media"}, source)
            with pytest.raises(MediaFailed, match="KeyError") as caught:
                hostile().run("hostile", {"do": "raise", "what": "other"}, source)
        assert str(caught.value).isprintable()

    def test_the_sinks_own_failure_reaches_the_caller_and_ends_the_child(self) -> None:
        class Full(Kept):
            def write(self, data: bytes, /) -> int:
                raise DiskFull(f"no room for {len(data)} bytes")

        with plain(noise(5_000_000)) as source, pytest.raises(DiskFull):
            hostile().run("hostile", {"do": "copy"}, source, sink=Full())

    def test_the_serving_process_loads_no_decoder(self) -> None:
        program = "import sys, vestige.media.worker; print([m for m in ('av', 'numpy', 'onnxruntime', 'cryptography') if m in sys.modules])"
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(_SOURCE)})
        assert ran.stdout.strip() == "[]"

    def test_neither_key_nor_environment_is_shown_to_other_processes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VESTIGE_SECRET_WORD", "xyzzy")
        seen: list[bytes] = []
        started = subprocess.Popen

        class Watched(started):  # type: ignore[valid-type, misc]  # the real thing, looked at from outside
            def __init__(self, *args: object, **kwargs: object) -> None:
                super().__init__(*args, **kwargs)
                seen.extend(Path(f"/proc/{self.pid}/{name}").read_bytes() for name in ("cmdline", "environ"))

        monkeypatch.setattr(subprocess, "Popen", Watched)
        with sealed(b"x") as source:
            hostile().run("hostile", {"do": "copy"}, source, sink=Kept())
        assert len(seen) == 2
        for text in seen:
            assert b"xyzzy" not in text
            assert KEY.hex().encode() not in text
            assert KEY not in text


class TestLies:
    """The child is taken over: what it says is refused, and the parent goes on."""

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            (b"z\0\0\0\1x", "no answer"),
            (b"j\xff\xff\xff\xff", "no answer"),
            (b"p\0\0\0\5xxxxx", "no answer"),
            (b"w\0\x20\0\0", "no answer"),
            (b"j\0\0", "no answer"),
            (b"j\0\0\0\x10{", "without an answer"),
            (b"w\0\0\0\1x", "not asked for"),
            (b"s\0\0\0\x09\0\0\0\0\0\0\0\0x", "not asked for"),
            (b"j\0\0\0\1{", "no JSON"),
            (b"j\0\0\0\2[]", "how it was locked"),
        ],
    )
    def test_nonsense_on_the_wire(self, said: bytes, reason: str) -> None:
        with plain(b"") as source, pytest.raises(MediaFailed, match=reason):
            hostile().run("hostile", {"do": "say", "bytes": said.hex()}, source)

    @pytest.mark.parametrize(
        ("value", "reason"),
        [
            ({"locks": ["seccomp"], "answer": {"size": 1}, "more": 1}, "is none"),
            ({"locks": ["everything"], "answer": {"size": 1}}, "locked in"),
            ({"locks": [[]], "answer": {"size": 1}}, "locked in"),
            ({"locks": [], "answer": {"size": 1.0}}, "no integer"),
            ({"locks": [], "answer": {"size": True}}, "no integer"),
            ({"locks": [], "answer": {"size": -1}}, "no integer"),
            ({"locks": [], "answer": {"other": 1}}, "nobody asked for"),
            ({"locks": [], "answer": [1]}, "no object"),
            ({"locks": [], "answer": {"blobs": [{}]}}, "nobody asked for"),
        ],
    )
    def test_answers_that_are_none(self, value: object, reason: str) -> None:
        payload = json.dumps(value).encode()
        said = frames.JSON + len(payload).to_bytes(4, "big") + payload
        with plain(b"") as source, pytest.raises(MediaFailed, match=reason):
            hostile().run("hostile", {"do": "say", "bytes": said.hex()}, source)

    def test_deep_json_is_refused(self) -> None:
        payload = b"[" * 100_000
        said = frames.JSON + len(payload).to_bytes(4, "big") + payload
        with plain(b"") as source, pytest.raises(MediaFailed, match="no JSON"):
            hostile().run("hostile", {"do": "say", "bytes": said.hex(), "then": "stay"}, source)

    def test_half_a_frame_and_silence_ends_by_the_clock(self) -> None:
        with plain(b"") as source, pytest.raises(MediaFailed, match="within 1 seconds"):
            hostile(Limits(wall_seconds=1)).run("hostile", {"do": "say", "bytes": b"j\0\0\0\x10{".hex(), "then": "stay"}, source)

    def test_more_output_than_a_task_may_write_is_refused(self) -> None:
        sink = Kept()
        with plain(b"") as source, pytest.raises(MediaFailed, match="more than 5000000 bytes"):
            hostile(Limits(output=5_000_000)).run("hostile", {"do": "flood", "kind": "w"}, source, sink=sink)
        assert len(sink.data) <= 5_000_000

    def test_more_pictures_than_a_task_may_send_are_refused(self) -> None:
        with plain(b"") as source, pytest.raises(MediaFailed, match="more pictures"):
            hostile(Limits(blobs=3 << 20)).run("hostile", {"do": "flood", "kind": "b"}, source)

    def test_a_patch_of_what_is_sealed_is_refused(self) -> None:
        class Held(Kept):
            def patch(self, offset: int, data: bytes, /) -> None:
                raise ValueError(f"{offset}: {len(data)} bytes are sealed")

        said = frames.PATCH + (9).to_bytes(4, "big") + (1 << 40).to_bytes(8, "big") + b"x"
        with plain(b"") as source, pytest.raises(MediaFailed, match="sealed already"):
            hostile().run("hostile", {"do": "say", "bytes": said.hex()}, source, sink=Held())


class TestShapes:
    def test_every_task_has_its_form_and_its_bounds(self) -> None:
        assert {"accession", "check", "detect", "prepare", "proxy", "render"} <= TASKS.keys()
        for name, task in TASKS.items():
            assert 0 < task.limits.memory <= 8 << 30
            with pytest.raises(MediaFailed, match=name):
                check_answer(name, task.answer, {}, 0)

    @pytest.mark.parametrize(
        "broken",
        [
            {"kind": "film"},
            {"opens": 1},
            {"error": "x" * 501},
            {"error": "line\nbreak"},
            {"error": "\ud800"},
            {"error": "\0"},
            {"playable": None},
            {"duration_ms": -1},
            {"duration_ms": 1.0},
            {"duration_ms": 10**15},
            {"groups_decoded": 11},
            {"place": [0]},
            {"place": [900_000_001, 0]},
            {"place": [0, 0, 0]},
            {"device": {"owner": "x"}},
            {"streams": [{}]},
            {"streams": {}},
            {"container_time": True},
            {"surprise": 1},
            {"streams": [{"kind": "video", "codec": "h264", "rotation": 45}]},
            {"streams": [{"kind": "video", "codec": "h264", "rotation": False}]},
        ],
    )
    def test_facts_that_are_none(self, broken: dict[str, object]) -> None:
        FACTS(_FACTS, "")
        with pytest.raises(shapes.NotOfForm):
            FACTS(_FACTS | broken, "")

    @pytest.mark.parametrize("root", ["A" * 64, "a" * 63, "a" * 64 + "\n", "g" * 64, 5, None])
    def test_roots_that_are_none(self, root: object) -> None:
        index = {"version": 1, "samples": 1, "streams": 1}
        ACCESSION({"facts": _FACTS, "index": index | {"root": "a" * 64}}, "")
        with pytest.raises(shapes.NotOfForm):
            ACCESSION({"facts": _FACTS, "index": index | {"root": root}}, "")

    @settings(max_examples=examples(200), deadline=None)
    @given(st.text(max_size=3000))
    def test_cleaned_text_is_always_of_the_form(self, text: str) -> None:
        shapes.text(500)(shapes.clean(text), "")

    def test_a_list_of_integers_is_checked_whole(self) -> None:
        shape = shapes.integers(0, 9, 5)
        shape([0, 9], "")
        shape([], "")
        for wrong in ([10], [-1], [True], [1.0], ["1"], [0] * 6, (1,), None):
            with pytest.raises(shapes.NotOfForm):
                shape(wrong, "")


_FACTS: dict[str, object] = {
    "kind": "video", "opens": True, "error": "", "container": "mov", "mime": "video/mp4", "playable": True, "duration_ms": 1, "streams": [],
    "groups_sampled": 1, "groups_decoded": 1, "container_time": None, "telemetry_time": None, "device": {}, "place": None,
}  # fmt: skip
_SOURCE = Path(__file__).parents[2] / "src"
_NOISE = noise(2_500_000)


def _flip(source: SourceFile, at: int) -> None:
    byte = os.pread(source.descriptor, 1, at)
    os.pwrite(source.descriptor, bytes([byte[0] ^ 1]), at)
