"""The only decoder of media: sound and pictures out of any file, or of an array."""

from data_prep.media.arrays import pictures_from_array, sound_from_array
from data_prep.media.file import (
    AUDIO_SUFFIXES,
    LANDMARK_SUFFIXES,
    PHOTO_SUFFIXES,
    RAW_SUFFIXES,
    VIDEO_SUFFIXES,
    Media,
    MediaError,
)
from data_prep.media.pictures import read_pictures
from data_prep.media.sound import read_audio, to_int16

__all__ = [
    "AUDIO_SUFFIXES",
    "LANDMARK_SUFFIXES",
    "PHOTO_SUFFIXES",
    "RAW_SUFFIXES",
    "VIDEO_SUFFIXES",
    "Media",
    "MediaError",
    "pictures_from_array",
    "read_audio",
    "read_pictures",
    "sound_from_array",
    "to_int16",
]
