// What the page offers for a recognizer of hands: files, the camera while a button is held, and signing freely.

import { Camera, thumbnailOf } from "./input/camera.js";
import { withBorder } from "./input/border.js";
import { holdButton } from "./input/hold_button.js";
import { readLandmarks } from "./input/landmark_file.js";
import { toggleButton } from "./input/toggle_button.js";
import { readVideo } from "./input/video_file.js";
import { element } from "./result_view.js";
import { WorkerCalls } from "./worker_calls.js";

/** How much a second look at a clip without hands adds to the border, and by what it divides the confidence. */
const SECOND_LOOK_BORDER = 0.5;
const SECOND_LOOK_FACTOR = 3;
/** A recording by the button ends after this long. */
const LONGEST_S = 60;

/** Wire the page; see `page.js` for what it returns. */
export function handsPage(session, { hold, free, camera: cameraButton, live }) {
  const hands = new Hands(session);
  const show = new Show(session, hands, live, cameraButton);
  const endHold = holdButton(
    hold,
    () => show.beginHold(() => endHold()),
    () => show.endHold(),
    {
      idle: "Hold to sign",
      held: "Recording… release to recognise",
      tapped: "Recording… press to recognise",
    },
    free,
  );
  cameraButton.hidden = false;
  cameraButton.addEventListener("click", () => (show.isOpen ? show.close() : show.open().catch(() => {})));
  toggleButton(
    free,
    () => show.beginFree(),
    () => show.endFree(),
    { off: "Sign freely", on: "Stop watching" },
    hold,
  );
  return {
    kinds: "A video, a photo, or hand landmarks as JSON.",
    how: "Hold the button while you sign, or tap it before and after. When you sign freely, your hands rest between signs.",
    accept: "video/*,image/*,application/json,.json",
    load: () => hands.load(),
    async recognizeFile(file, name, reference) {
      const clip = await hands.read(file, (share) =>
        session.say(`Finding hands in ${name}: ${Math.round(100 * share)} %`),
      );
      await hands.recognize(session, { ...clip, name, reference });
    },
  };
}

/** Finds hands in files and pictures. */
class Hands {
  #session;
  #worker = new WorkerCalls("hands_worker.js");
  #isReading = false;

  constructor(session) {
    this.#session = session;
  }

  get #tracker() {
    return this.#session.settings.tracker;
  }

  load() {
    this.#session.say("Loading what finds hands…");
    return this.#worker.call("load", [this.#session.settings.libraries, this.#tracker]);
  }

  begin() {
    return this.#worker.call("begin", [this.#tracker]);
  }

  /** Find the hands in a picture of the camera; null while a file is read, whose pictures must follow each other. */
  async findLive(bitmap, timeMs) {
    return this.#isReading ? null : this.#find(bitmap, timeMs);
  }

  #find(bitmap, timeMs) {
    return this.#worker.call("find", [bitmap, timeMs], [bitmap]);
  }

  /** Read a clip from a file: {pictures, aspectRatio, border}. */
  async read(file, progress) {
    const { border } = this.#tracker;
    if (/\.json$/i.test(file.name) || file.type === "application/json") {
      const { pictures, aspectRatio } = await readLandmarks(file);
      return { pictures: withBorder(pictures, 0, border), aspectRatio, border };
    }
    this.#isReading = true;
    try {
      return await this.#lookTwice(file, progress);
    } finally {
      await this.begin(); // the camera's next picture does not follow the file's last
      this.#isReading = false;
    }
  }

  /** Find the hands in a video or photo; if there are none, look again at wider pictures. */
  async #lookTwice(file, progress) {
    const { border } = this.#tracker;
    const clip = await this.#look(file, this.#tracker, progress);
    const isEmpty = clip.pictures.every((picture) => !picture.hands.length);
    if (!isEmpty || !this.#tracker.second_look) return { ...clip, border };
    const wider = border + SECOND_LOOK_BORDER;
    const closer = {
      ...this.#tracker,
      border: wider,
      min_confidence: this.#tracker.min_confidence / SECOND_LOOK_FACTOR,
    };
    const second = await this.#look(file, closer, progress);
    return { ...second, pictures: withBorder(second.pictures, wider, border), border };
  }

  /** Find the hands in each picture of a video or photo. */
  async #look(file, tracker, progress) {
    const pictures = [];
    await this.#worker.call("begin", [tracker]);
    const take = async ({ bitmap, timeMs, share }) => {
      const thumbnail = await thumbnailOf(bitmap);
      pictures.push({ timeMs, hands: await this.#find(bitmap, timeMs), thumbnail });
      progress(share);
    };
    if (!file.type.startsWith("image/")) return { aspectRatio: await readVideo(file, take), pictures };
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      throw new Error("it is damaged, or a picture that this browser cannot read; JPEG and PNG work everywhere");
    }
    const aspectRatio = bitmap.width / bitmap.height;
    await take({ bitmap, timeMs: 0, share: 1 });
    return { aspectRatio, pictures };
  }

  /** Recognise a clip, and show the result. */
  recognize(session, clip) {
    return session.recognize(clip, "recognizeHands", [plainPictures(clip.pictures), clip.aspectRatio]);
  }
}

/** Signing in front of the camera. */
class Show {
  #session;
  #hands;
  #live;
  #button;
  #camera = null;
  #opening = null;
  #aspectRatio = 1;
  #take = () => {};
  #pictures = [];
  #count = 0;
  #beginMs = 0;

  constructor(session, hands, live, button) {
    this.#session = session;
    this.#hands = hands;
    this.#live = live;
    this.#button = button;
  }

  get isOpen() {
    return this.#camera !== null;
  }

  /** Open the camera, unless it is open or opening. */
  open() {
    this.#opening ??= this.#open().catch((error) => {
      this.#opening = null;
      this.#live.hidden = true;
      this.#session.fail(error.message);
      throw error;
    });
    return this.#opening;
  }

  async #open() {
    this.#session.fail("");
    this.#session.say("Opening the camera…");
    this.#live.hidden = false;
    const view = element("div");
    this.#live.replaceChildren(view, element("p", { class: "interim", "aria-hidden": "true" }));
    await this.#hands.begin();
    const find = (bitmap, timeMs) => this.#hands.findLive(bitmap, timeMs);
    const take = (picture) => this.#take(picture);
    this.#camera = await Camera.open(view, find, take, (message) => {
      this.close();
      this.#session.fail(message);
    });
    this.#aspectRatio = this.#camera.aspectRatio;
    this.#button.textContent = "Camera off";
    this.#button.setAttribute("aria-pressed", "true");
    this.#session.say("The camera is on.");
  }

  close() {
    this.#camera?.close();
    this.#camera = this.#opening = null;
    this.#live.hidden = true;
    this.#button.textContent = "Camera on";
    this.#button.setAttribute("aria-pressed", "false");
    this.#session.say("Ready.");
  }

  /** Record until `endHold`; `expire` is called if that takes too long. */
  async beginHold(expire) {
    await this.open();
    await this.#hands.begin();
    this.#pictures = [];
    this.#take = (picture) => {
      this.#pictures.push(picture);
      if (picture.timeMs - this.#pictures[0].timeMs > 1000 * LONGEST_S) expire();
    };
    this.#session.say("Recording…");
  }

  endHold() {
    this.#take = () => {};
    const clip = this.#clip(this.#pictures);
    this.#session.enqueue(() => this.#hands.recognize(this.#session, clip));
  }

  /** Recognise signs as they end, until `endFree`. */
  async beginFree() {
    await this.open();
    await this.#session.recognizer.call("beginSigns");
    [this.#pictures, this.#beginMs] = [[], null];
    this.#take = (picture) => {
      this.#beginMs ??= picture.timeMs;
      this.#pictures.push(picture);
      const values = [...plainPictures([picture]), this.#aspectRatio];
      this.#follow(this.#session.recognizer.call("addPicture", values));
    };
    this.#session.say("Watching… rest your hands after each sign.");
  }

  async endFree() {
    this.#take = () => {};
    await this.#follow(this.#session.recognizer.call("endSigns"));
    this.#live.querySelector(".interim").textContent = "";
    this.#session.say("Ready.");
  }

  /** Show what the stream of pictures brought: signs that ended, and what is being signed. */
  async #follow(answer) {
    try {
      const { partial, finals } = await answer;
      const interim = this.#live.querySelector(".interim");
      if (finals.length) interim.textContent = "";
      if (partial) interim.textContent = partial.text;
      for (const result of finals) {
        const timeS = (picture) => (picture.timeMs - this.#beginMs) / 1000;
        const pictures = this.#pictures.filter((each) => timeS(each) >= result.startS && timeS(each) < result.endS);
        this.#pictures = this.#pictures.filter((each) => timeS(each) >= result.endS);
        // Hands that were seen too briefly to be drawn were hardly signing.
        if (pictures.some(({ hands }) => hands.length)) this.#session.show(result, this.#clip(pictures));
      }
    } catch (error) {
      this.#session.fail(error.message);
    }
  }

  #clip(pictures) {
    const { border } = this.#session.settings.tracker;
    return { name: `camera ${++this.#count}`, pictures, aspectRatio: this.#aspectRatio, border };
  }
}

/** Pictures without what only the page needs. */
function plainPictures(pictures) {
  return pictures.map(({ timeMs, hands }) => ({ timeMs, hands }));
}
