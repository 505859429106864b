// Finds hands in the pictures of a clip with MediaPipe, as data_prep/features/hand_tracker.py does in training.
//
// MediaPipe searches the whole picture while it follows fewer hands than its maximum, which is slow. So while there is
// one hand, a landmarker for one hand follows it, and another searches every few pictures for a second.

import { importLibrary, libraryUrl } from "./libraries.js";

const HANDS = 2;
const MODEL = new URL("./recognizer/hand_landmarker.task", import.meta.url);

export class HandFinder {
  #vision;
  #files;
  #model;
  #tracker;
  #landmarkers = new Map();
  #hands = 1;
  #count = 0;
  #clockMs = 0;
  #canvas = new OffscreenCanvas(1, 1);

  constructor(vision, files, model, tracker) {
    this.#vision = vision;
    this.#files = files;
    this.#model = model;
    this.#tracker = tracker;
  }

  /**
   * Load MediaPipe.
   *
   * @param library - Its files.
   * @param tracker - Settings of the tracker in training: min_confidence, upscale, border, second_hand_every.
   */
  static async load(library, tracker) {
    const vision = await importLibrary(library.module);
    // MediaPipe would run its loader once alone; each of our landmarkers needs it.
    self.import = async (url) => {
      self.ModuleFactory = (await import(url)).default;
    };
    const [wasmLoaderPath, wasmBinaryPath] = await Promise.all([library.loader, library.wasm].map(libraryUrl));
    const response = await fetch(MODEL);
    if (!response.ok) throw new Error(`${MODEL}: cannot be loaded (status ${response.status}); copy the folder again`);
    const finder = new HandFinder(
      vision,
      { wasmLoaderPath, wasmBinaryPath },
      new Uint8Array(await response.arrayBuffer()),
      tracker,
    );
    await finder.begin();
    await finder.#landmarker("VIDEO", 1);
    return finder;
  }

  /** Begin a clip: no clip depends on the one before. */
  async begin(tracker = this.#tracker) {
    const isOther = tracker.min_confidence !== this.#tracker.min_confidence;
    this.#tracker = tracker;
    for (const [key, landmarker] of this.#landmarkers) {
      if (isOther) {
        landmarker.close();
        this.#landmarkers.delete(key);
      } else {
        await landmarker.setOptions({}); // starts its graph anew
      }
    }
    this.#hands = tracker.second_hand_every === 1 ? HANDS : 1;
    this.#count = 0;
  }

  /**
   * Find the hands in the next picture of the clip.
   *
   * @param {ImageBitmap} picture - The picture.
   * @param {number} timeMs - Its time, which rises from picture to picture.
   * @returns {{landmarks, worldLandmarks}[]} The hands, as shares of the picture with its border.
   */
  async find(picture, timeMs) {
    const prepared = this.#prepare(picture);
    this.#clockMs = Math.max(this.#clockMs + 1, Math.round(timeMs)); // must rise, also from clip to clip
    this.#count++;
    if (this.#hands < HANDS && (this.#count - 1) % this.#tracker.second_hand_every === 0) {
      const found = handsOf((await this.#landmarker("IMAGE", HANDS)).detect(prepared));
      if (found.length === 1) return found;
      if (found.length === HANDS) this.#hands = HANDS;
    }
    const landmarker = await this.#landmarker("VIDEO", this.#hands);
    return handsOf(landmarker.detectForVideo(prepared, this.#clockMs));
  }

  /** Make a landmarker when it is first needed: VIDEO follows hands, IMAGE takes each picture alone. */
  async #landmarker(runningMode, numHands) {
    const key = `${runningMode} ${numHands}`;
    if (!this.#landmarkers.has(key)) {
      const confidence = this.#tracker.min_confidence;
      const landmarker = await this.#vision.HandLandmarker.createFromOptions(this.#files, {
        baseOptions: { modelAssetBuffer: this.#model.slice(), delegate: "CPU" },
        runningMode,
        numHands,
        minHandDetectionConfidence: confidence,
        minHandPresenceConfidence: confidence,
        minTrackingConfidence: confidence,
      });
      this.#landmarkers.set(key, landmarker);
    }
    return this.#landmarkers.get(key);
  }

  /** Enlarge a picture, and put a border around it that repeats the pixels of its edge, as in training. */
  #prepare(picture) {
    const { upscale, border } = this.#tracker;
    if (upscale === 1 && !border) return picture;
    const [width, height] = [picture.width, picture.height].map((side) => Math.round(side * upscale));
    const [left, top] = [width, height].map((side) => Math.round(border * side));
    this.#canvas.width = width + 2 * left;
    this.#canvas.height = height + 2 * top;
    const context = this.#canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    // Each of nine places: where the picture's columns or rows come from, and where they go.
    const spans = (size, side, margin) => [
      [0, 1, 0, margin],
      [0, size, margin, side],
      [size - 1, 1, margin + side, margin],
    ];
    for (const [fromY, fromHeight, toY, toHeight] of spans(picture.height, height, top)) {
      for (const [fromX, fromWidth, toX, toWidth] of spans(picture.width, width, left)) {
        if (!toWidth || !toHeight) continue;
        context.drawImage(picture, fromX, fromY, fromWidth, fromHeight, toX, toY, toWidth, toHeight);
      }
    }
    return this.#canvas;
  }
}

/** The plain landmarks of a result. */
function handsOf({ landmarks, worldLandmarks }) {
  const plain = (points) => points.map(({ x, y, z }) => ({ x, y, z }));
  return landmarks.map((hand, number) => ({
    landmarks: plain(hand),
    worldLandmarks: plain(worldLandmarks[number]),
  }));
}
