// Canvases that follow the page: its width, the density of its screen, and its light or dark theme.

const dark = matchMedia("(prefers-color-scheme: dark)");

/** The colours of the page's theme, and those of pictures, which are dark in both themes, as in reports. */
export function themeColours() {
  const style = getComputedStyle(document.documentElement);
  const named = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    card: named("card"),
    ink: named("ink"),
    soft: named("soft"),
    line: named("line"),
    accent: named("accent"),
    good: named("good"),
    series: [1, 2, 3, 4, 5, 6].map((number) => named(`series-${number}`)),
  };
}

export const PICTURE = {
  ground: "#13151c",
  panel: "#1f222c",
  ink: "#c8cdd8",
  fingers: ["#ff6b6b", "#ffb84d", "#8cd867", "#4fc3f7", "#be8cff"],
  palm: "#969eb0",
};

/**
 * Make a canvas that is drawn anew whenever its width or the theme changes.
 *
 * @param {number} height - Its height in CSS pixels.
 * @param {string} label - What it shows, for those who cannot see it.
 * @param {(context, width: number, height: number) => void} draw - Draws it, in CSS pixels.
 * @returns {HTMLCanvasElement}
 */
export function chartCanvas(height, label, draw) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  const redraw = () => {
    if (!canvas.isConnected) return;
    const width = canvas.clientWidth;
    const wanted = typeof height === "function" ? height(width) : height;
    canvas.style.height = `${wanted}px`;
    draw(fittedContext(canvas, width, wanted), width, wanted);
  };
  new ResizeObserver(redraw).observe(canvas);
  const onTheme = () => {
    if (canvas.isConnected) redraw();
    else dark.removeEventListener("change", onTheme);
  };
  dark.addEventListener("change", onTheme);
  return canvas;
}

/** Give a canvas the pixels of its screen, and return a cleared context that counts CSS pixels. */
export function fittedContext(canvas, width, height) {
  const density = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.max(1, Math.round(width * density)), Math.max(1, Math.round(height * density))];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const context = canvas.getContext("2d");
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, -apple-system, 'Segoe UI', sans-serif";
  return context;
}
