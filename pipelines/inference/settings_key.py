"""Keys of results: equal keys mean that recognising again would give the same result."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from data_prep.store.content_hash import content_hash
from pipelines.cli.schema import ClassifyConfig, EvaluateConfig, TranscribeConfig
from pipelines.inference.chosen_models import chosen_models
from recognizers.bundle.layout import files_of

#: Part of every result's key. Increase it when the same content, model and settings give different results.
RESULTS_VERSION = 2
#: Settings that do not change a result: where things are, and how results are computed and written.
#: What is read of the media is part of their own key.
NOT_IN_KEY = (
    *("model", "models", "inputs", "output_dir", "overwrite", "formats", "batch_size", "num_workers"),
    *("encoding", "channel", "audio_stream", "shard", "num_shards", "cache"),
)


def settings_key(cfg: ClassifyConfig | TranscribeConfig) -> str:
    """Hash everything besides the inputs that affects results: the model's files and the settings not in NOT_IN_KEY.

    Raises:
        InputError: A file of the model, or a language model, cannot be read.
    """
    return hash_settings(cfg, {name: value for name, value in asdict(cfg).items() if name not in NOT_IN_KEY})


def hash_settings(cfg: ClassifyConfig | TranscribeConfig | EvaluateConfig, settings: Mapping[str, Any]) -> str:
    """Hash settings, with the contents of the model's files and of the decoder's language model."""
    decoder = dict(settings.get("decoder") or {})
    if decoder.get("language_model"):
        decoder["language_model"] = content_hash(Path(decoder["language_model"]))
        settings = {**settings, "decoder": decoder}
    model = [content_hash(file) for path in chosen_models(cfg) for file in files_of(path, cfg.runtime)]
    hashed = [RESULTS_VERSION, model, settings]
    return hashlib.blake2b(json.dumps(hashed, sort_keys=True).encode(), digest_size=16).hexdigest()


def result_key(media_key: str, settings_key: str) -> str:
    """Return the key of a result: a hash of the media's key and of the settings."""
    return hashlib.blake2b(f"{media_key} {settings_key}".encode(), digest_size=16).hexdigest()
