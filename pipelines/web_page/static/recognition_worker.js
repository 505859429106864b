// The worker that recognises: networks and everything around them.

import { fetchLibrary, importLibrary } from "./libraries.js";
import { EndOfSpeech } from "./recognition/end_of_speech.js";
import { HandStream } from "./recognition/hand_stream.js";
import { loadRecognizer } from "./recognition/recognizer.js";
import { loadSteps } from "./recognition/step_network.js";
import { utteranceRecognizer } from "./recognition/utterance_recognizers.js";
import { answerCalls } from "./worker_calls.js";

/** How much more must be said before what is said so far is recognised anew, without a network for streaming. */
const PARTIAL_EVERY_S = 0.7;

let recognizer = null;
let steps = null; // the network for streaming, if the recognizer has one
let speech = null; // finds utterances in sound from the microphone
let utterance = null; // recognises what is being said while it is said
let signing = null; // finds signs in pictures from the camera

answerCalls({
  /** Load the libraries and the networks; returns the recognizer's description. */
  async load(libraries, source, precision, isStreaming) {
    const ort = await importLibrary(libraries.onnxruntime.module);
    ort.env.logLevel = "error";
    // More threads would need headers that few static hosts send, and one clip's network gains little from them.
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmBinary ??= await fetchLibrary(libraries.onnxruntime.wasm);
    const folder = new URL("./recognizer/", import.meta.url).href;
    recognizer = await loadRecognizer(ort, folder, { precision, source });
    steps ??= isStreaming ? await loadSteps(ort, folder) : null;
    return recognizer.about;
  },
  recognizeSound: (samples) => recognizer.recognizeSound(samples),
  recognizeHands: (pictures, aspectRatio) => recognizer.recognizeHands(pictures, aspectRatio),

  /** Listen from now on; `addSpeech` and `endSpeech` return the utterances that ended, and what is said so far. */
  beginSpeech() {
    speech = new EndOfSpeech(recognizer.silero, recognizer.about.sample_rate_hz);
    utterance = null;
  },
  addSpeech: async (samples) => hear(await speech.add(samples)),
  endSpeech: () => hear(speech.finish()),

  /** Watch from now on; `addPicture` and `endSigns` return the signs that ended, and what is signed so far. */
  beginSigns() {
    signing = new HandStream(recognizer);
  },
  addPicture: (picture, aspectRatio) => signing.add(picture, aspectRatio),
  endSigns: () => signing.finish(),
});

async function hear(events) {
  const utterances = [];
  for (const { kind, samples } of events) {
    if (kind === "begin") {
      utterance = utteranceRecognizer(recognizer, steps, PARTIAL_EVERY_S);
    } else if (kind === "sound") {
      await utterance.add(samples);
    } else {
      utterance = null;
      utterances.push(samples);
    }
  }
  const guess = await utterance?.guess();
  return { utterances, isSpeaking: speech.isOpen, partial: guess?.text ?? null };
}
