// WAV files with 16-bit samples, read and written.

const FULL_SCALE = 32768;
const PCM = 1;
const EXTENSIBLE = 0xfffe;

/**
 * Read a file.
 *
 * @param {ArrayBuffer} content - The file.
 * @returns {{samples: Float32Array, rateHz: number} | null} The mean of its channels; null if it is of another kind.
 */
export function readWav(content) {
  const view = new DataView(content);
  if (content.byteLength < 44 || tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") return null;
  let format = null;
  for (let place = 12; place + 8 <= view.byteLength;) {
    const [name, size] = [tag(view, place), view.getUint32(place + 4, true)];
    const start = place + 8;
    if (name === "fmt " && size >= 16 && start + size <= view.byteLength) format = readFormat(view, start, size);
    if (name === "data") return format && { samples: readSamples(view, start, size, format.channels), ...format };
    place = start + size + (size % 2);
  }
  return null;
}

function readFormat(view, start, size) {
  let kind = view.getUint16(start, true);
  if (kind === EXTENSIBLE && size >= 26) kind = view.getUint16(start + 24, true);
  const [channels, rateHz, bits] = [
    view.getUint16(start + 2, true),
    view.getUint32(start + 4, true),
    view.getUint16(start + 14, true),
  ];
  return kind === PCM && bits === 16 && channels > 0 && rateHz > 0 ? { channels, rateHz } : null;
}

function readSamples(view, start, size, channels) {
  // A file whose end is missing, or that was written to a pipe, states more than it holds.
  const bytes = Math.min(size, view.byteLength - start);
  const samples = new Float32Array(Math.floor(bytes / 2 / channels));
  for (let index = 0; index < samples.length; index++) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) {
      sum += view.getInt16(start + 2 * (index * channels + channel), true);
    }
    samples[index] = sum / channels / FULL_SCALE;
  }
  return samples;
}

/** Write samples of one channel. */
export function writeWav(samples, rateHz) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (place, letters) =>
    [...letters].forEach((letter, at) => view.setUint8(place + at, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rateHz, true);
  view.setUint32(28, 2 * rateHz, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, index) => {
    const rounded = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(sample * FULL_SCALE)));
    view.setInt16(44 + 2 * index, rounded, true);
  });
  return new Blob([view], { type: "audio/wav" });
}

function tag(view, place) {
  return String.fromCharCode(...[0, 1, 2, 3].map((at) => view.getUint8(place + at)));
}
