// A button that switches something on and off. Presses while it switches have no effect.

/**
 * Make a button switch something.
 *
 * @param {HTMLButtonElement} button - The button.
 * @param {() => Promise<void>} on - Switches on; whoever throws has said why.
 * @param {() => Promise<void>} off - Switches off; whoever throws has said why.
 * @param {{off: string, on: string}} labels - What the button says while it is off, and while it is on.
 * @param {HTMLButtonElement} other - A button that cannot be used while this one is on.
 */
export function toggleButton(button, on, off, labels, other) {
  let [isOn, isSwitching] = [false, false];
  const enter = (next) => {
    isOn = next;
    button.textContent = isOn ? labels.on : labels.off;
    button.setAttribute("aria-pressed", String(isOn));
    other.disabled = isOn;
  };
  button.textContent = labels.off;
  button.addEventListener("click", async () => {
    if (isSwitching) return;
    isSwitching = other.disabled = true;
    try {
      await (isOn ? off() : on());
      enter(!isOn);
    } catch {
      enter(isOn);
    }
    isSwitching = false;
  });
}
