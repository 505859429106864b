"""Add a trained recognizer to those that come with the package; its model card is written by hand.

python -m recognizers.pretrained.add RUN NAME [--int8]
"""

import argparse
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

from safetensors.torch import load_file, save_file

from data_prep.atomic import atomic_write, write_json
from recognizers.bundle.layout import EXPORT_NAME, NETWORK_NAMES, RECORD_NAME, WEIGHTS_NAME
from recognizers.bundle.spec import SPEC_NAME, write_spec
from recognizers.bundle.weights import load_bundle
from recognizers.pretrained import CHECKSUMS_NAME, FOLDER

#: Entries of a bundle that are of no use elsewhere.
LEFT_OUT = ("git_commit", "versions")


def add(run_dir: Path, name: str, int8: bool = False) -> None:
    """Copy the bundle of a run with weights of half precision, and record the checksums of its files.

    With `int8`, the exported network in int8 is added, so that it recognises without PyTorch.

    The scale of the features keeps its precision, because mean and deviation may be large.

    Raises:
        InputError: There is no bundle.
    """
    spec = load_bundle(run_dir).spec
    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    training = {key: value for key, value in spec.training.items() if key not in LEFT_OUT}
    write_spec(folder, replace(spec, training=training))
    weights = load_file(run_dir / "bundle" / WEIGHTS_NAME)
    halved = {key: value if "standardize" in key else value.half() for key, value in weights.items()}
    with atomic_write(folder / WEIGHTS_NAME) as partial:
        save_file(halved, partial)
    if int8:
        _copy_int8(run_dir / EXPORT_NAME, folder / EXPORT_NAME)
    path = FOLDER / CHECKSUMS_NAME
    checksums = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    files = sorted(file for file in folder.rglob("*") if file.suffix in (".json", ".safetensors", ".onnx"))
    checksums[name] = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }
    write_json(path, checksums)


def _copy_int8(export: Path, folder: Path) -> None:
    """Copy an export without its float32 network, which is four times as large."""
    folder.mkdir(exist_ok=True)
    record = json.loads((export / RECORD_NAME).read_text(encoding="utf-8"))
    name = NETWORK_NAMES["onnx_int8"]
    kept = {key: value for key, value in record.items() if key not in LEFT_OUT}
    write_json(folder / RECORD_NAME, kept | {"networks": {name: record["networks"][name]}})
    for file_name in (name, SPEC_NAME):
        shutil.copyfile(export / file_name, folder / file_name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, help="directory of a finished training")
    parser.add_argument("name", help="name of the recognizer in the package")
    parser.add_argument("--int8", action="store_true", help="add the exported network in int8, to run without PyTorch")
    given = parser.parse_args()
    add(given.run, given.name, given.int8)
