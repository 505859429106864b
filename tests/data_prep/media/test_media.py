from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

from data_prep.errors import InputError
from data_prep.media import Media, MediaError, read_audio, read_pictures

RATE_HZ = 16_000
TONE = (0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ)).astype(np.float32)
VIDEO_RATE_HZ = 10
QUARTER_TURN_RIGHT = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
QUARTER_TURN_LEFT = (0, -(1 << 16), 0, 1 << 16, 0, 0, 0, 0, 1 << 30)
RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 230, 20), (20, 20, 230), (230, 230, 230)


def write_aac(path: Path, samples: np.ndarray) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE_HZ, 0
        container.mux([*stream.encode(frame), *stream.encode(None)])


def write_video(path: Path, pictures: list[np.ndarray], samples: np.ndarray | None = None) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(VIDEO_RATE_HZ), options={"crf": "10"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        sound = None if samples is None else container.add_stream("aac", rate=RATE_HZ, layout="mono")
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            container.mux([*sound.encode(frame), *sound.encode(None)])


def grey_steps(count: int) -> list[np.ndarray]:
    return [np.full((48, 64, 3), 20 * i, np.uint8) for i in range(count)]


def corners(height: int = 48, width: int = 64) -> np.ndarray:
    """Red, green / blue, white: enough to tell every turn and mirroring."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = RED, GREEN
    picture[height // 2 :, : width // 2], picture[height // 2 :, width // 2 :] = BLUE, WHITE
    return picture


def assert_corners(picture: np.ndarray, *colours: tuple[int, int, int]) -> None:
    rows, columns = picture.shape[0] // 4, picture.shape[1] // 4
    found = [picture[r, c] for r in (rows, 3 * rows) for c in (columns, 3 * columns)]
    assert np.abs(np.array(found, int) - np.array(colours)).max() < 40


@pytest.mark.parametrize(
    ("name", "subtype", "tolerance"),
    [
        ("a.wav", "PCM_U8", 1 / 128),
        ("a.wav", "PCM_16", 2 / 32768),
        ("a.wav", "PCM_24", 1e-6),
        ("a.wav", "PCM_32", 1e-6),
        ("a.wav", "FLOAT", 0),
        ("a.flac", "PCM_16", 2 / 32768),
        ("a.aiff", "PCM_16", 2 / 32768),
    ],
)
def test_lossless_sound_comes_back_as_it_was(tmp_path: Path, name: str, subtype: str, tolerance: float) -> None:
    soundfile.write(tmp_path / name, TONE, RATE_HZ, subtype=subtype)
    samples, rate_hz = read_audio(Media(tmp_path / name))
    assert rate_hz == RATE_HZ
    assert samples.dtype == np.float32
    np.testing.assert_allclose(samples, TONE, rtol=0, atol=tolerance)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff"])
def test_16_bit_sound_comes_as_it_was_recorded(tmp_path: Path, name: str) -> None:
    recorded = np.array([0, 1, -1, 1234, 32767, -32768], np.int16)
    soundfile.write(tmp_path / name, recorded, RATE_HZ)
    samples, _ = read_audio(Media(tmp_path / name), dtype="int16")
    assert samples.dtype == np.int16
    np.testing.assert_array_equal(samples, recorded)
    np.testing.assert_array_equal(read_audio(Media(tmp_path / name))[0], recorded / np.float32(32768))


def test_other_sound_is_rounded_to_16_bits(tmp_path: Path) -> None:
    stereo = np.array([[0.5, 0.25], [1.5, 1.5], [-1.5, -1.5], [0.4 / 32768, 0.4 / 32768], [0.6 / 32768, 0.6 / 32768]])
    soundfile.write(tmp_path / "a.wav", stereo, RATE_HZ, subtype="FLOAT")
    samples, _ = read_audio(Media(tmp_path / "a.wav"), dtype="int16")
    assert samples.dtype == np.int16
    assert samples.tolist() == [12288, 32767, -32768, 0, 1]


def test_nist_sphere_comes_back_as_it_was(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.sph", TONE, RATE_HZ, format="NIST", subtype="PCM_16")
    np.testing.assert_allclose(read_audio(Media(tmp_path / "a.sph"))[0], TONE, atol=2 / 32768)


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.opus", "a.m4a", "a.mp4"])
def test_compressed_sound_keeps_its_length_and_pitch(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.m4a":
        write_aac(path, TONE)
    elif name == "a.mp4":
        write_video(path, grey_steps(10), TONE)
    elif name == "a.opus":
        soundfile.write(path, TONE, RATE_HZ, format="OGG", subtype="OPUS")
    else:
        soundfile.write(path, TONE, RATE_HZ)
    samples, rate_hz = read_audio(Media(path))
    assert rate_hz == RATE_HZ
    assert len(samples) == pytest.approx(RATE_HZ, rel=0.1)
    spectrum = np.abs(np.fft.rfft(samples))
    assert np.argmax(spectrum) * rate_hz / len(samples) == pytest.approx(440, abs=2)
    assert samples.std() == pytest.approx(0.5 / np.sqrt(2), rel=0.2)


@pytest.mark.parametrize(
    ("encoding", "dtype"),
    [("s16be@16000", ">i2"), ("s16le@16000", "<i2"), ("s16@16000", "<i2"), ("s32be@16000", ">i4")],
)
def test_headerless_sound_is_read_as_its_encoding_says(tmp_path: Path, encoding: str, dtype: str) -> None:
    full_scale = np.iinfo(dtype).max
    (tmp_path / "a.raw").write_bytes((TONE.astype(np.float64) * full_scale).astype(dtype).tobytes())
    samples, rate_hz = read_audio(Media(tmp_path / "a.raw", encoding=encoding))
    assert rate_hz == RATE_HZ
    np.testing.assert_allclose(samples, TONE, atol=1e-4)


def test_unsigned_bytes_are_read_as_sound(tmp_path: Path) -> None:
    (tmp_path / "a.pcm").write_bytes(np.round(TONE * 127 + 128).astype(np.uint8).tobytes())
    samples, rate_hz = read_audio(Media(tmp_path / "a.pcm", encoding="u8@8000"))
    assert rate_hz == 8000
    np.testing.assert_allclose(samples, TONE, atol=0.02)


@pytest.mark.parametrize("write", [soundfile.write, None], ids=["libsndfile", "ffmpeg"])
def test_stereo_is_mixed_down(tmp_path: Path, write: Callable[..., None] | None) -> None:
    stereo = np.stack([TONE, np.zeros_like(TONE)], axis=1)
    path = tmp_path / ("a.wav" if write else "a.mka")
    if write:
        write(path, stereo, RATE_HZ)
    else:
        with av.open(path, "w") as container:
            stream = container.add_stream("pcm_f32le", rate=RATE_HZ, layout="stereo")
            frame = av.AudioFrame.from_ndarray(stereo.reshape(1, -1), format="flt", layout="stereo")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            container.mux([*stream.encode(frame), *stream.encode(None)])
    samples, _ = read_audio(Media(path))
    np.testing.assert_allclose(samples, TONE / 2, atol=2 / 32768)


@pytest.mark.parametrize(
    ("start_s", "end_s"), [(None, None), (0.25, None), (None, 0.5), (0.25, 0.75), (0.5, 99.0), (0.0, 1e-4)]
)
def test_a_stretch_of_sound_is_what_it_says(tmp_path: Path, start_s: float | None, end_s: float | None) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ, subtype="FLOAT")
    samples, _ = read_audio(Media(tmp_path / "a.wav", start_s, end_s))
    stop = None if end_s is None else round(end_s * RATE_HZ)
    np.testing.assert_array_equal(samples, TONE[round((start_s or 0) * RATE_HZ) : stop])


def test_a_stretch_of_compressed_sound_is_the_same_part_of_the_whole(tmp_path: Path) -> None:
    write_aac(tmp_path / "a.m4a", TONE)
    whole, _ = read_audio(Media(tmp_path / "a.m4a"))
    part, _ = read_audio(Media(tmp_path / "a.m4a", 0.25, 0.5))
    np.testing.assert_array_equal(part, whole[RATE_HZ // 4 : RATE_HZ // 2])


def test_every_picture_of_a_video_comes_with_its_time(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_steps(12))
    times_s, pictures = zip(*read_pictures(Media(tmp_path / "a.mp4")), strict=True)
    np.testing.assert_allclose(times_s, np.arange(12) / VIDEO_RATE_HZ, atol=1e-6)
    assert pictures[0].shape == (48, 64, 3)
    assert pictures[0].dtype == np.uint8
    np.testing.assert_allclose([picture.mean() for picture in pictures], 20 * np.arange(12), atol=4)


def test_a_stretch_of_video_begins_at_time_0(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", grey_steps(12))
    times_s, pictures = zip(*read_pictures(Media(tmp_path / "a.mp4", 0.3, 0.7)), strict=True)
    np.testing.assert_allclose(times_s, [0, 0.1, 0.2, 0.3], atol=1e-6)
    np.testing.assert_allclose([picture.mean() for picture in pictures], [60, 80, 100, 120], atol=4)


@pytest.mark.parametrize(
    ("matrix", "colours"),
    [(QUARTER_TURN_RIGHT, (BLUE, RED, WHITE, GREEN)), (QUARTER_TURN_LEFT, (GREEN, WHITE, RED, BLUE))],
    ids=["right", "left"],
)
def test_a_video_turned_by_its_header_comes_upright(
    tmp_path: Path, matrix: tuple[int, ...], colours: tuple[tuple[int, int, int], ...]
) -> None:
    path = tmp_path / "phone.mp4"
    write_video(path, [corners()] * 3)
    content = bytearray(path.read_bytes())
    header = content.index(b"tkhd") + 44  # where the display matrix of the track header (version 0) begins
    content[header : header + 36] = np.array(matrix, ">i4").tobytes()
    path.write_bytes(content)
    for _, picture in read_pictures(Media(path)):
        assert picture.shape == (64, 48, 3)
        assert_corners(picture, *colours)


@pytest.mark.parametrize(
    ("orientation", "colours"),
    [
        (1, (RED, GREEN, BLUE, WHITE)),
        (3, (WHITE, BLUE, GREEN, RED)),
        (6, (BLUE, RED, WHITE, GREEN)),
        (8, (GREEN, WHITE, RED, BLUE)),
    ],
)
def test_a_photo_turned_by_its_exif_comes_upright(
    tmp_path: Path, orientation: int, colours: tuple[tuple[int, int, int], ...]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(corners()).save(tmp_path / "a.JPG", format="JPEG", quality=95, exif=exif)
    ((time_s, picture),) = read_pictures(Media(tmp_path / "a.JPG"))
    assert time_s == 0.0
    assert_corners(picture, *colours)


@pytest.mark.parametrize(("mode", "suffix"), [("L", ".png"), ("RGBA", ".png"), ("P", ".png"), ("RGB", ".webp")])
def test_photos_of_any_kind_come_as_rgb(tmp_path: Path, mode: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    Image.fromarray(corners()).convert(mode).save(path)
    ((_, picture),) = read_pictures(Media(path))
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.uint8
    assert picture[40, 60].min() > 180


def test_a_gif_is_a_video(tmp_path: Path) -> None:
    pictures = [Image.fromarray(picture) for picture in grey_steps(5)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=200)
    times_s, found = zip(*read_pictures(Media(tmp_path / "a.gif")), strict=True)
    np.testing.assert_allclose(times_s, [0, 0.2, 0.4, 0.6, 0.8], atol=1e-6)
    np.testing.assert_allclose([picture.mean() for picture in found], [0, 20, 40, 60, 80], atol=4)


def read_everything(read: Callable[[Media], object], media: Media) -> None:
    result = read(media)
    if not isinstance(result, tuple):
        list(result)


def make_bad_file(path: Path, kind: str) -> None:
    rng = np.random.default_rng(0)
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("hello, this is a text file and no recording\n" * 20)
    elif kind == "garbage":
        path.write_bytes(rng.bytes(5000))
    elif kind == "folder":
        path.mkdir()
    elif kind == "truncated":
        whole = path.with_name("whole" + path.suffix)
        if path.suffix == ".mp4":
            write_video(whole, grey_steps(12))
        elif path.suffix == ".m4a":
            write_aac(whole, TONE)
        elif path.suffix == ".jpg":
            Image.fromarray(rng.integers(0, 256, (64, 64, 3), np.uint8)).save(whole)
        else:
            soundfile.write(whole, TONE, RATE_HZ)
        content = whole.read_bytes()
        path.write_bytes(content[: 20 if path.suffix == ".wav" else len(content) // 2])


@pytest.mark.parametrize(
    ("read", "name", "kind", "reason"),
    [
        (read_audio, "a.wav", "missing", "no such file"),
        (read_audio, "a.wav", "folder", "no such file"),
        (read_audio, "a.wav", "empty", "the file is empty (0 bytes)"),
        (read_audio, "a.wav", "text", "not readable as audio"),
        (read_audio, "a.wav", "garbage", "not readable as audio"),
        (read_audio, "a.wav", "truncated", "not readable as audio"),
        (read_audio, "a.flac", "truncated", "not readable as audio"),
        (read_audio, "a.m4a", "truncated", "not readable as audio"),
        (read_audio, "a.mp3", "garbage", "not readable as audio"),
        (read_pictures, "a.mp4", "missing", "no such file"),
        (read_pictures, "a.mp4", "empty", "the file is empty (0 bytes)"),
        (read_pictures, "a.mp4", "text", "not readable as a video"),
        (read_pictures, "a.mp4", "garbage", "not readable as a video"),
        (read_pictures, "a.mp4", "truncated", "not readable as a video"),
        (read_pictures, "a.jpg", "empty", "the file is empty (0 bytes)"),
        (read_pictures, "a.jpg", "text", "not readable as a photo"),
        (read_pictures, "a.jpg", "truncated", "not readable as a photo"),
        (read_pictures, "a.png", "garbage", "not readable as a photo"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(
    tmp_path: Path, read: Callable[[Media], object], name: str, kind: str, reason: str
) -> None:
    path = tmp_path / name
    make_bad_file(path, kind)
    with pytest.raises(MediaError) as error:
        read_everything(read, Media(path))
    assert str(error.value).startswith(f"{path}: {reason}")


def test_media_errors_are_input_errors() -> None:
    assert issubclass(MediaError, InputError)


def test_sound_of_no_samples_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", TONE[:0], RATE_HZ)
    with pytest.raises(MediaError, match=r"a\.wav: no sound in it; leave the clip out"):
        read_audio(Media(tmp_path / "a.wav"))


@pytest.mark.parametrize(
    ("start_s", "end_s", "stretch"), [(5.0, None, "between 5.0 s and its end"), (2.0, 3.0, "between 2.0 s and 3.0 s")]
)
def test_a_stretch_beyond_the_end_is_an_error(
    tmp_path: Path, start_s: float, end_s: float | None, stretch: str
) -> None:
    soundfile.write(tmp_path / "a.wav", TONE, RATE_HZ)
    write_aac(tmp_path / "a.m4a", TONE)
    write_video(tmp_path / "a.mp4", grey_steps(5))
    for name, read in (("a.wav", read_audio), ("a.m4a", read_audio), ("a.mp4", read_pictures)):
        with pytest.raises(MediaError) as error:
            read_everything(read, Media(tmp_path / name, start_s, end_s))
        assert str(error.value).startswith(f"{tmp_path / name}: no ")
        assert stretch in str(error.value)


def test_sound_is_not_looked_for_in_a_silent_video_nor_pictures_in_sound(tmp_path: Path) -> None:
    write_video(tmp_path / "silent.mp4", grey_steps(3))
    with pytest.raises(MediaError, match=r"silent\.mp4: has no sound"):
        read_audio(Media(tmp_path / "silent.mp4"))
    write_aac(tmp_path / "sound.mp4", TONE)
    with pytest.raises(MediaError, match=r"sound\.mp4: has no pictures"):
        list(read_pictures(Media(tmp_path / "sound.mp4")))


def test_headerless_sound_needs_an_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(b"\0\1" * 100)
    with pytest.raises(MediaError, match=r"a\.raw: .* give encoding=s16le@16000"):
        read_audio(Media(tmp_path / "a.raw"))


@pytest.mark.parametrize(
    "encoding", ["", "pcm", "s16be", "s12le@16000", "u16le@8000", "s8@8000", "ulaw16@8000", "u8le@1", "f32@1"]
)
def test_an_encoding_that_means_nothing_is_an_error(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.raw").write_bytes(b"\0\1" * 100)
    with pytest.raises(MediaError, match=r"a\.raw: encoding .* is not understood; expected such as s16be@16000"):
        read_audio(Media(tmp_path / "a.raw", encoding=encoding))


def test_sound_that_is_not_finite_is_an_error(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([0, np.nan, 1], np.float32), RATE_HZ, subtype="FLOAT")
    with pytest.raises(MediaError, match=r"a\.wav: holds samples that are not finite"):
        read_audio(Media(tmp_path / "a.wav"))


def test_a_wav_that_ends_before_its_header_says_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, np.zeros(8000), 8000)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(MediaError, match=r"cut\.wav: truncated: its header promises 16000 bytes"):
        read_audio(Media(path))


def test_a_wav_of_unknown_length_as_pipes_write_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "piped.wav"
    soundfile.write(path, np.full(8000, 0.1), 8000)
    content = bytearray(path.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(content))
    samples, rate_hz = read_audio(Media(path))
    assert (len(samples), rate_hz) == (8000, 8000)
