"""Decoding of media: sound, pictures and series of numbers from files, folders of frames and arrays.

All decoding in the project happens here. A file is recognised by its content, not by its name, and the same content
gives the same values whether it comes from a file or an array. A file that cannot be used, for whatever reason, raises
a `MediaError` with its name and the reason; a file that would exhaust memory does so before it is decoded.

No library reads everything: libsndfile (soundfile) is the fastest for the usual audio formats, ffmpeg (PyAV, which
brings its own build) reads all other audio and all video, and Pillow reads photos. torchaudio is not used because it
needs torchcodec and a system-wide ffmpeg to decode.

Read `file.py` first, which defines `Media` and its limits, then `sound.py`, `pictures.py` and `number_series.py`.
"""

from data_prep.media.arrays import pictures_from_array, sound_from_array
from data_prep.media.file import (
    AUDIO_SUFFIXES,
    LANDMARK_SUFFIXES,
    NAMED_LANDMARK_SUFFIXES,
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    SERIES_SUFFIXES,
    VIDEO_SUFFIXES,
    Media,
    MediaError,
)
from data_prep.media.pictures import read_pictures
from data_prep.media.sound import read_audio, to_int16

__all__ = [
    "AUDIO_SUFFIXES",
    "LANDMARK_SUFFIXES",
    "NAMED_LANDMARK_SUFFIXES",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "SERIES_SUFFIXES",
    "VIDEO_SUFFIXES",
    "Media",
    "MediaError",
    "pictures_from_array",
    "read_audio",
    "read_pictures",
    "sound_from_array",
    "to_int16",
]
