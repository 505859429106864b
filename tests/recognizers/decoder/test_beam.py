"""Prefix beam search with a language model, checked against the enumeration of all paths."""

import itertools
import math
import re
from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
import torch

from data_prep.errors import InputError
from recognizers.decoder.beam import Beam
from recognizers.decoder.greedy import Greedy
from recognizers.language_model.ngram import witten_bell
from recognizers.vocabulary import BLANK, Unit, Vocabulary

CHARACTERS = Vocabulary("character", (" ", "a", "b"))
GLOSSES = Vocabulary("word", ("a", "ab", "zebra"))
MODEL = witten_bell([line.split() for line in ("a ab", "ab a", "a a ab", "ba")], 3)
EXACT = Beam(MODEL, lm_weight=0.0, word_bonus=0.0, beam_size=1000, min_probability=0.0)


def emissions(frames: int, seed: int, symbols: int = 4, spread: float = 2.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (spread * torch.randn(frames, symbols, generator=generator)).log_softmax(-1)


def decode(decoder: Beam | Greedy, log_probs: torch.Tensor, vocabulary: Vocabulary) -> tuple[str, float]:
    [(ids, confidence)] = decoder.decode(log_probs[None].numpy(), np.array([len(log_probs)]), vocabulary)
    return vocabulary.decode(ids), confidence


def enumerated(decoder: Beam, log_probs: torch.Tensor, vocabulary: Vocabulary) -> dict[str, float]:
    """The score of every text, by summing the probabilities of all its paths."""
    frames, symbols = log_probs.shape
    probabilities: defaultdict[str, float] = defaultdict(float)
    for path in itertools.product(range(symbols), repeat=frames):
        ids = [symbol for symbol, _ in itertools.groupby(path) if symbol != BLANK]
        log_prob = sum(log_probs[frame, symbol].item() for frame, symbol in enumerate(path))
        probabilities[vocabulary.decode(ids)] += math.exp(log_prob)
    scores = {}
    for text, probability in probabilities.items():
        if decoder.only_known_words and not is_known(text, vocabulary.unit):
            continue
        words = text.split()
        language = decoder.lm_weight * MODEL.sentence_log_prob(words) if decoder.lm_weight else 0.0
        scores[text] = math.log(probability) + language + (decoder.word_bonus or 0.0) * len(words)
    return scores


def is_known(text: str, unit: Unit) -> bool:
    if unit == "word":
        return set(text.split()) <= MODEL.words
    return re.fullmatch(r"((a|ab|ba)( (a|ab|ba))* ?)?", text) is not None


@pytest.mark.parametrize("vocabulary", [CHARACTERS, GLOSSES], ids=["characters", "glosses"])
@pytest.mark.parametrize("only_known_words", [False, True])
@pytest.mark.parametrize(("lm_weight", "word_bonus"), [(0.0, 0.0), (0.7, 0.0), (1.5, 2.0), (0.3, -1.0)])
def test_a_large_beam_finds_the_best_of_all_texts(
    vocabulary: Vocabulary, only_known_words: bool, lm_weight: float, word_bonus: float
) -> None:
    decoder = replace(EXACT, lm_weight=lm_weight, word_bonus=word_bonus, only_known_words=only_known_words)
    answers = set()
    for seed in range(6):
        log_probs = emissions(1 + seed % 5, seed)
        scores = enumerated(decoder, log_probs, vocabulary)
        best = max(scores, key=lambda text: scores[text])
        found, confidence = decode(decoder, log_probs, vocabulary)
        assert scores[found] == pytest.approx(scores[best])
        # The beam contains all texts, so the confidence is the best one's share of their total probability.
        assert confidence == pytest.approx(1 / sum(math.exp(score - scores[best]) for score in scores.values()))
        answers.add(found)
    assert len(answers) > 2


def test_probabilities_of_all_paths_to_a_text_are_summed() -> None:
    """Greedy decoding takes the best single path, which here leads to a less probable text."""
    log_probs = torch.tensor([[0.6, 0.0, 0.4, 0.0], [0.6, 0.0, 0.4, 0.0]]).log()
    assert decode(Greedy(), log_probs, CHARACTERS)[0] == ""  # 0.36
    assert decode(EXACT, log_probs, CHARACTERS) == ("a", pytest.approx(0.64))


def test_the_language_model_decides_between_similar_sounds() -> None:
    vocabulary = Vocabulary("character", (" ", *"aehlmort"))
    model = witten_bell([["the", "tea"], ["more", "tea"], ["the", "metal"]], 2)
    rows = []
    for symbol in "the mea":  # the "t" of "tea" sounds slightly more like "m"
        row = np.full(vocabulary.num_ids, 1e-4)
        row[vocabulary.symbols.index(symbol) + 1] = 0.55
        if symbol == "m":
            row[vocabulary.symbols.index("t") + 1] = 0.45
        rows.append(row / row.sum())
    log_probs = torch.tensor(np.array(rows)).log()
    assert decode(Greedy(), log_probs, vocabulary)[0] == "the mea"
    assert decode(Beam(model, lm_weight=0.5, word_bonus=0.0), log_probs, vocabulary)[0] == "the tea"
    assert decode(Beam(model, lm_weight=0.0, word_bonus=0.0), log_probs, vocabulary)[0] == "the mea"
    known = Beam(model, lm_weight=0.0, word_bonus=0.0, only_known_words=True)
    assert decode(known, log_probs, vocabulary)[0] == "the tea"


def test_a_clips_result_does_not_depend_on_the_rest_of_the_batch() -> None:
    decoder = replace(EXACT, lm_weight=0.5, word_bonus=1.0, beam_size=8, min_probability=1e-3)
    clips = [emissions(length, length) for length in (3, 20, 1, 11)]
    padded = torch.nn.utils.rnn.pad_sequence(clips, batch_first=True, padding_value=5.0)
    together = decoder.decode(padded.numpy(), np.array([len(clip) for clip in clips]), CHARACTERS)
    alone = [decoder.decode(clip[None].numpy(), np.array([len(clip)]), CHARACTERS)[0] for clip in clips]
    assert together == alone


@pytest.mark.parametrize("only_known_words", [False, True])
def test_a_narrow_beam_gives_confidences_from_0_to_1(only_known_words: bool) -> None:
    decoder = Beam(MODEL, lm_weight=0.5, word_bonus=1.0, beam_size=2, only_known_words=only_known_words)
    for seed in range(10):
        found, confidence = decode(decoder, emissions(12, seed), CHARACTERS)
        assert 0 <= confidence <= 1
        assert not only_known_words or is_known(found, "character")


@pytest.mark.parametrize("vocabulary", [CHARACTERS, GLOSSES], ids=["characters", "glosses"])
@pytest.mark.parametrize("only_known_words", [False, True])
def test_empty_or_impossible_emissions_give_the_empty_text(vocabulary: Vocabulary, only_known_words: bool) -> None:
    decoder = replace(EXACT, lm_weight=1.0, word_bonus=0.0, only_known_words=only_known_words)
    nothing = torch.full((3, 4), -math.inf)
    assert decode(decoder, nothing[:0], vocabulary) == ("", 1.0)
    assert decode(decoder, nothing, vocabulary) == ("", 0.0)
    assert decode(decoder, nothing * math.nan, vocabulary) == ("", 0.0)
    sure = nothing.clone()
    sure[:, BLANK] = 0.0
    assert decode(decoder, sure, vocabulary) == ("", 1.0)


def test_an_unknown_word_at_the_end_is_cut_off() -> None:
    log_probs = torch.full((4, 4), -math.inf)
    for frame, symbol in enumerate("a bb"):  # "bb" is not a known word, and no other text is possible
        log_probs[frame, CHARACTERS.symbols.index(symbol) + 1] = 0.0
    decoder = replace(EXACT, only_known_words=True)
    assert decode(decoder, log_probs, CHARACTERS) == ("a ", 0.0)


def test_a_vocabulary_without_a_space_spells_one_word() -> None:
    vocabulary = Vocabulary("character", ("a", "b"))
    decoder = replace(EXACT, lm_weight=2.0)
    log_probs = torch.tensor([[0.1, 0.8, 0.1], [0.4, 0.1, 0.5]]).log()
    assert decode(replace(decoder, only_known_words=True), log_probs, vocabulary)[0] in ("a", "ab")
    assert decode(decoder, log_probs, vocabulary)[0] in ("a", "ab")


def test_a_frames_best_symbol_is_always_considered() -> None:
    log_probs = emissions(5, 3)
    decoder = replace(EXACT, min_probability=0.999)
    assert decode(decoder, log_probs, CHARACTERS)[0] == decode(Greedy(), log_probs, CHARACTERS)[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"beam_size": 0}, "beam_size must be from 1"),
        ({"beam_size": 10**9}, "beam_size must be from 1"),
        ({"beam_size": "wide"}, "beam_size must be from 1"),
        ({"min_probability": 1.0}, "min_probability"),
        ({"lm_weight": -1.0}, "lm_weight must be 0 or more"),
        ({"lm_weight": math.nan}, "lm_weight must be 0 or more"),
        ({"word_bonus": math.inf}, "word_bonus a finite number"),
        ({"order": 9}, "order must be"),
        ({"only_known_words": 1}, "only_known_words must be true or false"),
        ({"language_model": "lm.arpa"}, "language_model must be a LanguageModel"),
    ],
)
def test_errors_name_the_setting_that_is_out_of_range(settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Beam(**settings)


def test_an_incomplete_beam_names_what_is_missing() -> None:
    assert EXACT.is_complete
    for incomplete, message in ((Beam(), "there is no language model"), (Beam(MODEL, lm_weight=1.0), "word_bonus")):
        assert not incomplete.is_complete
        with pytest.raises(InputError, match=message):
            decode(incomplete, emissions(2, 0), CHARACTERS)


@pytest.mark.parametrize("vocabulary", [Vocabulary("character", ("A", "B")), Vocabulary("word", ("AB", "A"))])
def test_a_language_model_in_another_case_is_refused(vocabulary: Vocabulary) -> None:
    with pytest.raises(InputError, match=r"none of the language model's 3 words, such as 'a', .*upper and lower case"):
        decode(EXACT, emissions(2, 0, symbols=3), vocabulary)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"classes": ["a"]}, r"decoder: classes must be \{NAME: \[WORD,...\]\}; found \['a'\]"),
        ({"classes": {"C": ["a", "a"]}}, "the word 'a' is in C and again in C"),
        ({"class_order": 6}, "class_order must be a whole number from 1 to 5; found 6"),
    ],
)
def test_wrong_classes_are_refused(settings, said: str) -> None:
    with pytest.raises(InputError, match=said):
        Beam(**settings)
