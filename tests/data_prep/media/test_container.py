from collections.abc import Callable
from pathlib import Path

import pytest

from data_prep.media import Media, MediaError, read_audio, read_pictures
from tests.data_prep.media.media_files import RATE_HZ, babble, grey, grey_steps, write_video, write_with_ffmpeg


@pytest.mark.parametrize(
    ("read", "name", "content", "reason"),
    [
        (read_pictures, "a.mp4", "ffconcat version 1.0\nfile 'b.mp4'\n", "not readable as a video"),
        (read_audio, "a.wav", "ffconcat version 1.0\nfile 'b.mp4'\n", "not readable as audio"),
        (read_pictures, "a.mp4", "#EXTM3U\n#EXTINF:1,\nb.mp4\n#EXT-X-ENDLIST\n", "not readable as a video"),
        (read_pictures, "a.mp4", "1\n00:00:01,000 --> 00:00:02,000\nhi\n", "not readable as a video"),
    ],
    ids=["list of videos", "list of sounds", "playlist", "subtitles"],
)
def test_formats_that_name_other_files_are_not_opened(
    tmp_path: Path, read: Callable[[Media], object], name: str, content: str, reason: str
) -> None:
    write_video(tmp_path / "b.mp4", grey_steps(4))
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(MediaError) as error:
        list(read(Media(path)))  # type: ignore[call-overload]
    assert str(error.value).startswith(f"{path}: {reason}")


@pytest.mark.parametrize(
    ("name", "codec", "read", "kind"),
    [("a.mp4", b"avc1", read_pictures, "video"), ("a.mov", b"sowt", read_audio, "audio")],
)
def test_an_unknown_codec_is_an_error(
    tmp_path: Path, name: str, codec: bytes, read: Callable[[Media], object], kind: str
) -> None:
    path = tmp_path / name
    if kind == "video":
        write_video(path, grey_steps(4))
    else:
        write_with_ffmpeg(path, babble(RATE_HZ), codec="pcm_s16le")
    path.write_bytes(path.read_bytes().replace(codec, b"what"))
    with pytest.raises(MediaError, match=f"{name}: ffmpeg does not know the codec of its {kind}"):
        list(read(Media(path)))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("read", "name", "write"),
    [
        (read_audio, "a.mka", lambda path: write_with_ffmpeg(path, babble(RATE_HZ))),
        (read_pictures, "a.mkv", lambda path: write_video(path, [grey(n) for n in range(90)], "mjpeg", "yuvj420p", 30)),
    ],
    ids=["sound", "video"],
)
def test_a_file_that_ends_before_its_header_says_is_an_error(
    tmp_path: Path, read: Callable[[Media], object], name: str, write: Callable[[Path], None]
) -> None:
    path = tmp_path / name
    write(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(MediaError) as error:
        list(read(Media(path)))  # type: ignore[call-overload]
    assert str(error.value).startswith(f"{path}: truncated: its header promises")
