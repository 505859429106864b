"""Ways to damage the content of a file, as a failing disk or an attacker would."""

import random
import re
import struct

#: Numbers at the limits of common types.
EDGES = (
    0,
    1,
    -1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFFF,
    1 << 62,
    (1 << 64) - 1,
)
#: Replacements for a number, a word or a string in a text.
TOKENS = (
    *(b"-1", b"0", b"1e999", b"-1e308", b"NaN", b"Infinity", b"0.5", b"9" * 30, b"9" * 5000, b"1" + b"0" * 400),
    *(b"true", b"null", b"[]", b"{}", b'""', b'"\\u0000"', b'"\\ud800"', b'"../../x"', b'"/etc/passwd"', b"[" * 20_000),
    *(b'{"a":' * 20_000, b'"' + b"x" * 300 + b'"', b'"' + b"y/" * 3000 + b'"', b'"_target_"'),
    b'{"_target_": "os.system", "command": "touch x"}',
    *(b"\0", b"\xff", b"\n", b"\r", b"\t", b"\\", b'"', b",", b"-", b"\xef\xbb\xbf", b" " * 1000),
)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Damage the content in one to three places."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        ways = [_flip, _flip, _overwrite, _overwrite, _cut_off, _cut_out, _repeat, _insert, _scramble]
        if _is_text(content):
            ways += [_token] * 9
        elif content[8:9] == b"{" or content[:1] == b"{":
            ways += [_token] * 3  # a JSON header
        content = rng.choice(ways)(content, rng)
    return content


def _is_text(content: bytes) -> bool:
    return b"\0" not in content[:1000] and content[:1000].isascii()


def _place(content: bytes, rng: random.Random) -> int:
    """Choose a position anywhere in the content, but often near its start, where headers are."""
    return rng.randrange(min(len(content), rng.choice((64, 256, 1 << 30))) or 1)


def _flip(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content or b"\0")
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        changed[_place(changed, rng)] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(content: bytes, rng: random.Random) -> bytes:
    size, place = rng.choice((1, 2, 4, 8)), _place(content, rng)
    number = (rng.choice(EDGES) & ((1 << 8 * size) - 1)).to_bytes(size, rng.choice(("little", "big")))
    if rng.random() < 0.2:
        number = struct.pack("<d", rng.choice((float("nan"), float("inf"), -1.0, 1e300, 1e-300)))
    return content[:place] + number + content[place + len(number) :]


def _cut_off(content: bytes, rng: random.Random) -> bytes:
    return content[: _place(content, rng)]


def _cut_out(content: bytes, rng: random.Random) -> bytes:
    place = _place(content, rng)
    return content[:place] + content[place + rng.choice((1, 2, 4, 16, 100, 5000)) :]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    place = _place(content, rng)
    return (
        content[:place]
        + content[place : place + rng.choice((1, 4, 64, 1000))] * rng.choice((2, 3, 50))
        + content[place:]
    )


def _insert(content: bytes, rng: random.Random) -> bytes:
    place = _place(content, rng)
    return content[:place] + rng.randbytes(rng.choice((1, 4, 64, 1000))) + content[place:]


def _scramble(content: bytes, rng: random.Random) -> bytes:
    place, size = _place(content, rng), rng.choice((4, 16, 256))
    return content[:place] + rng.randbytes(size) + content[place + size :]


def _token(content: bytes, rng: random.Random) -> bytes:
    """Replace a number, a string or a word by another token."""
    places = [match.span() for match in re.finditer(rb'"[^"\n]*"|[-+.\w]+', content[:100_000])]
    begin, end = rng.choice(places or [(0, 0)])
    return content[:begin] + rng.choice(TOKENS) + content[end:]
