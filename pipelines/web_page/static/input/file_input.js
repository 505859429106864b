// Files that are chosen, dropped or pasted.

/**
 * Give each file that a visitor chooses, drops or pastes to a function.
 *
 * @param {{drop, choose, file}} elements - The drop area, the button, and the hidden input of the page.
 * @param {(files: File[]) => void} take - Is given the files.
 */
export function fileInput({ drop, choose, file }, take) {
  choose.addEventListener("click", () => file.click());
  file.addEventListener("change", () => {
    take([...file.files]);
    file.value = ""; // so that the same file can be chosen again
  });
  let depth = 0; // the pointer enters and leaves what is inside, too
  const mark = (change) => {
    depth = Math.max(0, depth + change);
    drop.classList.toggle("over", depth > 0);
  };
  drop.addEventListener("dragenter", () => mark(1));
  drop.addEventListener("dragleave", () => mark(-1));
  // Anywhere on the page: a browser would open a file that misses the area.
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(-depth);
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files]);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) take([...event.clipboardData.files]);
  });
}
