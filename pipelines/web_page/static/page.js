// The page: start here. It loads the recognizer, and passes what comes in to it and results to the views.
//
// `recognition/` recognises, `input/` reads files, microphone and camera, `drawing/` draws. `sound_page.js` and
// `hands_page.js` say what a recognizer of sound and one of hands offer.

import { missingInBrowser } from "./errors.js";
import { handsPage } from "./hands_page.js";
import { fileInput } from "./input/file_input.js";
import { resultJson, srt } from "./recognition/result_files.js";
import { answerOf, element, percent, showResult } from "./result_view.js";
import { soundPage } from "./sound_page.js";
import { WorkerCalls } from "./worker_calls.js";

const at = (id) => document.getElementById(id);
const PAGES = { waveform: soundPage, landmarks: handsPage };
const MAX_LOGGED = 50;

/** What the parts of the page share: the recognizer, and places for messages and results. */
class Session {
  constructor(settings) {
    this.settings = settings;
    this.recognizer = new WorkerCalls("recognition_worker.js");
    this.about = null;
    this.shown = null;
    this.queue = Promise.resolve();
  }

  say(text) {
    at("status").textContent = text;
  }

  /** Show what went wrong; nothing hides what went wrong before. */
  fail(text) {
    at("error").textContent = text;
    at("error").hidden = !text;
    if (text) this.say("");
  }

  /** Do something after everything that was asked for before, and show what goes wrong with it. */
  enqueue(work) {
    this.queue = this.queue.then(work).catch((error) => this.fail(sentence(error.message)));
    return this.queue;
  }

  /** Recognise something with a call of the recognizer's worker, and show the result. */
  async recognize(source, name, values) {
    this.say(`Recognising ${source.name}…`);
    const startedMs = performance.now();
    const result = await this.recognizer.call(name, values);
    this.show(result, source, performance.now() - startedMs);
    this.say("Done.");
    return result;
  }

  show(result, source, tookMs) {
    this.shown = { result, source };
    at("result").hidden = false;
    at("download-srt").hidden = result.kind !== "text";
    showResult(
      { answer: at("answer"), details: at("details"), charts: at("charts") },
      result,
      source,
      this.about,
      tookMs,
    );
    this.#log(result, source, tookMs);
  }

  /** List what was recognised, to show it again. */
  #log(result, source, tookMs) {
    if (source.isLogged) return;
    source.isLogged = true;
    const again = element("button", { type: "button" }, answerOf(result));
    again.addEventListener("click", () => this.show(result, source, tookMs));
    at("log-items").prepend(
      element("li", {}, again, element("small", {}, ` ${source.name}, ${percent(result.confidence)}`)),
    );
    if (at("log-items").children.length > MAX_LOGGED) at("log-items").lastElementChild.remove();
    at("log").hidden = at("log-items").children.length < 2;
  }
}

async function start() {
  const settings = await readSettings();
  document.title = at("title").textContent = settings.title;
  const missing = missingInBrowser(settings.source);
  if (missing) throw new Error(missing);
  const session = new Session(settings);
  offerPrecisions(session);
  await load(session, settings.precisions[0]);
  const page = PAGES[settings.source](session, {
    hold: at("hold"),
    free: at("free"),
    camera: at("camera"),
    live: at("live"),
  });
  at("kinds").textContent = page.kinds;
  at("how").textContent = page.how;
  at("file").accept = page.accept;
  fileInput({ drop: at("drop"), choose: at("choose"), file: at("file") }, (files) => {
    for (const file of files) recognizeFile(session, page, file, file.name);
  });
  offerExamples(session, page);
  offerDownloads(session);
  await page.load();
  for (const id of ["choose", "hold", "free", "camera"]) at(id).disabled = false;
  session.say("Ready.");
  document.documentElement.dataset.ready = "true";
}

async function readSettings() {
  try {
    const response = await fetch("page.json");
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.json();
  } catch (error) {
    throw new Error(missingInBrowser() ?? `page.json cannot be loaded (${error.message}); copy the folder again.`);
  }
}

/** Load the network of a precision. */
async function load(session, precision) {
  session.say("Loading the recognizer…");
  const { libraries, source, streams } = session.settings;
  const about = await session.recognizer.call("load", [libraries, source, precision, streams]);
  session.about = about;
  const count = about.symbols.filter((symbol) => symbol !== "").length;
  const unit = { word: "words", character: "characters", label: "labels" }[about.unit];
  const megabytes = (about.networks[precision].bytes / 1e6).toFixed(1);
  at("about").textContent = `Knows ${count} ${unit}; its network has ${megabytes} MB and runs in this page.`;
}

/** Let the visitor choose among the networks, if there are several. */
function offerPrecisions(session) {
  const { precisions } = session.settings;
  const names = { float32: "32-bit", int8: "8-bit, smaller" };
  at("precision").append(...precisions.map((name) => element("option", { value: name }, names[name] ?? name)));
  at("precision-choice").hidden = precisions.length < 2;
  at("precision").addEventListener("change", ({ target }) => {
    session.fail("");
    session.enqueue(async () => {
      await load(session, target.value);
      session.say("Ready.");
    });
  });
}

function recognizeFile(session, page, file, name, reference) {
  session.fail("");
  session.enqueue(async () => {
    session.say(`Reading ${name}…`);
    try {
      await page.recognizeFile(file, name, reference);
    } catch (error) {
      throw new Error(`${name}: ${error.message}`);
    }
  });
}

/** Offer the examples, each by what is said or signed in it. */
function offerExamples(session, page) {
  const { examples } = session.settings;
  at("examples").hidden = !examples.length;
  const buttons = examples.map(({ file, target }) => {
    const button = element("button", { type: "button" }, target);
    button.addEventListener("click", async () => {
      try {
        const response = await fetch(`examples/${file}`);
        if (!response.ok) throw new Error(`status ${response.status}`);
        recognizeFile(session, page, new File([await response.blob()], file), file, target);
      } catch (error) {
        session.fail(`examples/${file} cannot be loaded (${error.message}); copy the folder again.`);
      }
    });
    return button;
  });
  at("examples")
    .querySelector(".examples")
    .append(...buttons);
}

function offerDownloads(session) {
  const offer = (id, ending, type, write) => {
    at(id).addEventListener("click", () => {
      const name = session.shown.source.name;
      const address = URL.createObjectURL(new Blob([write(session.shown.result, name)], { type }));
      const link = element("a", { href: address, download: `${name.replace(/\.\w+$/, "")}.${ending}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    });
  };
  offer("download-json", "json", "application/json", (result, name) => resultJson(result, { id: name }));
  offer("download-srt", "srt", "application/x-subrip", (result) => srt(result, session.about));
}

/** Begin with a capital and end with a full stop. */
function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
}

start().catch((error) => {
  at("status").textContent = "";
  at("error").textContent = sentence(error.message);
  at("error").hidden = false;
});
