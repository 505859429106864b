// What the page offers for a recognizer of sound: files, holding a button to speak, and talking freely.

import { drawEnvelope } from "./drawing/waveform.js";
import { fittedContext, themeColours } from "./drawing/canvas.js";
import { holdButton } from "./input/hold_button.js";
import { Microphone } from "./input/microphone.js";
import { readSound } from "./input/sound_file.js";
import { toggleButton } from "./input/toggle_button.js";
import { concatenated } from "./recognition/resampling.js";
import { element } from "./result_view.js";

/** The level meter shows this much sound. */
const METER_S = 4;
/** A recording by the button ends after this long. */
const LONGEST_S = 120;

/** Wire the page; see `page.js` for what it returns. */
export function soundPage(session, { hold, free, live }) {
  const talk = new Talk(session, live);
  const endHold = holdButton(
    hold,
    () => talk.beginHold(() => endHold()),
    () => talk.endHold(),
    {
      idle: "Hold to speak",
      held: "Listening… release to recognise",
      tapped: "Listening… press to recognise",
    },
    free,
  );
  toggleButton(
    free,
    () => talk.beginFree(),
    () => talk.endFree(),
    { off: "Talk freely", on: "Stop listening" },
    hold,
  );
  return {
    kinds: "Sound, or a video with sound.",
    how: "Hold the button while you speak, or tap it before and after. When you talk freely, each pause ends an utterance.",
    accept: "audio/*,video/*",
    load: async () => {},
    async recognizeFile(file, name, reference) {
      const samples = await readSound(file, session.about.sample_rate_hz);
      await session.recognize({ name, samples, reference }, "recognizeSound", [samples]);
    },
  };
}

/** Speech from the microphone. */
class Talk {
  #session;
  #live;
  #microphone = null;
  // Read aloud, what is said so far would disturb; the answer is announced instead.
  #interim = element("p", { class: "interim", "aria-hidden": "true" });
  #chunks = [];
  #count = 0;
  #feeding = Promise.resolve();

  constructor(session, live) {
    this.#session = session;
    this.#live = live;
  }

  get #rateHz() {
    return this.#session.about.sample_rate_hz;
  }

  /** Record until `endHold`; `expire` is called if that takes too long. */
  async beginHold(expire) {
    const chunks = (this.#chunks = []);
    let length = 0;
    await this.#open((chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LONGEST_S * this.#rateHz) expire();
    });
    this.#session.say("Listening…");
  }

  async endHold() {
    const chunks = this.#chunks; // the next recording may begin before this microphone is closed
    await this.#close();
    this.#recognize(concatenated(chunks));
  }

  /** Recognise each utterance as soon as it ends, until `endFree`. */
  async beginFree() {
    await this.#session.recognizer.call("beginSpeech");
    await this.#open((chunk) => this.#feed("addSpeech", [chunk]));
    this.#session.say("Listening… speak, and pause after each utterance.");
  }

  async endFree() {
    await this.#close();
    await this.#feed("endSpeech", []);
    this.#session.say("Ready.");
  }

  /** Pass sound on; whatever ended in it is recognised. */
  #feed(name, values) {
    this.#feeding = this.#feeding
      .then(() => this.#session.recognizer.call(name, values))
      .then(({ utterances, isSpeaking, partial }) => {
        this.#live.classList.toggle("speaking", isSpeaking);
        if (partial !== null || !isSpeaking) this.#interim.textContent = partial ?? "";
        utterances.forEach((samples) => this.#recognize(samples));
      })
      .catch((error) => this.#session.fail(error.message));
    return this.#feeding;
  }

  #recognize(samples) {
    const source = { name: `microphone ${++this.#count}`, samples };
    this.#session.enqueue(() => this.#session.recognize(source, "recognizeSound", [samples]));
  }

  async #open(take) {
    this.#session.fail("");
    const meter = new Meter(this.#rateHz);
    this.#interim.textContent = "";
    this.#live.replaceChildren(meter.canvas, this.#interim);
    this.#live.hidden = false;
    try {
      const takeAndShow = (chunk) => {
        meter.add(chunk);
        take(chunk);
      };
      this.#microphone = await Microphone.open(this.#rateHz, takeAndShow, (message) => this.#session.fail(message));
    } catch (error) {
      this.#live.hidden = true;
      this.#session.fail(error.message);
      throw error;
    }
  }

  async #close() {
    const microphone = this.#microphone;
    this.#microphone = null;
    this.#live.hidden = true;
    await microphone?.close();
  }
}

/** Shows the last seconds of sound while it comes in. */
class Meter {
  canvas = element("canvas", { role: "img", "aria-label": "Sound from the microphone" });
  #samples;
  #colour = themeColours().series[0];

  constructor(rateHz) {
    this.#samples = new Float32Array(METER_S * rateHz);
  }

  add(chunk) {
    this.#samples.copyWithin(0, chunk.length);
    this.#samples.set(chunk, this.#samples.length - chunk.length);
    const [width, height] = [this.canvas.clientWidth, 64];
    this.canvas.style.height = `${height}px`;
    const context = fittedContext(this.canvas, width, height);
    const loudest = this.#samples.reduce((most, each) => Math.max(most, Math.abs(each)), 0.05);
    drawEnvelope(context, { left: 0, top: 2, width, height: height - 4 }, this.#samples, loudest, this.#colour);
  }
}
