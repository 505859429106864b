// Rounding as Python rounds, halves to even, so that the page places boundaries and writes numbers as Python does.

/** Round to an integer. */
export function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Round to a number of decimals. */
export function roundTo(value, decimals) {
  const exact = Math.abs(value).toFixed(60); // all digits of a number that lies halfway between two candidates
  const end = exact.indexOf(".") + 1 + decimals;
  const isHalfway = /^50*$/.test(exact.slice(end));
  const isEven = Number(exact[end - 1]) % 2 === 0;
  if (isHalfway && isEven) return Math.sign(value) * Number(exact.slice(0, end));
  return Number(value.toFixed(decimals)); // rounds halves up
}
