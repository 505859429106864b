"""A miniature of SHREC'21."""

from pathlib import Path

from tests.data_prep.corpora.conftest import touch, write

#: Lines end as in the distribution: with a semicolon, some with a space after it, and in Windows' way.
TRAINING = "1;DENY;670;749;CIRCLE;1610;1659; \r\n2;ONE;50;149;TAP;250;299;KNOB;350;449;\r\n3;V;10;19;\r\n"
TEST = "1;GRAB;50;99;OK;150;199;\r\n"


def shrec21_root(root: Path, training: str = TRAINING, test: str | None = TEST) -> Path:
    """Write annotations and empty sequences for them."""
    parts = {"training_set": ("annotations_revised_training.txt", training)}
    if test is not None:
        parts["test_set"] = ("annotations_revised.txt", test)
    for part, (name, lines) in parts.items():
        write(root, {f"{part}/{name}": lines})
        touch(root, *(f"{part}/sequences/{line.split(';')[0]}.txt" for line in lines.splitlines()))
    return root
