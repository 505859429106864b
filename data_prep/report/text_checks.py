"""Checks of texts and labels: spellings that should be alike, and texts that were damaged on their way."""

import logging
import re
import string
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from data_prep.manifest import Clip
from data_prep.report.number_words import NUMBER_WORD
from data_prep.report.printable import printable
from data_prep.report.warning import CorpusWarning, count_of, list_few
from data_prep.streaming.lazy_manifest import LazyManifest
from data_prep.text_rules import DEFAULT_RULES, RULES

#: What the rules that depend on neighbouring characters change.
UNSEEN = {"invisible": "invisible characters", "nfc": "letters and accents as separate characters"}
#: What the rules for single characters make alike.
VARIANTS = {
    "apostrophes": "other apostrophes beside '",
    "quotes": 'other quotation marks beside "',
    "dashes": "other dashes beside -",
    "width": "full-width or half-width forms beside ordinary ones",
    "digits": "digits of another script beside 0 to 9",
    "nfkc": "compatibility forms, such as ligatures, beside ordinary letters",
}
#: What is wrong whatever the rules, and what to do about it.
DAMAGES = {
    r"(?! )\s": ("unusual spaces, such as no-break spaces", "they are read as ordinary spaces"),
    r"\ufffd|[\u00c2-\u00c3][\u0080-\u00bf]|\u00e2\u20ac": (
        "wrongly decoded letters",
        "save the manifest as UTF-8 again, from its source",
    ),
    r"&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]{2,8});|</?[a-zA-Z]+/?>": (
        "HTML",
        "it is learned as text: remove tags, and replace entities by what they stand for",
    ),
}
log = logging.getLogger(__name__)

ALPHANUMERIC = set(string.ascii_letters + string.digits)
#: Most clips of a lazy manifest that are checked, because their texts are all kept in memory.
MAX_LAZY_CLIPS = 100_000
SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


def check_texts(clips: Sequence[Clip], normalize: Sequence[str]) -> list[CorpusWarning]:
    """Return warnings about texts and labels that look alike, or mean the same, and are spelled differently.

    Args:
        clips: The clips of a corpus; of a large manifest, some are checked.
        normalize: The rules by which their targets are spelled. Spellings that the default rules make alike are warned
            of nevertheless, because other programs do not know these rules.
    """
    chosen = set(normalize).difference(DEFAULT_RULES)
    if isinstance(clips, LazyManifest) and len(clips) > MAX_LAZY_CLIPS:
        step = -(-len(clips) // MAX_LAZY_CLIPS)
        log.info("the spelling of texts is checked in every %d. of %d clips", step, len(clips))
        clips = clips[::step]
    texts = {clip.id: clip.text for clip in clips if clip.text}
    labels = {clip.id: clip.label for clip in clips if clip.label}
    characters = set().union(*texts.values())
    warnings = [
        *_check_unseen(texts),
        *_check_characters(texts, characters, chosen),
        *([] if "lowercase" in chosen else _check_capitals(texts)),
        *_check_labels(labels, chosen),
    ]
    fixed = [_with_fix(problem, examples, rule, normalize) for problem, examples, rule in warnings]
    return [*fixed, *_check_damages(texts), *_check_scripts(texts, characters), *_check_numbers(texts)]


#: A problem, the clips that have it, and the rule that solves it.
_Finding = tuple[str, Sequence[str], str]


def _with_fix(problem: str, examples: Sequence[str], rule: str, normalize: Sequence[str]) -> CorpusWarning:
    if rule in normalize:
        fix = f"the rule {rule} of text.normalize makes them alike here, but not in other programs"
    else:
        fix = f"spell them alike, or set text.normalize=[{','.join([*normalize, rule])}]"
    return CorpusWarning(problem, tuple(examples), fix)


def _check_unseen(texts: Mapping[str, str]) -> Iterable[_Finding]:
    """Find texts that a default rule changes, although nobody sees it."""
    for rule, found in UNSEEN.items():
        ids = [clip_id for clip_id, text in texts.items() if RULES[rule](text) != text]
        if ids:
            yield f"{count_of(len(ids), 'text')} with {found} ({texts[ids[0]][:20]!a})", ids, rule


def _check_characters(texts: Mapping[str, str], characters: set[str], chosen: set[str]) -> Iterable[_Finding]:
    """Find characters of which a rule makes others that occur as well."""
    explained: set[str] = set()
    for rule, found in VARIANTS.items():
        # A full-width letter is odd beside any ordinary one; other characters only beside the one that replaces them.
        others = characters | ALPHANUMERIC if rule == "width" and characters & ALPHANUMERIC else characters
        variants = {
            char
            for char in characters - explained
            if not char.isspace() and (plain := RULES[rule](char)) != char and plain and others.issuperset(plain)
        }
        explained |= variants
        ids = _ids_with(texts, variants) if variants and rule not in chosen else []
        if ids:
            names = list_few([f"{printable(char)} U+{ord(char):04X}" for char in sorted(variants)])
            yield f"{count_of(len(ids), 'text')} with {found} ({names})", ids, rule


def _ids_with(texts: Mapping[str, str], characters: set[str]) -> list[str]:
    return [clip_id for clip_id, text in texts.items() if not characters.isdisjoint(text)]


def _check_capitals(texts: Mapping[str, str]) -> Iterable[_Finding]:
    """Find words that also occur without their capitals, and texts in capitals beside others in lower case."""
    words = set().union(*(text.split() for text in texts.values()))
    variants = {word for word in words if word != word.lower() and word.lower() in words}
    if any(text.islower() for text in texts.values()):
        variants.update(*(text.split() for text in texts.values() if text.isupper() and " " in text))
    ids = [clip_id for clip_id, text in texts.items() if not variants.isdisjoint(text.split())] if variants else []
    if ids:
        examples = list_few([repr(word) for word in sorted(variants)])
        yield f"{count_of(len(ids), 'text')} with capitals ({examples}) beside others in lower case", ids, "lowercase"


def _check_labels(labels: Mapping[str, str], chosen: set[str]) -> Iterable[_Finding]:
    """Find labels that a rule would make one; the first such rule is named."""
    ids_by_label: defaultdict[str, list[str]] = defaultdict(list)
    for clip_id, label in labels.items():
        ids_by_label[" ".join(label.split())].append(clip_id)
    explained: set[str] = set()
    for rule in [*DEFAULT_RULES, *RULES]:
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for label in sorted(ids_by_label.keys() - explained):
            alike[" ".join(RULES[rule](label).split())].append(label)
        merged = [label for group in alike.values() if len(group) > 1 for label in group]
        explained.update(merged)
        if merged and rule not in chosen:
            ids = [clip_id for label in merged for clip_id in ids_by_label[label][:1]]
            names = ", ".join(ascii(label) if rule in DEFAULT_RULES else repr(label) for label in merged[:4])
            yield f"{len(merged)} labels that differ in spelling alone ({names})", ids, rule


def _check_damages(texts: Mapping[str, str]) -> Iterable[CorpusWarning]:
    for pattern, (found, fix) in DAMAGES.items():
        matches = {clip_id: match for clip_id, text in texts.items() if (match := re.search(pattern, text))}
        if matches:
            first = ascii(next(iter(matches.values()))[0])
            yield CorpusWarning(f"{count_of(len(matches), 'text')} with {found} ({first})", tuple(matches), fix)


def _check_scripts(texts: Mapping[str, str], characters: set[str]) -> Iterable[CorpusWarning]:
    """Find words with letters of several scripts, most of which look alike, such as Latin and Cyrillic a."""
    if len({_script_of(char) for char in characters} - {""}) < 2:
        return
    mixed = {
        clip_id: word
        for clip_id, text in texts.items()
        for word in re.findall(r"[^\W\d_]+", text)
        if len({_script_of(char) for char in word} - {""}) > 1
    }
    if mixed:
        word = next(iter(mixed.values()))
        yield CorpusWarning(
            f"{count_of(len(mixed), 'text')} with letters of two scripts in one word ({word!a})",
            tuple(mixed),
            "letters that look alike are learned as different ones: correct them",
        )


@lru_cache(maxsize=4096)
def _script_of(char: str) -> str:
    script = unicodedata.name(char, "").partition(" ")[0] if char.isalpha() else ""
    return script if script in SCRIPTS else ""


def _check_numbers(texts: Mapping[str, str]) -> Iterable[CorpusWarning]:
    digits = [clip_id for clip_id, text in texts.items() if re.search(r"\d", text)]
    words = {clip_id: match[0] for clip_id, text in texts.items() if digits and (match := NUMBER_WORD.search(text))}
    if digits and words:
        clip_id, word = next(iter(words.items()))
        yield CorpusWarning(
            f"{count_of(len(digits), 'text')} with digits, {len(words)} with number words ({word!r} in {clip_id})",
            tuple(digits),
            "write all numbers as they are spoken, in words",
        )
