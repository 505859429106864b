// Searching sorted numbers, and medians.

/** Count the numbers of a sorted array that are below a value: where it would be inserted before its equals. */
export function bisectLeft(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Count the numbers of a sorted array that are at most a value: where it would be inserted after its equals. */
export function bisectRight(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Return the median of numbers; NaN if there are none or one of them is NaN. */
export function median(values) {
  if (!values.length || values.some(Number.isNaN)) return NaN;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
