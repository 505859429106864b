// Axes of charts: a rectangle with ticks, their values, and names with units.

const MARGIN = { left: 46, right: 12, top: 6, bottom: 34 };

/**
 * Draw the axes of a chart.
 *
 * @param context - Draws.
 * @param {{width: number, height: number}} size - Of the whole chart, in CSS pixels.
 * @param x - {from, to, name}: the range of the horizontal axis, and its name with the unit; without a name, it has no
 *   values, because the chart below has the same axis.
 * @param y - {from, to, name, ticks}: the same of the vertical axis; with `ticks`, their values.
 * @param colours - The theme's colours.
 * @returns {{left, top, width, height, x: (value) => number, y: (value) => number}} The rectangle, and where values are.
 */
export function drawAxes(context, { width, height }, x, y, colours) {
  const bottom = x.name ? MARGIN.bottom : 8;
  const area = {
    left: MARGIN.left,
    top: MARGIN.top,
    width: Math.max(1, width - MARGIN.left - MARGIN.right),
    height: Math.max(1, height - MARGIN.top - bottom),
  };
  area.x = (value) => area.left + ((value - x.from) / (x.to - x.from)) * area.width;
  area.y = (value) => area.top + area.height - ((value - y.from) / (y.to - y.from)) * area.height;
  context.lineWidth = 1;
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (const value of y.ticks ?? ticks(y.from, y.to, Math.max(2, area.height / 30))) {
    const at = Math.round(area.y(value)) + 0.5;
    line(context, colours.line, area.left, at, area.left + area.width, at);
    context.fillStyle = colours.soft;
    context.fillText(plainNumber(value), area.left - 6, at);
  }
  context.textAlign = "center";
  for (const value of ticks(x.from, x.to, Math.max(2, area.width / 70))) {
    const at = Math.round(area.x(value)) + 0.5;
    line(context, colours.soft, at, area.top + area.height, at, area.top + area.height + 4);
    context.fillStyle = colours.soft;
    if (x.name) context.fillText(plainNumber(value), at, area.top + area.height + 12);
  }
  if (x.name) context.fillText(x.name, area.left + area.width / 2, height - 6);
  context.save();
  context.translate(9, area.top + area.height / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(y.name, 0, 0);
  context.restore();
  return area;
}

/** Round values in a range, at most about `count` of them. */
export function ticks(from, to, count) {
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough * (1 - 1e-9));
  const found = [];
  for (let number = Math.ceil(from / step - 1e-9); number * step <= to + 1e-9 * step; number++)
    found.push(number * step);
  return found;
}

function plainNumber(value) {
  return String(Number(value.toFixed(6)));
}

export function line(context, colour, fromX, fromY, toX, toY) {
  context.strokeStyle = colour;
  context.beginPath();
  context.moveTo(fromX, fromY);
  context.lineTo(toX, toY);
  context.stroke();
}
