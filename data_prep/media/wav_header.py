"""WAV files whose headers state a wrong length, because the program that wrote them was ended or wrote to a pipe."""

import io
import struct
from pathlib import Path

#: Bytes that are searched for the chunk with the samples.
SEARCHED_BYTES = 1 << 16


def corrected_wav_header(path: Path) -> bytes | None:
    """Return the bytes up to the first sample with the length of the samples that the file really has.

    Recorders write a length of 0 first and the true one at the end, which an ended program never does. The length is
    wrong if more bytes follow it than it states, and these are no further chunks.

    Returns:
        The corrected header, or None if the header is right, or is not one of a WAV file below 4 GB.
    """
    size = path.stat().st_size
    with open(path, "rb") as file:
        header = file.read(SEARCHED_BYTES)
    if header[:4] != b"RIFF" or header[8:12] != b"WAVE" or size >= 1 << 32:
        return None
    position = 12
    while position + 8 <= len(header):
        name, stated = header[position : position + 4], int.from_bytes(header[position + 4 : position + 8], "little")
        start = position + 8
        if name == b"data":
            if stated >= size - start or _chunks_follow(path, start + stated, size):
                return None
            riff, data = struct.pack("<I", size - 8), struct.pack("<I", size - start)
            return header[:4] + riff + header[8 : position + 4] + data
        position = start + stated + stated % 2
    return None


def _chunks_follow(path: Path, position: int, size: int) -> bool:
    """Whether chunks with printable names fill a file from a position, or from a byte after it, to its end."""
    with open(path, "rb") as file:
        for start in (position + position % 2, position):
            while start + 8 <= size:
                file.seek(start)
                name, stated = file.read(4), int.from_bytes(file.read(4), "little")
                if not all(32 <= letter < 127 for letter in name):
                    break
                start += 8 + stated + stated % 2
            if size <= start <= size + 1 or (start < size < start + 8):
                return True
    return False


class FileWithHeader(io.RawIOBase):
    """A file for reading whose first bytes are replaced.

    Args:
        path: Path of the file.
        header: Bytes to read in place of as many at the start of the file.
    """

    def __init__(self, path: Path, header: bytes) -> None:
        self._file = open(path, "rb")  # noqa: SIM115  # closed in `close`
        self._header = header

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def seekable(self) -> bool:
        """Whether it can be positioned: always."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position and return it."""
        return self._file.seek(offset, whence)

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Read into a buffer and return the number of bytes."""
        position = self._file.tell()
        count = self._file.readinto(buffer)
        replaced = self._header[position : position + count]
        buffer[: len(replaced)] = replaced
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
