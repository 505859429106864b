// Hands as skeletons: on a picture while it is seen, and at a few moments of a clip side by side.

import { chartCanvas, PICTURE } from "./canvas.js";

const PALM_BONES = [
  [0, 1],
  [0, 5],
  [5, 9],
  [9, 13],
  [13, 17],
  [0, 17],
];
const FINGERS = [
  [1, 2, 3, 4],
  [5, 6, 7, 8],
  [9, 10, 11, 12],
  [13, 14, 15, 16],
  [17, 18, 19, 20],
];
const PANEL = 132;
const GAP = 6;
const CAPTION = 18;

/** Draw a hand; `place` turns a landmark into a point of the canvas. */
export function drawHand(context, landmarks, place, lineWidth = 2.5) {
  const points = landmarks.map(place);
  context.lineWidth = lineWidth;
  context.lineCap = context.lineJoin = "round";
  for (const bone of PALM_BONES)
    path(
      context,
      bone.map((at) => points[at]),
      PICTURE.palm,
    );
  FINGERS.forEach((finger, number) =>
    path(
      context,
      finger.map((at) => points[at]),
      PICTURE.fingers[number],
    ),
  );
}

function path(context, points, colour) {
  context.strokeStyle = colour;
  context.beginPath();
  points.forEach(([x, y], number) => (number ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
}

/**
 * Make a strip with the hands at evenly spaced moments of a clip, on the pictures where there are some.
 *
 * @param {{timeMs, hands, thumbnail?: ImageBitmap}[]} pictures - The clip.
 * @param {number} aspectRatio - Width of the pictures divided by their height.
 * @param {(point) => {x, y}} toPicture - Turns a landmark into shares of the picture.
 */
export function handStrip(pictures, aspectRatio, toPicture) {
  const view = viewOf(pictures, aspectRatio, toPicture);
  const panels = (width) => Math.max(3, Math.min(8, Math.floor((width + GAP) / (PANEL + GAP))));
  const side = (width) => (width - GAP * (panels(width) - 1)) / panels(width);
  const height = (width) => Math.round(side(width) / view.aspect) + CAPTION;
  return chartCanvas(height, "Hands at a few moments", (context, width) => {
    const moments = evenlySpaced(pictures.length, panels(width));
    const [panelWidth, panelHeight] = [side(width), height(width) - CAPTION];
    const ink = getComputedStyle(context.canvas).color;
    moments.forEach((moment, number) => {
      context.save();
      context.translate(number * (panelWidth + GAP), 0);
      drawPanel(context, pictures[moment], view, panelWidth, panelHeight);
      context.restore();
      context.fillStyle = ink;
      context.textAlign = "center";
      context.textBaseline = "bottom";
      const timeS = (pictures[moment].timeMs - pictures[0].timeMs) / 1000;
      context.fillText(`${timeS.toFixed(2)} s`, number * (panelWidth + GAP) + panelWidth / 2, panelHeight + CAPTION);
    });
  });
}

function drawPanel(context, { hands, thumbnail }, view, width, height) {
  context.beginPath();
  context.roundRect(0, 0, width, height, 5);
  context.clip();
  context.fillStyle = PICTURE.panel;
  context.fillRect(0, 0, width, height);
  if (thumbnail) context.drawImage(thumbnail, 0, 0, width, height);
  for (const { landmarks } of hands) drawHand(context, landmarks, (point) => view.place(point, width, height), 2);
  if (!hands.length && !thumbnail) {
    context.fillStyle = PICTURE.ink;
    context.textAlign = "center";
    context.fillText("no hand", width / 2, height / 2);
  }
}

/** What the panels show: whole pictures, or, without pictures, a square around all hands. */
function viewOf(pictures, aspectRatio, toPicture) {
  if (pictures.some((picture) => picture.thumbnail)) {
    const place = (point, width, height) => {
      const { x, y } = toPicture(point);
      return [x * width, y * height];
    };
    return { aspect: aspectRatio, place };
  }
  const points = pictures.flatMap(({ hands }) => hands.flatMap(({ landmarks }) => landmarks));
  const [xs, ys] = [points.map((point) => point.x * aspectRatio), points.map((point) => point.y)];
  const range = (values) =>
    values.reduce(([low, high], each) => [Math.min(low, each), Math.max(high, each)], [Infinity, -Infinity]);
  const [[left, right], [top, bottom]] = [range(xs), range(ys)];
  const side = 1.15 * Math.max(right - left, bottom - top, 1e-6);
  const place = ({ x, y }, width, height) => [
    ((x * aspectRatio - (left + right) / 2) / side + 0.5) * width,
    ((y - (top + bottom) / 2) / side + 0.5) * height,
  ];
  return { aspect: 1, place };
}

/** Up to `count` of `total` places, from the first to the last. */
function evenlySpaced(total, count) {
  const last = Math.min(total, count) - 1;
  return Array.from({ length: last + 1 }, (_, number) => Math.round((number * (total - 1)) / Math.max(1, last)));
}
