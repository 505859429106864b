// The worker that finds hands in pictures.

import { HandFinder } from "./hand_finder.js";
import { answerCalls } from "./worker_calls.js";

// MediaPipe writes all of its notes to the console as errors.
const { error } = console;
console.error = (...values) => (/^(INFO|W\d|I\d)/.test(values[0]) ? console.debug(...values) : error(...values));

let finder = null;

answerCalls({
  /** Load MediaPipe and its model. */
  async load(libraries, tracker) {
    finder = await HandFinder.load(libraries.mediapipe, tracker);
  },
  /** Forget the hands of the clip before. */
  begin: (tracker) => finder.begin(tracker),
  /** Find the hands in the next picture, which is closed. */
  async find(picture, timeMs) {
    try {
      return await finder.find(picture, timeMs);
    } finally {
      picture.close();
    }
  },
});
