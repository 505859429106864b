"""Feature extractors: media become signals, which are stored, and signals become frames, which an encoder reads.

`extractor` defines the contract: read it first. `mfcc` implements it for sound, with `mel_scale` and
`power_spectrum`. `hand_keypoints` implements it for hands: `hand_tracker` finds them in pictures with MediaPipe
(`hand_identity` tells the two apart, `body_pose` adds the upper body), `landmark_files` and `shrec_skeleton` read
landmarks that exist already, and `hand_gaps` fills in frames that the tracker missed. `as_is` takes the rows of any
table of numbers for frames.

The MFCC are our own, because recognition must not need torch and because they are faster: 10 s of audio take 1 ms
(1.9 ms without OpenCV), against 2.7 to 4.6 ms in torchaudio, 4 ms in librosa and 15 ms in kaldi-native-fbank. Tests
hold them against torchaudio and librosa.
"""
