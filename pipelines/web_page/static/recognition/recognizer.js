// A recognizer in the page: sound or hands in, text or labels out, as transcribe and classify give them.
//
// Start here. `loadRecognizer` reads the files that `python -m pipelines.export` wrote; the other modules are the steps
// of recognition, each named like the Python module whose rules it follows. Nothing is uploaded.

import { decodeGreedily } from "./ctc_decoding.js";
import { HAND_SIZE, HANDS, IMAGE, PICTURE_SIZE, placeOf, WORLD } from "./hand_signal.js";
import { trackHands } from "./hand_tracker.js";
import { joinLabels, rankLabels } from "./labels.js";
import { LineBreaks } from "./line_breaks.js";
import { fetched, Network } from "./network.js";
import { roundHalfEven } from "./rounding.js";
import { integers, sixteenBits } from "./samples.js";
import { handSegments, samplesOfSegment, soundSegments, WHOLE_UP_TO_S } from "./segments.js";
import { SileroNetwork } from "./silero_detector.js";
import { stitch } from "./stitching.js";
import { Vocabulary } from "./vocabulary.js";
import { DETECTORS, findVoiceActivity } from "./voice_activity.js";

/** The version of descriptions that this module understands. */
const FORMAT = 1;
/** What recognizers take; it names the description in a recognizer's folder. */
const SOURCES = ["waveform", "landmarks", "series"];
const NUM_TOP = 5;

/**
 * Load a recognizer.
 *
 * @param ort - The module onnxruntime-web.
 * @param {string} folderUrl - The folder with the networks, the description and, for text of sound, silero_vad.onnx.
 * @param {object} options
 * @param {"float32" | "int8"} options.precision - Which network to use.
 * @param {"silero" | "energy"} options.voiceActivity - How speech is found.
 * @param {string | null} options.source - What the recognizer takes; null to try one description after the other.
 * @returns {Promise<Recognizer>}
 * @throws {Error} A file is missing or damaged, or there is no such network.
 */
export async function loadRecognizer(
  ort,
  folderUrl,
  { precision = "float32", voiceActivity = "silero", source = null } = {},
) {
  const base = folderUrl.replace(/\/$/, "");
  checkChoice("voiceActivity", voiceActivity, DETECTORS);
  const about = await fetchDescription(base, source === null ? SOURCES : [source]);
  checkChoice("precision", precision, Object.keys(about.networks));
  const { file, bytes, sha256 } = about.networks[precision];
  const network = await Network.load(ort, `${base}/${file}`, { bytes, sha256, outputs: ["log_probs", "lengths"] });
  const needsSilero = voiceActivity === "silero" && about.source === "waveform";
  const silero = needsSilero ? await SileroNetwork.load(ort, base) : null;
  return new Recognizer(ort, about, network, silero);
}

/** Fetch the description of a recognizer that takes one of the given sources. */
async function fetchDescription(base, [source, ...others]) {
  const url = `${base}/from_${source}.json`;
  let response;
  try {
    response = await fetched(url);
  } catch (error) {
    if (others.length) return fetchDescription(base, others);
    throw error;
  }
  const about = await response.json();
  if (about.format !== FORMAT || about.source !== source) {
    throw new Error(`${url}: not a description of format ${FORMAT}; export the recognizer again`);
  }
  return about;
}

export class Recognizer {
  #ort;
  #network;
  #vocabulary;
  #lineBreaks;

  /**
   * @param ort - The module onnxruntime-web.
   * @param about - The description.
   * @param {Network} network - The network with features inside.
   * @param {SileroNetwork | null} silero - Finds speech; null to go by loudness.
   */
  constructor(ort, about, network, silero) {
    this.#ort = ort;
    this.#network = network;
    this.#vocabulary = new Vocabulary(about);
    this.#lineBreaks = new LineBreaks(about.characters);
    /** The description, as the JSON file holds it. */
    this.about = about;
    /** The network that finds speech, for `EndOfSpeech`; null if there is none. */
    this.silero = silero;
    /** What it takes: "waveform", "landmarks" or "series". */
    this.source = about.source;
    /** What it gives: "transcribe" stands for text and "classify" for labels. */
    this.task = about.task;
  }

  /**
   * Recognise sound.
   *
   * @param {Float32Array} samples - One channel at `about.sample_rate_hz`, with a full scale of 1.
   * @param {object} options
   * @param {number} options.wholeUpToS - Longer recordings of which the text is recognised are cut at pauses.
   * @param {object | null} options.emissions - The emissions of the whole recording, if they are known already.
   * @returns A result of kind "text" or "label".
   */
  async recognizeSound(samples, { wholeUpToS = WHOLE_UP_TO_S.transcribe, emissions = null } = {}) {
    this.#checkSource("waveform", "sound");
    checkSamples(samples);
    const rateHz = this.about.sample_rate_hz;
    const rounded = sixteenBits(samples);
    const wholeS = this.durationOf(rounded.length / rateHz);
    const whole = { startS: 0, endS: wholeS, overlapS: 0 };
    if (this.task === "classify") return this.#labelResult([whole], [await this.emissionsOf(rounded)], wholeS);
    const activity = await findVoiceActivity(integers(rounded), rateHz, this.silero);
    const segments = soundSegments(activity, rounded.length / rateHz, wholeUpToS);
    if (!segments) {
      const known = emissions ?? (await this.emissionsOf(rounded));
      return this.#textResult([whole], [known], wholeS, activity);
    }
    const parts = [];
    for (const segment of segments) parts.push(await this.emissionsOf(samplesOfSegment(rounded, segment, rateHz)));
    return this.#textResult(segments, parts, rounded.length / rateHz, activity);
  }

  /** Compute the emissions of samples, taken whole. */
  emissionsOf(samples) {
    return this.#emissions({ waveform: this.#tensor(samples) });
  }

  /**
   * Guess text and words of speech that goes on, or its label; words have no pauses between them yet.
   *
   * @param emissions - Those so far.
   * @param {number} durationS - The duration so far, as frames measure it.
   */
  guess(emissions, durationS) {
    const whole = { startS: 0, endS: durationS, overlapS: 0 };
    if (this.task === "classify") return { text: this.#labelResult([whole], [emissions], durationS).label, words: [] };
    const { text, words } = this.#textResult([whole], [emissions], durationS, null);
    return { text, words };
  }

  /**
   * Recognise the signs of hands.
   *
   * @param {{timeMs: number, hands: {landmarks, worldLandmarks}[]}[]} pictures - Each picture's time, which rises, and
   *   the hands that MediaPipe's HandLandmarker found in it, in any order.
   * @param {number} aspectRatio - Width of the pictures divided by their height, without the border that
   *   `about.tracker.border` asks for.
   * @param {{wholeUpToS?: number}} options - Longer videos are searched for signs; Infinity takes each as one.
   * @returns A result of kind "text" or "label".
   */
  async recognizeHands(pictures, aspectRatio, { wholeUpToS = WHOLE_UP_TO_S[this.task] } = {}) {
    this.#checkSource("landmarks", "hands");
    return this.recognizeSignal(trackHands(pictures, aspectRatio, this.about.tracker.border), wholeUpToS);
  }

  /** Recognise hands that were followed already; see `recognizeHands`. */
  async recognizeSignal(signal, wholeUpToS) {
    const segments = handSegments(signal, this.task, wholeUpToS);
    const wholeS = this.durationOf(signal.durationS);
    const parts = segments ?? [{ startS: 0, endS: wholeS, overlapS: 0 }];
    const durationS = segments ? signal.durationS : wholeS;
    const emissions = [];
    for (const { startS, endS } of parts) {
      const [start, end] = [startS, endS].map((timeS) => roundHalfEven(timeS * signal.rateHz));
      emissions.push(await this.#emissions(this.#handInputs(segments ? signal.slice(start, end) : signal)));
    }
    if (this.task === "classify") return this.#labelResult(parts, emissions, durationS);
    return this.#textResult(parts, emissions, durationS, null);
  }

  /**
   * Recognise a series of numbers, whole.
   *
   * @param {number[][]} rows - `about.columns` numbers for each point in time.
   */
  async recognizeSeries(rows) {
    this.#checkSource("series", "numbers");
    const { columns } = this.about;
    if (!rows.length) throw new Error("there are no numbers; choose another file");
    const wrong = rows.findIndex((row) => row.length !== columns || !row.every(Number.isFinite));
    if (wrong >= 0) throw new Error(`row ${wrong + 1}: expected ${columns} numbers; found ${rows[wrong]}`);
    const parts = [{ startS: 0, endS: rows.length / this.about.frame_rate_hz, overlapS: 0 }];
    const series = this.#tensor(Float32Array.from(rows.flat()), [rows.length, columns]);
    const emissions = [await this.#emissions({ series })];
    if (this.task === "classify") return this.#labelResult(parts, emissions, parts[0].endS);
    return this.#textResult(parts, emissions, parts[0].endS, null);
  }

  #checkSource(source, name) {
    if (this.source !== source) throw new Error(`this recognizer takes ${this.source}, not ${name}`);
  }

  /** The duration of a clip, as its frames measure it. */
  durationOf(durationS) {
    const rateHz = this.about.frame_rate_hz;
    // The 1e-9 rounds 0.5 up even if the product came out slightly too small.
    return Math.max(1, Math.floor(durationS * rateHz + 0.5 + 1e-9)) / rateHz;
  }

  #tensor(values, shape = [values.length]) {
    return new this.#ort.Tensor("float32", values, shape);
  }

  /** The network's inputs; they have the same unit in all directions already, and a constant rate. */
  #handInputs(signal) {
    const shape = [signal.length, HANDS, HAND_SIZE / 3, 3];
    const [image, world] = [IMAGE, WORLD].map((coordinates) => coordinatesOf(signal, coordinates));
    const presence = new Float32Array(signal.length * HANDS);
    const times = new BigInt64Array(signal.length);
    for (let picture = 0; picture < signal.length; picture++) {
      times[picture] = BigInt(roundHalfEven(picture * (1e9 / signal.rateHz)));
      for (let hand = 0; hand < HANDS; hand++) presence[picture * HANDS + hand] = signal.has(picture, hand) ? 1 : 0;
    }
    return {
      image_landmarks: this.#tensor(image, shape),
      world_landmarks: this.#tensor(world, shape),
      presence: this.#tensor(presence, [signal.length, HANDS]),
      times_ns: new this.#ort.Tensor("int64", times, [signal.length]),
      aspect_ratio: this.#tensor(Float32Array.of(1)),
    };
  }

  /** Run the network on one segment. */
  async #emissions(inputs) {
    const [logProbs, lengths] = await this.#network.run(inputs);
    const width = logProbs.dims[logProbs.dims.length - 1];
    const rows = this.task === "classify" ? 1 : Number(lengths.data[0]);
    const rateHz = this.about.log_probs_rate_hz ?? null; // labels have one row for the whole segment
    return { values: logProbs.data.slice(0, rows * width), rows, width, rateHz };
  }

  #textResult(segments, emissions, durationS, activity) {
    const decoded = segments.map((segment, number) => {
      const { symbols, confidence } = decodeGreedily(emissions[number], this.about.frame_rate_hz);
      const placed = symbols.map((symbol) => ({
        ...symbol,
        startS: segment.startS + symbol.startS,
        endS: Math.min(segment.startS + symbol.endS, segment.endS),
      }));
      return { segment, symbols: placed, confidence };
    });
    const { text, confidence, words } = stitch(decoded, this.#vocabulary, this.#lineBreaks, durationS, activity);
    const described = segments.map(({ startS, endS }, number) => {
      const spelled = this.#vocabulary.spell(decoded[number].symbols.map((symbol) => symbol.id));
      return { startS, endS, text: spelled, emissions: emissions[number] };
    });
    return { kind: "text", text, confidence, words, segments: described, durationS };
  }

  #labelResult(segments, emissions, durationS) {
    const signs = segments.map(({ startS, endS }, number) => {
      const top = rankLabels(emissions[number], this.about.symbols).slice(0, NUM_TOP);
      return { label: top[0].label, startS, endS, confidence: top[0].score, top };
    });
    const described = signs.map(({ label, startS, endS }, number) => {
      return { startS, endS, text: label, emissions: emissions[number] };
    });
    return { kind: "label", ...joinLabels(signs), signs, segments: described, durationS };
  }
}

/** The image's or the world's landmarks of all pictures, with 0 for an absent hand. */
function coordinatesOf(signal, coordinates) {
  const values = new Float32Array((signal.length * PICTURE_SIZE) / 2);
  for (let picture = 0; picture < signal.length; picture++) {
    for (let hand = 0; hand < HANDS; hand++) {
      if (!signal.has(picture, hand)) continue;
      const start = placeOf(picture, hand, coordinates);
      values.set(signal.values.subarray(start, start + HAND_SIZE), (picture * HANDS + hand) * HAND_SIZE);
    }
  }
  return values;
}

function checkSamples(samples) {
  if (!samples.length) throw new Error("there is no sound; record again, or choose another file");
  const wrong = samples.findIndex((sample) => !Number.isFinite(sample));
  if (wrong >= 0) throw new Error(`sample ${wrong} of the sound is ${samples[wrong]}, not a number`);
}

function checkChoice(name, found, choices) {
  if (!choices.includes(found)) throw new Error(`${name} must be one of ${choices.join(", ")}; found ${found}`);
}
