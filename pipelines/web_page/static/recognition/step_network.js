// A network that is computed step by step as a clip arrives, with states carried from step to step.
//
// `python -m pipelines.export` writes streaming.onnx and streaming.json for encoders with direction=forward.

import { fetched, Network } from "./network.js";
import { concatenated } from "./resampling.js";

const FORMAT = 1;

/**
 * Load the network for streaming of a recognizer.
 *
 * @param ort - The module onnxruntime-web.
 * @param {string} folderUrl - The folder with streaming.json.
 * @returns {Promise<StepNetwork | null>} Null if it takes frames instead of sound, which the page does not compute.
 */
export async function loadSteps(ort, folderUrl) {
  const base = folderUrl.replace(/\/$/, "");
  const about = await fetched(`${base}/streaming.json`).then((response) => response.json());
  if (about.format !== FORMAT) {
    throw new Error(`streaming.json is of format ${about.format}, expected ${FORMAT}; export the recognizer again`);
  }
  if (about.source !== "waveform") return null;
  const { file, bytes, sha256 } = about.network;
  const outputs = about.outputs.map(({ name }) => name);
  return new StepNetwork(ort, about, await Network.load(ort, `${base}/${file}`, { bytes, sha256, outputs }));
}

/** The network, without any state: many clips may be computed at once. */
export class StepNetwork {
  constructor(ort, about, network) {
    this.ort = ort;
    this.about = about;
    this.network = network;
  }

  /** The states before the first step, by name. */
  initialStates() {
    const states = this.about.inputs.slice(2);
    return Object.fromEntries(
      states.map(({ name, shape }) => {
        const size = shape.reduce((product, each) => product * each, 1);
        return [name, new this.ort.Tensor("float32", new Float32Array(size), shape)];
      }),
    );
  }

  /** Compute a step: the log-probabilities, row after row, and the states after it. */
  async step(samples, numFrames, states) {
    const [logProbs, ...after] = await this.network.run({
      waveform: new this.ort.Tensor("float32", samples, [samples.length]),
      num_frames: new this.ort.Tensor("int64", BigInt64Array.of(BigInt(numFrames)), [1]),
      ...states,
    });
    const names = Object.keys(states);
    return { values: logProbs.data, states: Object.fromEntries(names.map((name, index) => [name, after[index]])) };
  }
}

/** The emissions of one clip that arrives in chunks: each row is computed once, as soon as its samples are there. */
export class EmissionStream {
  #network;
  #windows;
  #states;
  #values = [];

  /** @param {StepNetwork} network - The network. */
  constructor(network) {
    this.#network = network;
    this.#windows = new SampleWindows(network.about);
    this.#states = network.initialStates();
  }

  /** The duration of the clip so far, as its frames measure it. */
  get durationS() {
    return this.#windows.numGiven / this.#network.about.frame_rate_hz;
  }

  /** All emissions so far. */
  get emissions() {
    const values = concatenated(this.#values);
    this.#values = [values];
    const width = this.#network.about.symbols.length;
    return { values, rows: values.length / width, width, rateHz: this.#network.about.log_probs_rate_hz };
  }

  /** Take the next samples, and return whether they brought rows. */
  async add(samples) {
    return this.#step(this.#windows.add(samples));
  }

  /** End the clip. */
  async finish() {
    return this.#step(this.#windows.finish());
  }

  async #step({ samples, numFrames }) {
    if (!numFrames) return false;
    const { values, states } = await this.#network.step(samples, numFrames, this.#states);
    this.#states = states;
    this.#values.push(values);
    return true;
  }
}

/** Collects the samples under the windows of a clip's frames, reflected at both ends. */
class SampleWindows {
  #about;
  #held = new Float32Array(0); // from the beginning of the next window on
  #last = new Float32Array(0); // the end of the clip so far, to be reflected
  #received = 0;
  #hasBegun = false;

  constructor(about) {
    this.#about = about;
    /** Number of windows that were given so far. */
    this.numGiven = 0;
  }

  /** Take samples, and return those under the windows that are complete, in multiples of the subsampling. */
  add(samples) {
    const { window_samples: window, hop_samples: hop, subsampling } = this.#about;
    this.#received += samples.length;
    this.#held = concatenated([this.#held, samples]);
    this.#last = concatenated([this.#last, samples]).slice(-2 * window);
    if (!this.#hasBegun) {
      // A clip may be shorter; then it is filled up with silence.
      if (this.#received < 2 * window) return { samples: new Float32Array(0), numFrames: 0 };
      this.#begin();
    }
    // A clip that ended here would have this many frames; later frames may not come to be.
    const certain = Math.floor((2 * this.#received + hop) / (2 * hop)) - this.numGiven;
    const complete = Math.max(0, Math.floor((this.#held.length - window) / hop) + 1);
    const count = Math.min(complete, certain);
    return this.#take(count - (count % subsampling));
  }

  /** End the clip, and return the samples under its last windows, filled up with zeros. */
  finish() {
    const { window_samples: window, hop_samples: hop, samples_before: before, subsampling } = this.#about;
    if (!this.#hasBegun) {
      this.#held = concatenated([this.#held, new Float32Array(2 * window - this.#held.length)]);
      this.#last = this.#held;
      this.#begin();
    }
    const length = this.#last.length;
    const end = this.#last.slice(length + before - window - 1, length - 1).reverse();
    this.#held = concatenated([this.#held, end]);
    const total = Math.max(1, Math.floor((2 * this.#received + hop) / (2 * hop)));
    const { samples, numFrames } = this.#take(total - this.numGiven);
    const missing = (subsampling - (numFrames % subsampling)) % subsampling;
    return { samples: concatenated([samples, new Float32Array(missing * hop)]), numFrames };
  }

  #begin() {
    const start = this.#held.slice(1, this.#about.samples_before + 1).reverse();
    this.#held = concatenated([start, this.#held]);
    this.#hasBegun = true;
  }

  #take(numFrames) {
    const { window_samples: window, hop_samples: hop } = this.#about;
    if (numFrames <= 0) return { samples: new Float32Array(0), numFrames: 0 };
    const samples = this.#held.slice(0, window + (numFrames - 1) * hop);
    this.#held = this.#held.slice(numFrames * hop);
    this.numGiven += numFrames;
    return { samples, numFrames };
  }
}
