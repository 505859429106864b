// Runs of equal values in an array.

/** Return [start, end (exclusive)] of each run of equal values, in order. */
export function equalRuns(values) {
  const runs = [];
  let start = 0;
  for (let index = 1; index <= values.length; index++) {
    if (index === values.length || values[index] !== values[start]) {
      runs.push([start, index]);
      start = index;
    }
  }
  return runs;
}

/**
 * Return [start, end (exclusive)] of each run in which something holds, in order.
 *
 * @param {number} length - Number of places.
 * @param {(index: number) => boolean} holds - Whether it holds at a place.
 */
export function trueRuns(length, holds) {
  const runs = [];
  let start = -1;
  for (let index = 0; index <= length; index++) {
    const isInside = index < length && holds(index);
    if (isInside && start < 0) start = index;
    if (!isInside && start >= 0) {
      runs.push([start, index]);
      start = -1;
    }
  }
  return runs;
}
