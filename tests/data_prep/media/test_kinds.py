"""Odd kinds of media: folders of frames, animations, odd pixels, wrong names."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from data_prep.media import Media, MediaError, read_audio, read_pictures
from data_prep.media.frame_folder import is_frame_folder
from data_prep.store.content_hash import ContentHashCache, content_hash
from tests.data_prep.media.test_bounds import write_with_ffmpeg

RATE_HZ = 16_000
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)


def grey(level: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    return Image.new("RGB", size, (level, level, level))


def write_frames(folder: Path, count: int, name: str = "{}.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        grey(20 * number).save(folder / name.format(number))
    return folder


def levels(media: Media) -> tuple[list[float], list[int]]:
    times_s, found = zip(*read_pictures(media), strict=True)
    return list(times_s), [round(float(picture.mean())) for picture in found]


def test_a_folder_of_frames_is_a_clip_in_natural_order(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "clip", 12)
    (folder / "notes.txt").write_text("of no concern")
    (folder / ".0.png").write_text("of no concern")
    times_s, found = levels(Media(folder))
    np.testing.assert_allclose(times_s, np.arange(12) / 25)
    assert found == [20 * number for number in range(12)]
    times_s, found = levels(Media(folder, 0.2, 0.5, encoding="frames@10"))
    np.testing.assert_allclose(times_s, [0, 0.1, 0.2])
    assert found == [40, 60, 80]


def test_a_folder_of_frames_has_a_hash_of_its_pictures(tmp_path: Path) -> None:
    one, other = write_frames(tmp_path / "one", 3), write_frames(tmp_path / "other", 3)
    assert content_hash(one) == content_hash(other)
    hashes = ContentHashCache(tmp_path / "hashes.jsonl")
    for path in (other, *other.iterdir()):
        os.utime(path, (1000, 1000))
    before = hashes.lookup([one, other])
    assert before[one] == before[other] == content_hash(one)
    grey(99).save(other / "1.png")
    assert content_hash(one) != content_hash(other)
    assert ContentHashCache(tmp_path / "hashes.jsonl").lookup([other]) == {other: content_hash(other)}
    (tmp_path / "empty").mkdir()
    (error,) = hashes.lookup([tmp_path / "empty"]).values()
    assert "a folder without pictures" in str(error)


@pytest.mark.parametrize(
    ("names", "is_clip"),
    [
        (["1.png", "2.png"], True),
        (["frame_0009.jpg", "frame_0010.jpg", "frame_0011.jpg"], True),
        (["img7.JPG", ".hidden", "img8.JPG"], True),
        (["1.png"], False),
        (["1.png", "3.png"], False),
        (["1.png", "1.jpg"], False),
        (["01.png", "1.png"], False),
        (["ann1.png", "bob2.png"], False),
        (["1.png", "2.png", "notes.txt"], False),
        (["1.mp4", "2.mp4"], False),
        (["a.png", "b.png"], False),
        ([], False),
    ],
)
def test_pictures_numbered_without_a_gap_are_frames(names: list[str], is_clip: bool) -> None:
    assert is_frame_folder(Path("clip") / name for name in names) == is_clip


@pytest.mark.parametrize(
    ("make", "encoding", "reason"),
    [
        (lambda folder: None, None, ": a folder without pictures; expected a clip's frames"),
        (lambda folder: write_frames(folder, 3), "frames@0", ": encoding 'frames@0' is not understood"),
        (lambda folder: write_frames(folder, 3), "s16le@8000", ": encoding 's16le@8000' is not understood"),
        (lambda folder: (write_frames(folder, 3) / "1.png").write_text("x" * 99), None, "/1.png: not readable as a ph"),
        (lambda folder: (write_frames(folder, 3) / "1.png").write_text(""), None, "/1.png: the file is empty (0 bytes"),
    ],
)
def test_a_bad_folder_of_frames_is_named(
    tmp_path: Path, make: Callable[[Path], object], encoding: str | None, reason: str
) -> None:
    folder = tmp_path / "clip"
    folder.mkdir()
    make(folder)
    with pytest.raises(MediaError) as error:
        list(read_pictures(Media(folder, encoding=encoding)))
    assert str(error.value).startswith(f"{folder}{reason}")


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_an_animated_picture_is_a_clip(tmp_path: Path, suffix: str) -> None:
    frames = [grey(20 * number) for number in range(5)]
    how = {"lossless": True} if suffix == ".webp" else {}
    path = tmp_path / f"a{suffix}"
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 200, 100, 100, 100], **how)
    times_s, found = levels(Media(path))
    np.testing.assert_allclose(times_s, [0, 0.1, 0.3, 0.4, 0.5])
    assert found == [0, 20, 40, 60, 80]
    times_s, found = levels(Media(path, 0.3, 0.5))
    np.testing.assert_allclose(times_s, [0, 0.1], atol=1e-9)
    assert found == [40, 60]


def test_transparent_pictures_stand_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (64, 48), (0, 0, 0, 0))
    clear.save(tmp_path / "a.png")
    ((_, picture),) = read_pictures(Media(tmp_path / "a.png"))
    assert picture.min() == 255
    with av.open(tmp_path / "a.mov", "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgba"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(clear), format="rgba")))
        container.mux(stream.encode(None))
    ((_, picture),) = read_pictures(Media(tmp_path / "a.mov"))
    assert picture.shape == (48, 64, 3)
    assert picture.min() == 255


def test_photos_of_16_bits_keep_their_greys(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 65535, 48 * 64).reshape(48, 64).astype(np.uint16)).save(tmp_path / "a.png")
    ((_, picture),) = read_pictures(Media(tmp_path / "a.png"))
    assert picture.mean() == pytest.approx(127, abs=1)


def write_video(path: Path, codec: str, pixels: str, size: tuple[int, int], aspect: int = 1, **options: str) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=Fraction(10), options=options)
        (stream.width, stream.height), stream.pix_fmt = size, pixels
        stream.codec_context.sample_aspect_ratio = Fraction(aspect, 1)
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(np.asarray(grey(60 * number, size)), format="rgb24")
            container.mux(stream.encode(frame.reformat(format=pixels)))
        container.mux(stream.encode(None))


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "size", "options"),
    [
        ("a.mp4", "libx264", "yuv444p", (63, 47), {}),
        ("a.mkv", "libx264", "yuv420p10le", (64, 48), {}),
        ("a.mkv", "libx264", "yuv422p", (66, 50), {"x264-params": "interlaced=1"}),
        ("a.mpg", "mpeg2video", "yuv420p", (96, 64), {"flags": "+ildct+ilme"}),
        ("a.mkv", "ffv1", "gray", (33, 17), {}),
        ("a.avi", "rawvideo", "bgr24", (65, 49), {}),
        ("a.mov", "mjpeg", "yuvj422p", (64, 48), {}),
        ("a.webm", "libvpx", "yuv420p", (65, 49), {}),
        ("a.mkv", "libx264rgb", "rgb24", (64, 48), {}),
    ],
)
def test_odd_sizes_and_pixels_come_as_rgb(
    tmp_path: Path, name: str, codec: str, pixels: str, size: tuple[int, int], options: dict[str, str]
) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV lacks {codec}")
    write_video(tmp_path / name, codec, pixels, size, **options)
    found = [picture for _, picture in read_pictures(Media(tmp_path / name))]
    assert {picture.shape for picture in found} == {(size[1], size[0], 3)}
    np.testing.assert_allclose([picture.mean() for picture in found], [0, 60, 120, 180], atol=8)


def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", "libx264", "yuv420p", (64, 48), aspect=2)
    assert {picture.shape for _, picture in read_pictures(Media(tmp_path / "a.mkv"))} == {(48, 128, 3)}


@pytest.mark.parametrize(
    ("suffix", "name"),
    [(".mp3", "a.wav"), (".wav", "a.mp3"), (".flac", "a.ogg"), (".ogg", "a.wav"), (".wav", "a"), (".aiff", "a.m4a")],
)
def test_sound_under_a_wrong_name_is_read_all_the_same(tmp_path: Path, suffix: str, name: str) -> None:
    soundfile.write(tmp_path / f"right{suffix}", TONE, RATE_HZ)
    (tmp_path / f"right{suffix}").rename(tmp_path / name)
    samples, rate_hz = read_audio(Media(tmp_path / name))
    assert (rate_hz, len(samples)) == (RATE_HZ, pytest.approx(RATE_HZ, rel=0.1))


def test_pictures_under_a_wrong_name_are_read_all_the_same(tmp_path: Path) -> None:
    grey(60).save(tmp_path / "a.mp4", format="JPEG")
    assert levels(Media(tmp_path / "a.mp4")) == ([0.0], [60])
    write_video(tmp_path / "b.mp4", "libx264", "yuv420p", (64, 48))
    (tmp_path / "b.mp4").rename(tmp_path / "b.jpg")
    assert len(list(read_pictures(Media(tmp_path / "b.jpg")))) == 4


@pytest.mark.parametrize(
    ("read", "name", "content", "reason"),
    [
        (read_pictures, "a.mp4", "ffconcat version 1.0\nfile 'b.mp4'\n", "not readable as a video"),
        (read_audio, "a.wav", "ffconcat version 1.0\nfile 'b.mp4'\n", "not readable as audio"),
        (read_pictures, "a.mp4", "#EXTM3U\n#EXTINF:1,\nb.mp4\n#EXT-X-ENDLIST\n", "not readable as a video"),
        (read_pictures, "a.mp4", "1\n00:00:01,000 --> 00:00:02,000\nhi\n", "not readable as a video"),
        (read_pictures, "a.heic", "anything", "HEIC photos are not read; save it as JPEG"),
        (read_audio, "a.sph", "NIST_1A\n   1024\nsample_coding -s26 pcm,embedded-shorten-v2.00\nend_head\n".ljust(3000),
         "a NIST sphere file compressed with shorten"),
    ],
    ids=["list for video", "list for sound", "playlist", "subtitles", "heic", "shorten"],
)  # fmt: skip
def test_what_only_names_other_files_or_is_not_read_is_refused(
    tmp_path: Path, read: Callable[[Media], object], name: str, content: str, reason: str
) -> None:
    write_video(tmp_path / "b.mp4", "libx264", "yuv420p", (64, 48))
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(MediaError) as error:
        list(read(Media(path)))  # type: ignore[call-overload]
    assert str(error.value).startswith(f"{path}: {reason}")


def test_the_cover_of_a_recording_is_no_video(tmp_path: Path) -> None:
    with av.open(tmp_path / "a.mp3", "w") as container:
        sound_stream = container.add_stream("libmp3lame", rate=RATE_HZ, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        frame = av.AudioFrame.from_ndarray(TONE[None], format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        packets = cover.encode(av.VideoFrame.from_ndarray(np.asarray(grey(60)), format="rgb24"))
        container.mux([*sound_stream.encode(frame), *sound_stream.encode(None), *packets])
    assert len(read_audio(Media(tmp_path / "a.mp3"))[0]) == pytest.approx(RATE_HZ, rel=0.1)
    with pytest.raises(MediaError, match=r"a\.mp3: has no pictures"):
        list(read_pictures(Media(tmp_path / "a.mp3")))


def test_a_codec_that_nobody_knows_is_named(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", "libx264", "yuv420p", (64, 48))
    write_with_ffmpeg(tmp_path / "a.mov", RATE_HZ, "pcm_s16le")
    for name, codec, read in (("a.mp4", b"avc1", read_pictures), ("a.mov", b"sowt", read_audio)):
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content.replace(codec, b"what"))
        with pytest.raises(MediaError, match=r"a\.m..: its (video|audio) is of a kind that ffmpeg does not know"):
            list(read(Media(tmp_path / name)))


@pytest.mark.parametrize(("encoding", "subtype"), [("ulaw@8000", "ULAW"), ("alaw@8000", "ALAW")])
def test_telephone_sound_without_a_header(tmp_path: Path, encoding: str, subtype: str) -> None:
    soundfile.write(tmp_path / "a.raw", TONE, 8000, format="RAW", subtype=subtype)
    samples, rate_hz = read_audio(Media(tmp_path / "a.raw", encoding=encoding))
    assert rate_hz == 8000
    np.testing.assert_allclose(samples, TONE, atol=0.02)
