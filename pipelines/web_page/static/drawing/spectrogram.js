// The spectrogram of a sound: time from left to right, frequency from bottom to top.

import { chartCanvas, PICTURE, themeColours } from "./canvas.js";
import { drawAxes } from "./axes.js";
import { Fourier } from "./fourier.js";

const WINDOW_S = 0.025;
/** Levels this far below the loudest are drawn as silence. */
const RANGE_DB = 70;
const MAX_COLUMNS = 600;
/** Colours from silence to the loudest: a few of matplotlib's "magma", which reports use, too. */
const MAGMA = [
  "#000004",
  "#180f3d",
  "#440f76",
  "#721f81",
  "#9e2f7f",
  "#cd4071",
  "#f1605d",
  "#fd9668",
  "#feca8d",
  "#fcfdbf",
];

/** Make the chart of samples at a rate. */
export function spectrogramChart(samples, rateHz, isLast) {
  const durationS = samples.length / rateHz;
  let picture = null;
  return chartCanvas(isLast ? 190 : 164, "Spectrogram", (context, width, height) => {
    const colours = { ...themeColours(), line: "transparent" };
    const x = { from: 0, to: durationS, name: isLast ? "Time (s)" : "" };
    const area = drawAxes(
      context,
      { width, height },
      x,
      { from: 0, to: rateHz / 2000, name: "Frequency (kHz)" },
      colours,
    );
    picture ??= draw(samples, rateHz);
    context.fillStyle = PICTURE.ground;
    context.fillRect(area.left, area.top, area.width, area.height);
    context.drawImage(picture, area.left, area.top, area.width, area.height);
  });
}

/** Draw the levels, one pixel for a window and a frequency. */
function draw(samples, rateHz) {
  const window = Math.round(WINDOW_S * rateHz);
  const fourier = new Fourier(2 ** Math.ceil(Math.log2(window)));
  const taper = Float64Array.from({ length: window }, (_, at) => 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / window));
  const columns = Math.max(1, Math.min(MAX_COLUMNS, Math.round(samples.length / (rateHz / 100))));
  const rows = fourier.size / 2;
  const levels = Array.from({ length: columns }, (_, column) => {
    const first = Math.round(((column + 0.5) * samples.length) / columns - window / 2);
    const power = fourier.power(taper.map((weight, at) => weight * (samples[first + at] ?? 0)));
    return power.map((each) => 10 * Math.log10(each + 1e-12));
  });
  const loudest = Math.max(...levels.map((column) => Math.max(...column)));
  const image = new ImageData(columns, rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const share = 1 + (levels[column][rows - 1 - row] - loudest) / RANGE_DB;
      image.data.set(COLOURS[Math.max(0, Math.min(255, Math.round(255 * share)))], 4 * (row * columns + column));
    }
  }
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

/** 256 colours between those of MAGMA. */
const COLOURS = Array.from({ length: 256 }, (_, level) => {
  const place = (level / 255) * (MAGMA.length - 1);
  const lower = Math.min(Math.floor(place), MAGMA.length - 2);
  const channel = (colour, at) => parseInt(colour.slice(1 + 2 * at, 3 + 2 * at), 16);
  return [0, 1, 2]
    .map((at) => {
      const [low, high] = [channel(MAGMA[lower], at), channel(MAGMA[lower + 1], at)];
      return Math.round(low + (place - lower) * (high - low));
    })
    .concat(255);
});
