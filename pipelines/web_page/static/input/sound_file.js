// Sound from files: samples of one channel at the recognizer's rate.

import { resampled } from "../recognition/resampling.js";
import { readWav } from "./wav.js";

/** Longer recordings would not fit in the memory of a phone. */
const LONGEST_S = 1800;

/**
 * Read the sound of a file.
 *
 * @param {Blob} file - Sound, or a video with sound.
 * @param {number} rateHz - Samples a second of the result.
 * @returns {Promise<Float32Array>} The mean of its channels.
 * @throws {Error} The browser cannot read it.
 */
export async function readSound(file, rateHz) {
  const content = await file.arrayBuffer();
  // Browsers scale and resample 16-bit samples in ways of their own; plain WAV files are read as in training instead.
  const wav = readWav(content);
  if (wav) {
    checkDuration(wav.samples.length / wav.rateHz);
    return wav.rateHz === rateHz ? wav.samples : resampled(wav.samples, wav.rateHz, rateHz);
  }
  let decoded;
  try {
    decoded = await new OfflineAudioContext(1, 1, rateHz).decodeAudioData(content);
  } catch {
    throw new Error("it is damaged, or holds no sound that this browser can read; WAV, MP3 and FLAC work everywhere");
  }
  checkDuration(decoded.duration);
  const channels = Array.from({ length: decoded.numberOfChannels }, (_, number) => decoded.getChannelData(number));
  if (channels.length === 1) return channels[0].slice();
  return Float32Array.from(channels[0], (_, place) => {
    return channels.reduce((sum, channel) => sum + channel[place], 0) / channels.length;
  });
}

function checkDuration(durationS) {
  if (durationS > LONGEST_S) {
    throw new Error(`it lasts ${Math.round(durationS / 60)} minutes, and at most ${LONGEST_S / 60} fit; cut it up`);
  }
}
