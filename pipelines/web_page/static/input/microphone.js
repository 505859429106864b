// Sound from the microphone, in chunks at the recognizer's rate.

import { openDevice } from "../errors.js";
import { Resampler } from "../recognition/resampling.js";

/** Training saw recordings as they were, so the browser must not clean them up. */
const PLAIN = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };

export class Microphone {
  #stream;
  #context;

  constructor(stream, context) {
    this.#stream = stream;
    this.#context = context;
  }

  /**
   * Open the microphone.
   *
   * @param {number} rateHz - Samples a second that are wanted.
   * @param {(samples: Float32Array) => void} take - Is given each chunk.
   * @throws {Error} There is none, or the page may not use it.
   */
  static async open(rateHz, take) {
    const stream = await openDevice("microphone", { audio: PLAIN });
    let [context, source] = [null, null];
    try {
      context = new AudioContext({ sampleRate: rateHz });
      source = context.createMediaStreamSource(stream);
    } catch {
      // Firefox joins a microphone to a context of the microphone's own rate alone.
      await context?.close();
      context = new AudioContext();
      source = context.createMediaStreamSource(stream);
    }
    await context.audioWorklet.addModule(new URL("./microphone_worklet.js", import.meta.url));
    const node = new AudioWorkletNode(context, "chunks", { numberOfOutputs: 0, channelCount: 1 });
    const resampler = context.sampleRate === rateHz ? null : new Resampler(context.sampleRate, rateHz);
    node.port.onmessage = ({ data }) => take(resampler ? resampler.add(data) : data);
    source.connect(node);
    await context.resume();
    return new Microphone(stream, context);
  }

  close() {
    this.#stream.getTracks().forEach((track) => track.stop());
    return this.#context.close();
  }
}
