// Changing the sample rate by a windowed sinc, as sharp as soxr's high quality, with which training resamples.

/** Up to this share of the lower rate's bandwidth everything passes; above the bandwidth nothing does. */
const PASSBAND = 0.913;
/** How far what is above the bandwidth is suppressed. */
const ATTENUATION_DB = 120;

/** Return samples at another rate. */
export function resampled(samples, fromHz, toHz) {
  const resampler = new Resampler(fromHz, toHz);
  return concatenated([resampler.add(samples), resampler.finish()]);
}

/** Resamples a recording that comes in chunks; the result does not depend on how it is cut into chunks. */
export class Resampler {
  /** @param {number} fromHz - Rate of what comes in, a whole number. @param {number} toHz - Rate of what goes out. */
  constructor(fromHz, toHz) {
    const divisor = greatestCommonDivisor(fromHz, toHz);
    this.up = toHz / divisor;
    this.down = fromHz / divisor;
    const filters = phaseFilters(this.up, this.down);
    this.half = filters.half;
    this.filters = filters.phases;
    this.held = new Float32Array(this.half); // samples that later ones of the result need; silence comes before
    this.heldFrom = -this.half; // the place of the first of them
    this.numIn = 0;
    this.numOut = 0;
  }

  /** Take samples, and return what is known of the result so far. */
  add(samples) {
    this.numIn += samples.length;
    return this.#advance(concatenated([this.held, samples]), this.numIn - this.half);
  }

  /** Return the rest of the result, once all samples have come in. */
  finish() {
    const silence = new Float32Array(2 * this.half + 1);
    return this.#advance(concatenated([this.held, silence]), this.numIn);
  }

  /** Compute the result up to a place in the input (exclusive). */
  #advance(samples, end) {
    const target = Math.max(this.numOut, Math.ceil((end * this.up) / this.down));
    const result = new Float32Array(target - this.numOut);
    for (let index = 0; index < result.length; index++) {
      const position = (this.numOut + index) * this.down; // in steps of 1 / up samples
      const taps = this.filters[position % this.up];
      const first = Math.floor(position / this.up) - this.half + 1 - this.heldFrom;
      let sum = 0;
      for (let tap = 0; tap < taps.length; tap++) sum += taps[tap] * samples[first + tap];
      result[index] = sum;
    }
    this.numOut = target;
    const needed = Math.floor((target * this.down) / this.up) - this.half + 1;
    const drop = Math.max(0, needed - this.heldFrom);
    this.held = samples.slice(drop);
    this.heldFrom += drop;
    return result;
  }
}

/** Join arrays of samples. */
export function concatenated(parts) {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** The filter for each of the places that a sample of the result can have between two samples of the input. */
function phaseFilters(up, down) {
  const bandwidth = Math.min(1, up / down); // of the result, as a share of the input's
  const transition = Math.PI * (1 - PASSBAND) * bandwidth; // radians a sample; Kaiser's formulas follow
  const half = Math.ceil((ATTENUATION_DB - 8) / (2.285 * transition) / 2) + 1;
  const beta = 0.1102 * (ATTENUATION_DB - 8.7);
  const cutoff = (bandwidth * (1 + PASSBAND)) / 2;
  const phases = Array.from({ length: up }, (_, phase) => {
    const taps = Float64Array.from({ length: 2 * half }, (_, tap) => {
      const distance = tap - half + 1 - phase / up;
      const angle = Math.PI * cutoff * distance;
      const window = besselI0(beta * Math.sqrt(Math.max(0, 1 - (distance / half) ** 2))) / besselI0(beta);
      return cutoff * (angle ? Math.sin(angle) / angle : 1) * window;
    });
    const sum = taps.reduce((total, tap) => total + tap, 0);
    return taps.map((tap) => tap / sum);
  });
  return { half, phases };
}

/** The modified Bessel function of the first kind and order 0, by its series. */
function besselI0(x) {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-17 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a, b) {
  return b ? greatestCommonDivisor(b, a % b) : a;
}
