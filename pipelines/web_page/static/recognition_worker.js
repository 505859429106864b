// The worker that recognises: networks and everything around them.

import { fetchLibrary, importLibrary } from "./libraries.js";
import { EndOfSpeech } from "./recognition/end_of_speech.js";
import { HandStream } from "./recognition/hand_stream.js";
import { loadRecognizer } from "./recognition/recognizer.js";
import { concatenated } from "./recognition/resampling.js";
import { EmissionStream, loadSteps } from "./recognition/step_network.js";
import { answerCalls } from "./worker_calls.js";

/** How much more must be said before what is said so far is recognised again, without a network for streaming. */
const PARTIAL_S = 0.7;

let recognizer = null;
let steps = null; // the network for streaming, if the recognizer has one
let speech = null; // finds utterances in sound from the microphone
let saying = []; // the samples of the utterance that has not ended
let unheard = 0; // how many of them came since it was last recognised
let emissions = null; // those of the utterance, with each frame computed once, if there is a network for streaming
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
    [saying, unheard] = [[], 0];
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
    if (kind === "sound") {
      saying.push(samples);
      unheard += samples.length;
      await emissions?.add(samples);
    } else {
      [saying, unheard] = [[], 0];
      emissions = kind === "begin" && steps ? new EmissionStream(steps) : null;
      if (kind === "end") utterances.push(samples);
    }
  }
  return { utterances, isSpeaking: speech.isOpen, partial: await partial() };
}

/** What is said so far; null if it was recognised a moment ago. */
async function partial() {
  if (!speech.isOpen) return null;
  if (emissions) return recognizer.guess(emissions.emissions, emissions.durationS).text;
  if (unheard < PARTIAL_S * recognizer.about.sample_rate_hz) return null;
  unheard = 0;
  const result = await recognizer.recognizeSound(concatenated(saying));
  return result.kind === "text" ? result.text : result.label;
}
