// Sound from the microphone, in chunks at the recognizer's rate.

import { openDevice } from "../errors.js";
import { Resampler } from "../recognition/resampling.js";

/** Training saw recordings as they were, so the browser must not clean them up. */
const PLAIN = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export class Microphone {
  #stream;
  #context = null;

  constructor(stream) {
    this.#stream = stream;
  }

  /**
   * Open the microphone.
   *
   * @param {number} rateHz - Samples a second that are wanted.
   * @param {(samples: Float32Array) => void} take - Is given each chunk.
   * @param {(message: string) => void} lost - Is told why no more chunks come.
   * @throws {Error} There is none, or the page may not use it.
   */
  static async open(rateHz, take, lost) {
    const stream = await openDevice("microphone", { audio: PLAIN }, lost);
    const microphone = new Microphone(stream);
    try {
      await microphone.#run(rateHz, take);
    } catch (error) {
      await microphone.close();
      throw error;
    }
    return microphone;
  }

  close() {
    this.#stream.getTracks().forEach((track) => track.stop());
    return this.#context?.close();
  }

  async #run(rateHz, take) {
    let source = null;
    try {
      this.#context = new AudioContext({ sampleRate: rateHz });
      source = this.#context.createMediaStreamSource(this.#stream);
    } catch {
      // Firefox joins a microphone to a context of the microphone's own rate alone.
      await this.#context?.close();
      this.#context = new AudioContext();
      source = this.#context.createMediaStreamSource(this.#stream);
    }
    const context = this.#context;
    await context.audioWorklet.addModule(new URL("./microphone_worklet.js", import.meta.url));
    const node = new AudioWorkletNode(context, "chunks", { numberOfOutputs: 0, channelCount: 1 });
    const resampler = context.sampleRate === rateHz ? null : new Resampler(context.sampleRate, rateHz);
    node.port.onmessage = ({ data }) => take(resampler ? resampler.add(data) : data);
    source.connect(node);
    await context.resume();
  }
}
