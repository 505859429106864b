import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from data_prep.media import Media, MediaError, pictures, read_audio, read_pictures
from tests.data_prep.media.media_files import (
    HEIGHT,
    RATE_HZ,
    TONE,
    VIDEO_RATE_HZ,
    WIDTH,
    audio_frame,
    grey,
    grey_steps,
    times_and_levels,
    write_video,
    write_with_ffmpeg,
)

RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 230, 20), (20, 20, 230), (230, 230, 230)
#: Each orientation: a, b, c and d of a video's display matrix, the value of a photo's EXIF tag, and the colours of the
#: corners of the upright picture, top left, top right, bottom left, bottom right.
ORIENTATIONS = {
    "as stored": ((1, 0, 0, 1), 1, (RED, GREEN, BLUE, WHITE)),
    "mirrored left to right": ((-1, 0, 0, 1), 2, (GREEN, RED, WHITE, BLUE)),
    "half a turn": ((-1, 0, 0, -1), 3, (WHITE, BLUE, GREEN, RED)),
    "mirrored top to bottom": ((1, 0, 0, -1), 4, (BLUE, WHITE, RED, GREEN)),
    "transposed": ((0, 1, 1, 0), 5, (RED, BLUE, GREEN, WHITE)),
    "a quarter turn right": ((0, 1, -1, 0), 6, (BLUE, RED, WHITE, GREEN)),
    "transposed the other way": ((0, -1, -1, 0), 7, (WHITE, GREEN, BLUE, RED)),
    "a quarter turn left": ((0, -1, 1, 0), 8, (GREEN, WHITE, RED, BLUE)),
}


def corners() -> np.ndarray:
    """Four colours, red and green above blue and white, which tell every rotation and reflection apart."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[: HEIGHT // 2, : WIDTH // 2], picture[: HEIGHT // 2, WIDTH // 2 :] = RED, GREEN
    picture[HEIGHT // 2 :, : WIDTH // 2], picture[HEIGHT // 2 :, WIDTH // 2 :] = BLUE, WHITE
    return picture


def assert_corners(picture: np.ndarray, *colours: tuple[int, int, int]) -> None:
    rows, columns = picture.shape[0] // 4, picture.shape[1] // 4
    found = [picture[r, c] for r in (rows, 3 * rows) for c in (columns, 3 * columns)]
    assert np.abs(np.array(found, int) - np.array(colours)).max() < 40


# Videos


def test_every_picture_of_a_video_comes_with_its_time(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_steps(12), crf="10")
    times_s, found = zip(*read_pictures(Media(tmp_path / "a.mp4")), strict=True)
    np.testing.assert_allclose(times_s, np.arange(12) / VIDEO_RATE_HZ, atol=1e-6)
    assert found[0].shape == (HEIGHT, WIDTH, 3)
    assert found[0].dtype == np.uint8
    np.testing.assert_allclose([picture.mean() for picture in found], 20 * np.arange(12), atol=4)


def test_times_count_from_the_start_of_the_time_range(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_steps(12), crf="10")
    times_s, levels = times_and_levels(Media(tmp_path / "a.mp4", 0.3, 0.7))
    np.testing.assert_allclose(times_s, [0, 0.1, 0.2, 0.3], atol=1e-6)
    np.testing.assert_allclose(levels, [60, 80, 100, 120], atol=4)


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("a.mp4", "libx264", {"g": "20", "bf": "3"}),
        ("a.mp4", "libx264", {"x264-params": "open-gop=1:keyint=25"}),
        ("a.mov", "mjpeg", {}),
        ("a.mkv", "libx264", {"g": "1000"}),
        ("a.webm", "libvpx-vp9", {"g": "15", "deadline": "realtime", "cpu-used": "8"}),
        ("a.avi", "mpeg4", {}),
        ("a.mpg", "mpeg2video", {}),
    ],
)
def test_a_time_range_equals_that_part_of_the_whole_video(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    pixels = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    write_video(tmp_path / name, [grey(10 + 2 * number) for number in range(90)], codec, pixels, 30, **options)
    times_s, whole = zip(*read_pictures(Media(tmp_path / name)), strict=True)
    assert len(times_s) == 90
    np.testing.assert_allclose(times_s, np.arange(90) / 30, atol=0.002)
    for start_s, end_s in ((0.0, 0.3), (1.21, 1.52), (2.5, 2.75), (2.9, None)):
        wanted = [i for i, time_s in enumerate(times_s) if start_s <= time_s < (end_s or 99)]
        found_s, found = zip(*read_pictures(Media(tmp_path / name, start_s, end_s)), strict=True)
        np.testing.assert_allclose(found_s, np.array(times_s)[wanted] - start_s, atol=1e-9)
        np.testing.assert_array_equal(np.stack(found), np.stack(whole)[wanted])


def test_pictures_at_uneven_times_keep_their_times(tmp_path: Path) -> None:
    shown_ms = [0, 40, 50, 300, 1000, 1500, 2700]
    with av.open(tmp_path / "a.mkv", "w") as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, time_ms in enumerate(shown_ms):
            frame = av.VideoFrame.from_ndarray(grey(30 * number), format="rgb24")
            frame.pts, frame.time_base = time_ms, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    times_s, _ = times_and_levels(Media(tmp_path / "a.mkv"))
    np.testing.assert_allclose(times_s, np.array(shown_ms) / 1000, atol=1e-6)
    times_s, levels = times_and_levels(Media(tmp_path / "a.mkv", 1.2, 2.8))
    np.testing.assert_allclose(times_s, [0.3, 1.5], atol=1e-6)
    np.testing.assert_allclose(levels, [150, 180], atol=4)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_video_with_a_display_matrix_is_turned_upright(tmp_path: Path, orientation: str) -> None:
    path = tmp_path / "phone.mp4"
    write_video(path, [corners()] * 3, crf="10")
    (a, b, c, d), _, colours = ORIENTATIONS[orientation]
    content = bytearray(path.read_bytes())
    header = content.index(b"tkhd") + 44  # the display matrix in a track header of version 0
    matrix = np.array([a, b, 0, c, d, 0, 0, 0, 1 << 14]) * (1 << 16)  # its last number is in 2.30 fixed point
    content[header : header + 36] = matrix.astype(">i4").tobytes()
    path.write_bytes(content)
    for _, picture in read_pictures(Media(path)):
        assert picture.shape == ((HEIGHT, WIDTH, 3) if a else (WIDTH, HEIGHT, 3))
        assert_corners(picture, *colours)


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
def test_videos_of_unusual_sizes_and_pixel_formats_come_as_rgb(
    tmp_path: Path, name: str, codec: str, pixels: str, size: tuple[int, int], options: dict[str, str]
) -> None:
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV lacks {codec}")
    width, height = size
    write_video(tmp_path / name, grey_steps(4, 60, width, height), codec, pixels, **options)
    found = [picture for _, picture in read_pictures(Media(tmp_path / name))]
    assert {picture.shape for picture in found} == {(height, width, 3)}
    np.testing.assert_allclose([picture.mean() for picture in found], [0, 60, 120, 180], atol=8)


def test_pixels_are_made_square(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mkv", grey_steps(4), pixel_aspect=2)
    found = [picture for _, picture in read_pictures(Media(tmp_path / "a.mkv"))]
    assert {picture.shape for picture in found} == {(HEIGHT, 2 * WIDTH, 3)}


def test_a_gif_is_read_as_a_video(tmp_path: Path) -> None:
    first, *others = [Image.fromarray(picture) for picture in grey_steps(5)]
    first.save(tmp_path / "a.gif", save_all=True, append_images=others, duration=200)
    times_s, levels = times_and_levels(Media(tmp_path / "a.gif"))
    np.testing.assert_allclose(times_s, [0, 0.2, 0.4, 0.6, 0.8], atol=1e-6)
    np.testing.assert_allclose(levels, [0, 20, 40, 60, 80], atol=4)


# Photos and animations


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_photo_with_an_exif_orientation_is_turned_upright(tmp_path: Path, orientation: str) -> None:
    _, tag, colours = ORIENTATIONS[orientation]
    exif = Image.Exif()
    exif[0x0112] = tag
    Image.fromarray(corners()).save(tmp_path / "a.JPG", format="JPEG", quality=95, exif=exif)
    ((time_s, picture),) = read_pictures(Media(tmp_path / "a.JPG"))
    assert time_s == 0.0
    assert_corners(picture, *colours)


@pytest.mark.parametrize(("mode", "suffix"), [("L", ".png"), ("RGBA", ".png"), ("P", ".png"), ("RGB", ".webp")])
def test_photos_in_any_colour_mode_come_as_rgb(tmp_path: Path, mode: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(corners()).convert(mode).save(path)
    ((_, picture),) = read_pictures(Media(path))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.dtype == np.uint8
    assert picture[40, 60].min() > 180


def test_16_bit_photos_are_scaled_to_8_bits(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    ((_, picture),) = read_pictures(Media(tmp_path / "a.png"))
    assert picture.mean() == pytest.approx(127, abs=1)


@pytest.mark.parametrize("suffix", [".webp", ".png"])
def test_an_animation_is_read_with_the_durations_of_its_pictures(tmp_path: Path, suffix: str) -> None:
    first, *others = [Image.fromarray(picture) for picture in grey_steps(5)]
    options = {"lossless": True} if suffix == ".webp" else {}
    path = tmp_path / f"a{suffix}"
    first.save(path, save_all=True, append_images=others, duration=[100, 200, 100, 100, 100], **options)
    times_s, levels = times_and_levels(Media(path))
    np.testing.assert_allclose(times_s, [0, 0.1, 0.3, 0.4, 0.5])
    assert levels == [0, 20, 40, 60, 80]
    times_s, levels = times_and_levels(Media(path, 0.3, 0.5))
    np.testing.assert_allclose(times_s, [0, 0.1], atol=1e-9)
    assert levels == [40, 60]


def test_transparent_pictures_get_a_white_background(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    clear.save(tmp_path / "a.png")
    ((_, picture),) = read_pictures(Media(tmp_path / "a.png"))
    assert picture.min() == 255
    with av.open(tmp_path / "a.mov", "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "rgba"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(clear), format="rgba")))
        container.mux(stream.encode(None))
    ((_, picture),) = read_pictures(Media(tmp_path / "a.mov"))
    assert picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.min() == 255


def test_pictures_with_a_misleading_name_are_read(tmp_path: Path) -> None:
    Image.fromarray(grey(60)).save(tmp_path / "a.mp4", format="JPEG")
    assert times_and_levels(Media(tmp_path / "a.mp4")) == ([0.0], [60])
    write_video(tmp_path / "b.mp4", grey_steps(4))
    (tmp_path / "b.mp4").rename(tmp_path / "b.jpg")
    assert len(list(read_pictures(Media(tmp_path / "b.jpg")))) == 4


# Files that cannot be used


@pytest.mark.parametrize(
    ("start_s", "end_s", "described"),
    [(5.0, None, "between 5.0 s and its end"), (2.0, 3.0, "between 2.0 s and 3.0 s")],
)
def test_a_time_range_beyond_the_end_is_an_error(
    tmp_path: Path, start_s: float, end_s: float | None, described: str
) -> None:
    write_video(tmp_path / "a.mp4", grey_steps(5))
    with pytest.raises(MediaError, match=rf"a\.mp4: no picture in it {described}; remove the clip"):
        list(read_pictures(Media(tmp_path / "a.mp4", start_s, end_s)))


def test_a_time_range_that_outlasts_the_video_is_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_video(tmp_path / "a.mp4", grey_steps(5))
    with pytest.raises(MediaError, match=r"a\.mp4: end_s is 3, but the file ends after 0\.50 s"):
        list(read_pictures(Media(tmp_path / "a.mp4", 0.1, 3.0)))
    assert len(list(read_pictures(Media(tmp_path / "a.mp4", 0.0, 0.8)))) == 5
    assert "a.mp4: end_s is 0.8, but the file ends after 0.50 s" in caplog.text


def test_a_sound_file_is_an_error(tmp_path: Path) -> None:
    write_with_ffmpeg(tmp_path / "sound.mp4", TONE)
    with pytest.raises(MediaError, match=r"sound\.mp4: has no pictures; expected a video or a photo"):
        list(read_pictures(Media(tmp_path / "sound.mp4")))


def test_the_cover_picture_of_a_recording_is_not_a_video(tmp_path: Path) -> None:
    with av.open(tmp_path / "a.mp3", "w") as container:
        sound_stream = container.add_stream("libmp3lame", rate=RATE_HZ, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = WIDTH, HEIGHT, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        packets = cover.encode(av.VideoFrame.from_ndarray(grey(60), format="rgb24"))
        container.mux([*sound_stream.encode(audio_frame(TONE)), *sound_stream.encode(None), *packets])
    assert len(read_audio(Media(tmp_path / "a.mp3"))[0]) == pytest.approx(RATE_HZ, rel=0.1)
    with pytest.raises(MediaError, match=r"a\.mp3: has no pictures"):
        list(read_pictures(Media(tmp_path / "a.mp3")))


def test_a_heic_photo_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_text("anything")
    with pytest.raises(MediaError, match=r"a\.heic: HEIC photos are not supported; save it as JPEG"):
        list(read_pictures(Media(tmp_path / "a.heic")))


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header states a size, without the pixels."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("size", "reason"),
    [((12_000, 12_000), "a picture has 12000 x 12000 pixels, but at most 134 million"), ((60_000, 60_000), "bomb")],
)
def test_a_picture_too_large_for_memory_is_an_error(tmp_path: Path, size: tuple[int, int], reason: str) -> None:
    (tmp_path / "a.png").write_bytes(png_of_size(*size))
    with pytest.raises(MediaError, match=rf"a\.png: .*{reason}"):
        list(read_pictures(Media(tmp_path / "a.png")))


def test_a_video_that_is_too_long_is_an_error_while_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header need not state the length, and what it states may be wrong."""
    write_video(tmp_path / "a.avi", grey_steps(4), "mpeg4")
    monkeypatch.setattr(pictures, "MAX_PICTURES", 3)
    with pytest.raises(MediaError, match=r"a\.avi: has more than 3 pictures; split the file"):
        list(read_pictures(Media(tmp_path / "a.avi")))
    monkeypatch.setattr(pictures, "MAX_VIDEO_S", 0.25)
    with pytest.raises(MediaError, match=r"a\.avi: lasts at least .*; split the file, or list its parts"):
        list(read_pictures(Media(tmp_path / "a.avi")))
