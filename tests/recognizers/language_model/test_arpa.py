"""Reading and writing language models in the ARPA format."""

import gzip
from pathlib import Path

import pytest

from data_prep.errors import InputError
from recognizers.language_model.arpa import read_arpa, write_arpa
from recognizers.language_model.ngram import witten_bell

GOOD = r"""made by hand

\data\
ngram 1=4
ngram 2=2

\1-grams:
-99	<s>	-0.3
-0.5	</s>
-1.5	<unk>
-0.25	hallo	-0.125

\2-grams:
-0.1	<s> hallo
-0.2	hallo </s>

\end\
"""


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_reading_gives_back_the_written_model(tmp_path: Path, order: int) -> None:
    model = witten_bell([["grün", "中文", "don't"], ["grün", "grün"]], order)
    write_arpa(tmp_path / "lm.arpa", model)
    read = read_arpa(tmp_path / "lm.arpa")
    assert (read.order, read.followers, read.backoffs) == (model.order, model.followers, model.backoffs)
    assert [path.name for path in tmp_path.iterdir()] == ["lm.arpa"]


def test_files_of_other_tools_are_read(tmp_path: Path) -> None:
    (tmp_path / "lm.arpa").write_text(GOOD.replace("-0.125\n", "-0.125\r\n").replace("\t", " "), encoding="utf-8")
    model = read_arpa(tmp_path / "lm.arpa")
    assert model.order == 2
    assert model.words == {"hallo"}
    assert model.followers["hallo",]["</s>"] == -0.2
    assert model.backoffs == {("<s>",): -0.3, ("hallo",): -0.125}


def test_words_are_composed_unicode(tmp_path: Path) -> None:
    (tmp_path / "lm.arpa").write_text(GOOD.replace("hallo", "cafe\u0301"), encoding="utf-8")
    assert read_arpa(tmp_path / "lm.arpa").words == {"caf\u00e9"}


def test_unknown_words_are_impossible_if_the_file_lists_none(tmp_path: Path) -> None:
    (tmp_path / "lm.arpa").write_text(GOOD.replace("-1.5\t<unk>\n", "").replace("1=4", "1=3"), encoding="utf-8")
    assert -300 < read_arpa(tmp_path / "lm.arpa").log_prob((), "zebra") < -200


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("\\data\\", "data", 17, "found no line"),
        ("ngram 1=4\nngram 2=2", "", 6, "expected a count such as"),
        ("ngram 2=2", "ngram 3=2", 5, "expected the orders 1, 2"),
        ("ngram 1=4", "ngram 1=-4", 4, "expected a count"),
        ("ngram 1=4", "ngram 1=0", 4, "0 n-grams"),
        ("ngram 1=4", "ngram 1=999999999999", 4, "999999999999 n-grams; a model must have from 1 to"),
        ("ngram 1=4", "ngram 1=" + "9" * 5000, 4, "expected a count"),
        ("ngram 1=4", "ngram 1=3", 11, "expected .2-grams:; the counts"),
        ("ngram 1=4", "ngram 1=5", 13, "expected a log10 probability, 1 word"),
        ("ngram 2=2", "ngram 2=3", 17, "expected a log10 probability, 2 word"),
        ("ngram 2=2", "ngram 2=1", 15, "expected .end."),
        ("\\2-grams:", "\\3-grams:", 13, "expected .2-grams:"),
        ("\\end\\\n", "", 16, "found the end of the file, expected .end"),
        ("-0.25\thallo", "nan\thallo", 11, "found 'nan', expected a number"),
        ("-0.25\thallo", "inf\thallo", 11, "found 'inf'"),
        ("-0.25\thallo", "-1e999\thallo", 11, "found '-1e999'"),
        ("-0.25\thallo", "0.25\thallo", 11, "0.25 is above 0"),
        ("-0.25\thallo", "often\thallo", 11, "found 'often'"),
        ("-0.125", "1e300", 11, "found '1e300'"),
        ("-0.125", "NaN", 11, "found 'NaN'"),
        ("hallo </s>", "hallo", 15, "2 word"),
        ("hallo </s>", "hallo a b c d", 15, "2 word"),
        ("</s>", "end", 17, "needs a probability for the end of a sentence"),
    ],
)
def test_errors_name_the_line_and_what_is_wrong(tmp_path: Path, old: str, new: str, line: int, message: str) -> None:
    path = tmp_path / "lm.arpa"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=message) as caught:
        read_arpa(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


def test_n_grams_of_six_words_are_refused(tmp_path: Path) -> None:
    counts = "".join(f"ngram {order}=1\n" for order in range(1, 7))
    (tmp_path / "lm.arpa").write_text("\\data\\\n" + counts)
    with pytest.raises(InputError, match=r"lm.arpa:7: .* to 5 in turn"):
        read_arpa(tmp_path / "lm.arpa")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\x00" * 100,
        gzip.compress(GOOD.encode()[:120]),
        b"\\data\\",
        b"\\data\\\nngram 1=1",
        GOOD.encode()[:120],
    ],
    ids=["empty", "blank", "zeros", "packed and cut", "head", "count", "cut"],
)
def test_files_in_another_format_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lm.arpa"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{path}:\d+: "):
        read_arpa(path)
    with pytest.raises(InputError, match="no such language model"):
        read_arpa(tmp_path)


def test_a_file_above_the_size_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lm.arpa").write_text(GOOD)
    monkeypatch.setattr("recognizers.language_model.arpa.MAX_BYTES", 100)
    with pytest.raises(InputError, match="may have at most 100"):
        read_arpa(tmp_path / "lm.arpa")


@pytest.mark.parametrize(
    "content",
    [
        GOOD.replace("<unk>", "<UNK>").replace("<s>", "<S>").replace("</s>", "</S>").encode(),
        GOOD.replace("-99\t", "-inf\t").encode(),
        ("\ufeff" + GOOD[GOOD.index("\\data") :]).encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\t", "  ").encode(),
        gzip.compress(GOOD.encode()),
    ],
    ids=["capitals", "-inf", "byte order mark", "CRLF", "blanks", "gzip"],
)
def test_what_other_tools_write_is_read_alike(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "expected.arpa").write_text(GOOD)
    (tmp_path / "lm.arpa").write_bytes(content)
    expected, found = read_arpa(tmp_path / "expected.arpa"), read_arpa(tmp_path / "lm.arpa")
    assert (found.followers, found.backoffs) == (expected.followers, expected.backoffs)


def test_a_no_break_space_is_part_of_a_word(tmp_path: Path) -> None:
    (tmp_path / "lm.arpa").write_text(GOOD.replace("hallo", "ha\u00a0llo"), encoding="utf-8")
    assert read_arpa(tmp_path / "lm.arpa").words == {"ha\u00a0llo"}


def test_a_damaged_gzip_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "lm.arpa").write_bytes(gzip.compress(GOOD.encode())[:-12])
    with pytest.raises(InputError, match=r"lm\.arpa: damaged gzip file"):
        read_arpa(tmp_path / "lm.arpa")
