"""Add a trained recognizer to those that come with the package; its model card is written by hand.

python -m recognizers.pretrained.add RUN NAME [--int8]
python -m recognizers.pretrained.checksums   # after writing or editing the card
"""

import argparse
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file, save_file

from data_prep.atomic import atomic_folder, write_json
from data_prep.errors import InputError
from recognizers import pretrained
from recognizers.bundle.layout import EXPORT_NAME, NETWORK_NAMES, RECORD_NAME, WEIGHTS_NAME, folder_of
from recognizers.bundle.spec import LANGUAGE_MODEL_NAME, SPEC_NAME, RecognizerSpec, read_spec, write_spec
from recognizers.bundle.weights import load_bundle
from recognizers.pretrained.checksums import record_checksums
from recognizers.runtime.onnx_network import load_exported

#: Entries of a bundle that are of no use elsewhere.
LEFT_OUT = ("git_commit", "versions")
#: What this module writes into the folder of a recognizer, and replaces when it is added again.
WRITTEN = (SPEC_NAME, WEIGHTS_NAME, LANGUAGE_MODEL_NAME, EXPORT_NAME)


def add(source: Path, name: str, int8: bool = False) -> None:
    """Copy a bundle with weights of half precision, and record the checksums of its files.

    The scale of the features keeps its precision, because mean and deviation may be large. A recognizer of that name is
    replaced, all but its model card.

    Args:
        source: The bundle, or the run directory that contains it.
        name: Name of the recognizer in the package.
        int8: Whether to add the exported network in int8, so that it recognises without PyTorch.

    Raises:
        InputError: There is no bundle or, with `int8`, no export with an int8 network, or one is damaged.
    """
    spec = load_bundle(source).spec
    if int8:
        load_exported(source, "onnx_int8", num_threads=1)
    weights = load_file(folder_of(source, "torch") / WEIGHTS_NAME)
    halved = {key: value if "standardize" in key else value.half() for key, value in weights.items()}
    folder = pretrained.FOLDER / name
    with atomic_folder(folder) as partial:
        if folder.is_dir():
            shutil.copytree(folder, partial, ignore=shutil.ignore_patterns(*WRITTEN), dirs_exist_ok=True)
        write_spec(partial, _without_origin(spec))
        save_file(halved, partial / WEIGHTS_NAME)
        if int8:
            _copy_int8(folder_of(source, "onnx_int8"), partial / EXPORT_NAME)
    record_checksums([name])


def _copy_int8(export: Path, folder: Path) -> None:
    """Copy an export without its float32 network, which is four times as large."""
    folder.mkdir()
    name = NETWORK_NAMES["onnx_int8"]
    shutil.copyfile(export / name, folder / name)
    write_spec(folder, _without_origin(read_spec(export / SPEC_NAME)))
    record = json.loads((export / RECORD_NAME).read_text(encoding="utf-8"))
    kept = {key: value for key, value in record.items() if key not in LEFT_OUT}
    write_json(folder / RECORD_NAME, kept | {"networks": {name: record["networks"][name]}})


def _without_origin(spec: RecognizerSpec) -> RecognizerSpec:
    return replace(spec, training={key: value for key, value in spec.training.items() if key not in LEFT_OUT})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", metavar="RUN", type=Path, help="directory of a finished training, or a bundle")
    parser.add_argument("name", metavar="NAME", help="name of the recognizer in the package")
    parser.add_argument("--int8", action="store_true", help="add the exported network in int8, to run without PyTorch")
    given = parser.parse_args()
    try:
        add(given.source, given.name, given.int8)
    except InputError as error:
        sys.exit(f"error: {error}")
