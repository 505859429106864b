"""Which recognizers may answer together."""

from collections.abc import Sequence

import numpy as np

from data_prep.errors import InputError
from recognizers.inference.predictor import Predictor
from recognizers.vocabulary import Vocabulary

#: Most members of an ensemble; each costs the time and the memory of a recognizer.
MAX_MEMBERS = 32
#: Symbols that a message names.
MAX_NAMED = 8


def check_number(names: Sequence[str]) -> None:
    """Check that an ensemble has from two to `MAX_MEMBERS` members.

    Raises:
        InputError: It has not.
    """
    if len(names) < 2:
        raise InputError(f"models=[{','.join(names)}]: an ensemble has at least two members; found {len(names)}")
    if len(names) > MAX_MEMBERS:
        raise InputError(f"models: an ensemble has at most {MAX_MEMBERS} members; found {len(names)}; leave some out")


def check_members(names: Sequence[str], members: Sequence[Predictor]) -> None:
    """Check that recognizers give comparable results for the same recordings.

    Args:
        names: How messages name each member.
        members: The recognizers.

    Raises:
        InputError: There are too few or too many, or two of them recognise different units, know different symbols,
            spell them by different rules, or read recordings in different ways.
    """
    check_number(names)
    for name, member in zip(names[1:], members[1:], strict=True):
        _check_vocabularies(names[0], members[0].interpreter.vocabulary, name, member.interpreter.vocabulary)
        _check_signals(names[0], members[0], name, member)


def columns_for(vocabulary: Vocabulary, of_member: Vocabulary) -> np.ndarray | None:
    """Return where each id of a vocabulary is among a member's, which has the same symbols; None if they are equal."""
    if vocabulary.symbols == of_member.symbols:
        return None
    place_of = {symbol: place for place, symbol in enumerate(of_member.symbols, start=of_member.first_id)}
    return np.array([*range(vocabulary.first_id), *(place_of[symbol] for symbol in vocabulary.symbols)])


def _check_vocabularies(first_name: str, first: Vocabulary, name: str, other: Vocabulary) -> None:
    if first.unit != other.unit:
        raise InputError(
            f"the members of an ensemble must recognise the same unit, but {first_name} recognises {first.unit}s and "
            f"{name} recognises {other.unit}s; leave one out"
        )
    for holder, symbols, lacking, others in (
        (first_name, first.symbols, name, other.symbols),
        (name, other.symbols, first_name, first.symbols),
    ):
        if missing := sorted(set(symbols) - set(others)):
            listed = ", ".join(map(repr, missing[:MAX_NAMED])) + (", …" if len(missing) > MAX_NAMED else "")
            raise InputError(
                f"the members of an ensemble must know the same {first.unit}s, but {holder} knows {listed} and "
                f"{lacking} does not ({len(missing)} in all); train both on the same corpus, or leave one out"
            )
    if first.normalize != other.normalize:
        raise InputError(
            f"the members of an ensemble must spell alike, but text.normalize is {list(first.normalize)} in "
            f"{first_name} and {list(other.normalize)} in {name}; train both with the same rules, or leave one out"
        )


def _check_signals(first_name: str, first: Predictor, name: str, other: Predictor) -> None:
    ours, theirs = first.extractor, other.extractor
    if ours.modality != theirs.modality:
        raise InputError(
            f"the members of an ensemble must recognise the same kind of recordings, but {first_name} reads "
            f"{ours.modality} and {name} reads {theirs.modality}; leave one out"
        )
    if ours.signal_fingerprint() != theirs.signal_fingerprint():
        raise InputError(
            f"{first_name} and {name} read recordings in different ways (another features.sample_rate_hz for sound, or "
            "another features.tracker for hands), which an ensemble does not support: its members may differ in all "
            "other settings of features; leave one out"
        )
