// The waveform of a sound, with its words where they are said.

import { chartCanvas, themeColours } from "./canvas.js";
import { drawAxes } from "./axes.js";

/** Make the chart of samples at a rate; `words` are {word, startS, endS}. */
export function waveformChart(samples, rateHz, words) {
  const durationS = samples.length / rateHz;
  return chartCanvas(words.length ? 136 : 108, "Waveform", (context, width, height) => {
    const colours = themeColours();
    const loudest = Math.max(
      1e-4,
      samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0),
    );
    // Words stand above the loudest sample.
    const room = words.length ? 1.4 : 1;
    const y = {
      from: -loudest,
      to: room * loudest,
      name: "Amplitude",
      ticks: [-1, 0, 1].map((sign) => sign * rounded(loudest)),
    };
    const area = drawAxes(context, { width, height }, { from: 0, to: durationS, name: "" }, y, colours);
    markWords(context, area, words, colours);
    const top = area.y(loudest);
    drawEnvelope(context, { ...area, top, height: area.top + area.height - top }, samples, loudest, colours.series[0]);
  });
}

/** The next lower value with one digit. */
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return Math.floor(value / power) * power;
}

/** Draw for each column of pixels a line from the lowest to the highest sample. */
export function drawEnvelope(context, area, samples, loudest, colour) {
  context.fillStyle = colour;
  const columns = Math.max(1, Math.round(area.width));
  const [middle, half] = [area.top + area.height / 2, area.height / 2];
  for (let column = 0; column < columns; column++) {
    const first = Math.floor((column * samples.length) / columns);
    const end = Math.max(first + 1, Math.floor(((column + 1) * samples.length) / columns));
    let [low, high] = [0, 0];
    for (let at = first; at < end && at < samples.length; at++) {
      low = Math.min(low, samples[at]);
      high = Math.max(high, samples[at]);
    }
    const top = middle - (high / loudest) * half;
    context.fillRect(area.left + column, top, 1, Math.max(1, ((high - low) / loudest) * half));
  }
}

/** Shade where words are said, and write them above the waveform where there is room. */
function markWords(context, area, words, colours) {
  context.textBaseline = "top";
  context.textAlign = "center";
  let endOfText = area.left;
  words.forEach(({ word, startS, endS }, number) => {
    const [left, right] = [area.x(startS), area.x(endS)];
    context.globalAlpha = number % 2 ? 0.1 : 0.2;
    context.fillStyle = colours.series[0];
    context.fillRect(left, area.top, Math.max(1, right - left), area.height);
    context.globalAlpha = 1;
    const half = context.measureText(word).width / 2;
    const middle = (left + right) / 2;
    if (middle - half < endOfText || middle + half > area.left + area.width) return;
    context.fillStyle = colours.ink;
    context.fillText(word, middle, area.top + 1);
    endOfText = middle + half + 4;
  });
}
