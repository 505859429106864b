// Pictures from the camera, each with the hands in it.

import { openDevice } from "../errors.js";
import { fittedContext } from "../drawing/canvas.js";
import { drawHand } from "../drawing/skeleton.js";

const WANTED = {
  video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, facingMode: "user" },
};
const THUMBNAIL_WIDTH = 160;

export class Camera {
  #stream;
  #video;
  #canvas;
  #isOpen = true;

  constructor(stream, video, canvas) {
    this.#stream = stream;
    this.#video = video;
    this.#canvas = canvas;
  }

  /**
   * Open the camera, and show what it sees.
   *
   * @param {HTMLElement} place - Where to show it.
   * @param {(bitmap: ImageBitmap, timeMs: number) => Promise<object[] | null>} find - Finds hands; null if it is busy.
   * @param {(picture: {timeMs, hands, thumbnail}) => void} take - Is given each picture.
   * @param {(message: string) => void} lost - Is told why no more pictures come.
   * @throws {Error} There is no camera, or the page may not use it.
   */
  static async open(place, find, take, lost) {
    const stream = await openDevice("camera", WANTED, lost);
    const [video, canvas, view] = ["video", "canvas", "div"].map((name) => document.createElement(name));
    Object.assign(video, { muted: true, playsInline: true, srcObject: stream });
    video.setAttribute("aria-label", "What the camera sees");
    const isFront = stream.getVideoTracks()[0].getSettings().facingMode !== "environment";
    view.className = isFront ? "view mirrored" : "view";
    view.append(video, canvas);
    place.replaceChildren(view);
    const camera = new Camera(stream, video, canvas);
    try {
      await video.play();
    } catch (error) {
      camera.close();
      throw error;
    }
    camera.#run(find, take).catch((error) => lost(error.message));
    return camera;
  }

  get aspectRatio() {
    return this.#video.videoWidth / this.#video.videoHeight;
  }

  close() {
    this.#isOpen = false;
    this.#stream.getTracks().forEach((track) => track.stop());
    this.#video.srcObject = null;
    this.#canvas.parentElement.remove();
  }

  /** Look at one picture after the other; those that come while one is looked at are left out. */
  async #run(find, take) {
    while (this.#isOpen) {
      const timeMs = await nextPicture(this.#video);
      if (!this.#isOpen || !this.#video.videoWidth) continue;
      const bitmap = await createImageBitmap(this.#video);
      const thumbnail = await thumbnailOf(bitmap);
      const hands = await find(bitmap, timeMs);
      bitmap.close();
      if (hands === null || !this.#isOpen) continue;
      this.#draw(hands);
      take({ timeMs, hands, thumbnail });
    }
  }

  #draw(hands) {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = fittedContext(this.#canvas, width, height);
    for (const { landmarks } of hands) drawHand(context, landmarks, ({ x, y }) => [x * width, y * height], 3);
  }
}

/** Wait for the next picture; returns its time. */
function nextPicture(video) {
  return new Promise((resolve) => {
    // A camera that stalls, or was closed, shows none.
    setTimeout(() => resolve(performance.now()), 1000);
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback((now) => resolve(now));
    else requestAnimationFrame(resolve);
  });
}

/** A small copy of a picture, to show beside the result. */
export function thumbnailOf(bitmap) {
  const width = Math.min(THUMBNAIL_WIDTH, bitmap.width);
  return createImageBitmap(bitmap, {
    resizeWidth: width,
    resizeHeight: Math.round((width * bitmap.height) / bitmap.width),
  });
}
