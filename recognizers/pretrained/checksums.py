"""The checksums of the recognizers that come with the package; they cover every file, model cards as well.

python -m recognizers.pretrained.checksums   # after editing a model card
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from data_prep.atomic import write_json
from recognizers import pretrained


def checksums_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of each file in the folder of a recognizer, by its path there; hidden files don't ship."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {
        name: hashlib.sha256(files[name].read_bytes()).hexdigest()
        for name in sorted(files)
        if not any(part.startswith(".") for part in name.split("/"))
    }


def record_checksums(names: Sequence[str]) -> None:
    """Record the checksums of recognizers as their files are now; those of others stay as they are."""
    path = pretrained.FOLDER / pretrained.CHECKSUMS_NAME
    recorded = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    write_json(path, recorded | {name: checksums_of(pretrained.FOLDER / name) for name in names})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    record_checksums(pretrained.names())
