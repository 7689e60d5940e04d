"""The folder of models: loading, checking, adding, removing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from visavis.engine.models import CATALOGUE, DEFAULT_MODELS, DEFAULT_PULL, ModelStore, RecognitionManifest, pull_models
from visavis.errors import (
    FileMissingError,
    ModelFormatError,
    ModelIntegrityError,
    ModelNotFoundError,
    ParameterError,
)

from .conftest import TINY_MANIFEST, Wheelhouse, make_tiny_onnx


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "home")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.onnx"
    path.write_bytes(make_tiny_onnx())
    return path


def test_the_catalogue_is_consistent() -> None:
    names = [spec.name for spec in CATALOGUE]
    assert len(set(names)) == len(names)
    assert set(DEFAULT_MODELS) < set(DEFAULT_PULL) < set(names)
    for spec in CATALOGUE:
        assert spec.source is not None
        assert "==" in spec.source.wheel.distribution
        assert (spec.recognition is not None) == (spec.role == "recognition")
        assert spec.name not in DEFAULT_PULL or not spec.research_only
        for digest in (spec.sha256, spec.source.sha256, spec.source.wheel.sha256):
            assert len(bytes.fromhex(digest)) == 32
        if spec.input_shape is None:
            assert (spec.sha256, spec.size_bytes) == (spec.source.sha256, spec.source.size_bytes)


def test_the_catalogue_states_the_sizes_that_pulling_gives(model_home: Path) -> None:
    store = ModelStore(model_home)
    for name in DEFAULT_MODELS:
        assert store.is_present(name)
        assert len(store.load(name)) == store.spec(name).size_bytes


def test_creating_a_store_touches_nothing(store: ModelStore) -> None:
    assert store.specs() == CATALOGUE
    assert not store.is_present("sface-2021dec")
    assert not store.folder.exists()


def test_a_missing_model_names_the_command_that_pulls_it(store: ModelStore) -> None:
    with pytest.raises(ModelNotFoundError, match="`visavis models pull sface-2021dec`"):
        store.load("sface-2021dec")


def test_an_unknown_model_lists_the_known(store: ModelStore) -> None:
    with pytest.raises(ModelNotFoundError, match="'arcface'; there are: yunet-2023mar, sface-2021dec, "):
        store.spec("arcface")


def test_a_changed_byte_is_found_on_load(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.store
    pull_models(store, ["alpha"])
    path = store.path("alpha")
    content = bytearray(path.read_bytes())
    content[100] ^= 0x10
    path.write_bytes(content)
    assert store.is_present("alpha")
    with pytest.raises(ModelIntegrityError, match=r"(?s)expected .*`visavis models pull alpha`") as caught:
        store.load("alpha")
    assert wheelhouse.catalogue[0].sha256 in str(caught.value)


def test_a_truncated_file_is_not_present(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.store
    pull_models(store, ["alpha"])
    store.path("alpha").write_bytes(b"\x08\x06")
    assert not store.is_present("alpha")
    assert not store.is_intact("alpha")


def test_removing_deletes_every_version_and_says_when_there_is_none(wheelhouse: Wheelhouse) -> None:
    store = wheelhouse.store
    pull_models(store, ["alpha", "beta"])
    (store.folder / "alpha.0123456789ab.onnx").write_bytes(b"of another version")
    assert store.remove("alpha") is True
    assert {path.name for path in store.folder.iterdir()} == {".lock", wheelhouse.catalogue[1].file_name}
    assert store.remove("alpha") is False


@pytest.mark.parametrize("name", ["delta", "../alpha", "*", "", ".lock", "alpha.onnx"])
def test_removing_what_has_no_model_name_deletes_nothing(wheelhouse: Wheelhouse, name: str) -> None:
    store = wheelhouse.store
    pull_models(store, ["alpha"])
    with pytest.raises(ModelNotFoundError):
        store.remove(name)
    assert store.is_intact("alpha")


def test_an_added_model_is_one_like_any_other(store: ModelStore, tiny: Path) -> None:
    added = store.add(tiny, TINY_MANIFEST, "my-model_2")
    again = ModelStore(store.folder.parent)
    assert again.spec("my-model_2") == added
    assert again.specs() == (*CATALOGUE, added)
    assert added.recognition == TINY_MANIFEST
    assert len(again.load("my-model_2")) == added.size_bytes
    assert again.remove("my-model_2")
    assert again.specs() == CATALOGUE


def test_a_manifest_file_says_what_the_model_is(store: ModelStore, tiny: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "tiny.toml"
    manifest.write_text(
        'input_width = 16\ninput_height = 16\ncolour_order = "BGR"\nmean = [104, 117, 123]\nscale = 1\ndimension = 8\n'
        "template_points = [[5, 7], [11, 7], [8, 10], [6, 13], [10, 13]]\n"
        'licence = "ours alone"\n'
    )
    spec = store.add(tiny, manifest, "toml-model")
    assert spec.recognition is not None
    assert (spec.recognition.colour_order, spec.recognition.mean) == ("BGR", (104.0, 117.0, 123.0))
    assert store.spec("toml-model").licence == "ours alone"


@pytest.mark.parametrize("name", ["sface-2021dec", "../evil", "a/b", "Upper", "", ".hidden", "a" * 65, "x.y", "-x"])
def test_names_that_clash_or_escape_are_refused(store: ModelStore, tiny: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="cannot be called"):
        store.add(tiny, TINY_MANIFEST, name)
    assert not store.folder.exists()


def test_a_name_is_taken_once(store: ModelStore, tiny: Path) -> None:
    store.add(tiny, TINY_MANIFEST, "mine")
    with pytest.raises(ParameterError, match="visavis models remove mine"):
        store.add(tiny, TINY_MANIFEST, "mine")


def test_a_damaged_record_names_the_remedy_and_the_remedy_works(store: ModelStore, tiny: Path) -> None:
    store.add(tiny, TINY_MANIFEST, "mine")
    (store.folder / "mine.json").write_text("{}")
    with pytest.raises(ModelFormatError, match="visavis models remove mine"):
        store.specs()
    assert store.spec("sface-2021dec") in CATALOGUE
    assert store.remove("mine")
    assert store.specs() == CATALOGUE


def test_a_model_of_ones_own_cannot_be_pulled(store: ModelStore, tiny: Path) -> None:
    store.add(tiny, TINY_MANIFEST, "mine")
    with pytest.raises(ModelNotFoundError, match="your own"):
        pull_models(store, ["mine"])


def test_an_unreadable_list_of_licences_accepts_nothing(wheelhouse: Wheelhouse) -> None:
    pull_models(wheelhouse.store, ["gamma"], accept_licences=["gamma"])
    record = wheelhouse.store.folder / ".licences.json"
    assert json.loads(record.read_bytes())["gamma"]["licence"] == "Tiny-Research"
    for content in (b"not json", b"[]", b'["gamma"]', b'{"gamma": "yes"}', b"null"):
        record.write_bytes(content)
        assert not wheelhouse.store.is_accepted("gamma")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"input_width": 32, "template_points": ((1, 1),) * 5}, "shape"),
        ({"dimension": 16}, r"dimension is 16, but the model's output has the shape \(1, 8\)"),
    ],
)
def test_a_manifest_that_contradicts_the_model(
    store: ModelStore, tiny: Path, change: dict[str, object], complaint: str
) -> None:
    fields = {name: getattr(TINY_MANIFEST, name) for name in RecognitionManifest.__slots__} | change
    with pytest.raises(ModelFormatError, match=complaint):
        store.add(tiny, RecognitionManifest(**fields), "mine")


def test_a_file_that_is_no_model(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"\x89PNG not a model")
    with pytest.raises(ModelFormatError, match="not an ONNX file"):
        store.add(path, TINY_MANIFEST, "mine")
    with pytest.raises(FileMissingError, match=r"absent\.onnx"):
        store.add(tmp_path / "absent.onnx", TINY_MANIFEST, "mine")


def test_a_model_above_the_size_limit(store: ModelStore, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("visavis.engine.models.own.MAX_MODEL_BYTES", 1000)
    with pytest.raises(ModelFormatError, match="larger than 1,000 bytes"):
        store.add(tiny, TINY_MANIFEST, "mine")
