// Emissions over time: the probability of each symbol in each frame, as the network gives it.

import { chartCanvas, themeColours } from "./canvas.js";
import { drawAxes } from "./axes.js";

/** Symbols that are never likelier than this are not drawn. */
const LEAST = 0.2;

/**
 * Make the chart of a result's emissions.
 *
 * @param segments - {startS, emissions} of each segment.
 * @param {number} durationS - Duration of the recording.
 * @param about - The recognizer's description.
 */
export function emissionsChart(segments, durationS, about) {
  const curves = segments.flatMap((segment) => curvesOf(segment, about));
  return chartCanvas(210, "Probability of each symbol over time", (context, width, height) => {
    const colours = themeColours();
    const x = { from: 0, to: durationS, name: "Time (s)" };
    const y = { from: 0, to: 1.12, name: "Probability", ticks: [0, 0.5, 1] };
    const area = drawAxes(context, { width, height }, x, y, colours);
    const ids = [...new Set(curves.filter((each) => !each.isBlank).map((each) => each.id))];
    for (const curve of curves) {
      const colour = curve.isBlank ? colours.soft : colours.series[ids.indexOf(curve.id) % 5];
      drawCurve(context, area, curve, colour);
    }
    namePeaks(context, area, curves, colours.card, (id) => colours.series[ids.indexOf(id) % 5]);
  });
}

/** The symbols of a segment that are likely somewhere. */
function curvesOf({ startS, emissions: { values, rows, width, rateHz } }, about) {
  const curves = [];
  for (let id = 0; id < width; id++) {
    const probabilities = Float32Array.from({ length: rows }, (_, row) => Math.exp(values[row * width + id]));
    if (probabilities.every((each) => each < LEAST)) continue;
    curves.push({ id, symbol: about.symbols[id], isBlank: id === about.blank, startS, rateHz, probabilities });
  }
  return curves;
}

function drawCurve(context, area, { probabilities, startS, rateHz, isBlank }, colour) {
  context.strokeStyle = colour;
  context.lineWidth = isBlank ? 1 : 2;
  context.setLineDash(isBlank ? [3, 3] : []);
  context.lineJoin = "round";
  context.beginPath();
  probabilities.forEach((probability, row) => {
    const [x, y] = [area.x(startS + (row + 0.5) / rateHz), area.y(probability)];
    if (row) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.stroke();
  context.setLineDash([]);
}

/** Write each symbol above its peaks, where there is room. */
function namePeaks(context, area, curves, ground, colourOf) {
  const peaks = curves.filter((curve) => !curve.isBlank).flatMap(peaksOf);
  peaks.sort((one, other) => one.timeS - other.timeS);
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.font = `600 ${context.font}`;
  let end = -Infinity;
  for (const { id, symbol, timeS, probability } of peaks) {
    const name = symbol === " " ? "␣" : symbol;
    const half = context.measureText(name).width / 2;
    const x = Math.min(Math.max(area.x(timeS), area.left + half), area.left + area.width - half);
    if (x - half < end + 3) continue;
    // A rim in the colour of the ground keeps curves apart from the name.
    context.strokeStyle = ground;
    context.lineWidth = 4;
    context.strokeText(name, x, area.y(probability) - 2);
    context.fillStyle = colourOf(id);
    context.fillText(name, x, area.y(probability) - 2);
    end = x + half;
  }
}

/** The highest frame of each stretch in which a symbol is likely. */
function peaksOf({ id, symbol, startS, rateHz, probabilities }) {
  const peaks = [];
  let best = -1;
  for (let row = 0; row <= probabilities.length; row++) {
    if (row < probabilities.length && probabilities[row] >= LEAST) {
      if (best < 0 || probabilities[row] > probabilities[best]) best = row;
    } else if (best >= 0) {
      peaks.push({ id, symbol, timeS: startS + (best + 0.5) / rateHz, probability: probabilities[best] });
      best = -1;
    }
  }
  return peaks;
}
