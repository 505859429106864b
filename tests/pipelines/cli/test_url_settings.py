from pathlib import Path

import pytest

from data_prep.dependency_groups import MissingPackageError
from data_prep.errors import InputError
from data_prep.streaming import file_cache, object_storage
from data_prep.streaming.file_cache import default_cache
from pipelines.cli.align_schema import AlignConfig
from pipelines.cli.cache_schema import CacheConfig
from pipelines.cli.distillation_schema import DistillationConfig
from pipelines.cli.language_model_schema import LanguageModelConfig
from pipelines.cli.run_dir import check_unused
from pipelines.cli.schema import EvaluateConfig, ExportConfig, PrepareConfig, TrainConfig, TranscribeConfig
from pipelines.cli.url_settings import apply_url_settings


@pytest.fixture(autouse=True)
def keep_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_cache, "_default", file_cache._default)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (TrainConfig(init="gs://bucket/run"), "init"),
        (TrainConfig(decoder={"language_model": "s3://bucket/lm.arpa"}), "decoder.language_model"),
        (TrainConfig(augment={"noise_files": ["x.wav", "s3://bucket/noise"]}), "augment.noise_files"),
        (TrainConfig(teacher=["a", "s3://bucket/run"]), "teacher"),
        (TrainConfig(distillation=DistillationConfig(unlabelled="s3://bucket/clips")), "distillation.unlabelled"),
        (TrainConfig(augment={"recombine": {"alignments": "s3://b/a.jsonl"}}), "augment.recombine.alignments"),
        (LanguageModelConfig(transcripts="a", output="b", classes="s3://bucket/classes"), "classes"),
        (TrainConfig(cache=CacheConfig("s3://bucket/cache")), "cache.dir"),
        (TranscribeConfig(model="x", inputs="s3://bucket/talks", output_dir="out"), "inputs"),
        (AlignConfig(model="x", output="s3://bucket/out"), "output"),
    ],
)
def test_settings_that_must_be_on_a_disk_are_refused(config: object, name: str) -> None:
    with pytest.raises(InputError, match=rf"^{name}=\w+://.*: found a URL, expected a path on disk; docs/object"):
        apply_url_settings(config)


def test_a_run_directory_is_on_a_disk(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"hydra.run.dir=s3://bucket/run: found a URL"):
        check_unused(Path("s3://bucket/run"))


def test_stores_and_manifests_may_be_urls(tmp_path: Path) -> None:
    corpus = {"root": "s3://bucket/manifest.jsonl"}
    apply_url_settings(TrainConfig(corpus=corpus, store_dir="memory://x", cache=CacheConfig(str(tmp_path), 0.5)))
    assert (default_cache().folder, default_cache().max_bytes) == (tmp_path, 500_000_000)
    apply_url_settings(TrainConfig())
    assert default_cache().folder.name == "objects"
    assert default_cache().max_bytes == 20 * 10**9


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (PrepareConfig(output_dir="memory://x/out", shard=0, num_shards=2), "output_dir=memory://x/out: shards tell"),
        (EvaluateConfig(models=["a", "memory://b/c"]), "models=memory://b/c: .* give output_dir too"),
        (ExportConfig(model="memory://bucket/run"), "model=memory://bucket/run: .* give output_dir too"),
        (ExportConfig(model="ftp://bucket/run", output_dir="out"), "found a URL of kind ftp://"),
        (TranscribeConfig(model="x", inputs="a", output_dir="s3://me@b/x"), "found a user or a password in the URL"),
    ],
)
def test_urls_of_recognizers_and_outputs_are_checked(config: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        apply_url_settings(config)


def test_credentials_in_a_url_are_refused_without_showing_them() -> None:
    with pytest.raises(InputError, match="found a user or a password") as error:
        apply_url_settings(TrainConfig(store_dir="s3://me:secret@bucket/x"))
    assert "secret" not in str(error.value)


def test_a_missing_package_is_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_storage, "is_installed", lambda package: package != "gcsfs")
    with pytest.raises(MissingPackageError, match=r"gs:// needs the package gcsfs.*utterance-pipelines\[remote\]"):
        apply_url_settings(TrainConfig(store_dir="gs://bucket/x"))


def test_a_cache_holds_something() -> None:
    with pytest.raises(InputError, match=r"cache.max_gb must be above 0; found 0"):
        CacheConfig(max_gb=0)
