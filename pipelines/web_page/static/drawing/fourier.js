// The Fourier transform of real windows, for spectrograms.

/** Transforms windows of `size` samples, a power of two. */
export class Fourier {
  constructor(size) {
    this.size = size;
    this.real = new Float64Array(size);
    this.imaginary = new Float64Array(size);
    this.cosines = Float64Array.from({ length: size / 2 }, (_, k) => Math.cos((2 * Math.PI * k) / size));
    this.sines = Float64Array.from({ length: size / 2 }, (_, k) => Math.sin((2 * Math.PI * k) / size));
    const bits = Math.log2(size);
    this.reversed = Uint32Array.from({ length: size }, (_, index) => {
      let found = 0;
      for (let bit = 0; bit < bits; bit++) found = (found << 1) | ((index >> bit) & 1);
      return found;
    });
  }

  /** The power at each frequency from 0 to half the rate, (size / 2 + 1,); `window` may be shorter than `size`. */
  power(window) {
    const { size, real, imaginary } = this;
    imaginary.fill(0);
    for (let index = 0; index < size; index++) real[index] = window[this.reversed[index]] ?? 0;
    for (let half = 1; half < size; half *= 2) {
      const stride = size / (2 * half);
      for (let start = 0; start < size; start += 2 * half) {
        for (let k = 0; k < half; k++) this.#butterfly(start + k, start + k + half, k * stride);
      }
    }
    return Float64Array.from({ length: size / 2 + 1 }, (_, k) => real[k] ** 2 + imaginary[k] ** 2);
  }

  #butterfly(upper, lower, turn) {
    const { real, imaginary } = this;
    const [cosine, sine] = [this.cosines[turn], this.sines[turn]];
    const turnedReal = real[lower] * cosine + imaginary[lower] * sine;
    const turnedImaginary = imaginary[lower] * cosine - real[lower] * sine;
    real[lower] = real[upper] - turnedReal;
    imaginary[lower] = imaginary[upper] - turnedImaginary;
    real[upper] += turnedReal;
    imaginary[upper] += turnedImaginary;
  }
}
