// How many hands are seen over time, and where signs were found.

import { chartCanvas, themeColours } from "./canvas.js";
import { drawAxes } from "./axes.js";

/** Make the chart of a clip's pictures; `segments` are {startS, endS, text}. */
export function handTimeline(pictures, durationS, segments) {
  return chartCanvas(118, "Hands seen over time", (context, width, height) => {
    const colours = themeColours();
    const x = { from: 0, to: durationS, name: "Time (s)" };
    const area = drawAxes(
      context,
      { width, height },
      x,
      { from: 0, to: 2.6, name: "Hands", ticks: [0, 1, 2] },
      colours,
    );
    for (const { startS, endS, text } of segments) drawSegment(context, area, startS, endS, text, colours);
    context.fillStyle = colours.series[0];
    pictures.forEach(({ timeMs, hands }, number) => {
      const startS = (timeMs - pictures[0].timeMs) / 1000;
      const nextS =
        number + 1 < pictures.length ? (pictures[number + 1].timeMs - pictures[0].timeMs) / 1000 : durationS;
      const top = area.y(Math.min(2, hands.length));
      // Whole pixels, so that there are no seams.
      const [left, right] = [Math.floor(area.x(startS)), Math.ceil(area.x(Math.min(nextS, durationS)))];
      context.fillRect(left, top, right - left, area.y(0) - top);
    });
  });
}

function drawSegment(context, area, startS, endS, text, colours) {
  const [left, right] = [area.x(startS), area.x(endS)];
  context.globalAlpha = 0.18;
  context.fillStyle = colours.good;
  context.fillRect(left, area.top, right - left, area.height);
  context.globalAlpha = 1;
  context.fillStyle = colours.ink;
  context.textAlign = "center";
  context.textBaseline = "top";
  if (context.measureText(text).width < right - left) context.fillText(text, (left + right) / 2, area.top + 1);
}
