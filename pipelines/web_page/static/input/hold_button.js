// A button that works while it is held. A tap, or a press with an assistive tool, starts, and the next one ends.

const TAP_MS = 350;

/**
 * Make a button start and end something.
 *
 * @param {HTMLButtonElement} button - The button.
 * @param {() => Promise<void>} start - Starts; the button counts as tapped if it was released before that was done.
 * @param {() => void} end - Ends.
 * @param {{idle: string, held: string, tapped: string}} labels - What the button says.
 * @param {HTMLButtonElement} other - A button that cannot be used meanwhile.
 * @returns {() => void} Ends it from elsewhere.
 */
export function holdButton(button, start, end, labels, other) {
  let state = "idle"; // or "starting", "held", "tapped"
  let pressedAt = 0;
  let released = false;
  const enter = (next) => {
    state = next;
    button.textContent = labels[next === "starting" ? "held" : next];
    button.classList.toggle("active", next !== "idle");
    other.disabled = next !== "idle";
  };
  const finish = () => {
    if (state === "held" || state === "tapped") {
      enter("idle");
      end();
    }
  };
  const press = async () => {
    if (state === "tapped") return finish();
    if (state !== "idle") return undefined;
    [pressedAt, released] = [performance.now(), false];
    enter("starting");
    try {
      await start();
      enter(released ? "tapped" : "held");
    } catch {
      enter("idle"); // whoever started it has said why
    }
    return undefined;
  };
  const release = () => {
    released = true;
    if (state !== "held") return;
    if (performance.now() - pressedAt < TAP_MS) enter("tapped");
    else finish();
  };
  let pointed = false;
  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || button.disabled) return;
    pointed = true;
    button.setPointerCapture(event.pointerId);
    press();
  });
  for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, release);
  button.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch opens it otherwise
  const isKey = (event) => event.key === " " || event.key === "Enter";
  button.addEventListener("keydown", (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) press();
  });
  button.addEventListener("keyup", (event) => {
    if (isKey(event)) release();
  });
  // Assistive tools click without pressing anything: a tap, however long it takes to start.
  button.addEventListener("click", () => {
    if (!pointed) {
      press();
      released = true;
    }
    pointed = false;
  });
  button.textContent = labels.idle;
  return finish;
}
