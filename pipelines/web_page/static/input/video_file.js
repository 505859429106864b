// Pictures of a video file, one after the other.
//
// A browser shows a video but does not list its pictures. So the page goes to a moment, asks which picture is shown there
// and when it begins, and goes on to the middle of the next one. Videos whose rate varies may lose pictures that follow
// another sooner than usual; for all others every picture is seen once, as in Python.

const LONGEST_S = 600;
const WAIT_MS = 10000;
/** Pictures whose duration is measured, and the steps in which that is done: up to 120 pictures a second. */
const PROBES = 5;
const STEP_S = 1 / 120;
/** Rate that is assumed where the browser does not tell a picture's time. */
const USUAL_RATE_HZ = 30;

/**
 * Read the pictures of a video.
 *
 * @param {Blob} file - The video.
 * @param {(picture: {bitmap: ImageBitmap, timeMs: number, share: number}) => Promise<void>} take - Is given each
 *   picture, and how much of the video is read by then; the next one waits for it.
 * @returns {Promise<number>} Width of the pictures divided by their height.
 * @throws {Error} The browser cannot read it.
 */
export async function readVideo(file, take) {
  const address = URL.createObjectURL(file);
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, preload: "auto", src: address });
  try {
    await loaded(video);
    if (!(video.duration <= LONGEST_S)) {
      throw new Error(`it lasts ${Math.round(video.duration / 60)} minutes; cut it to at most ${LONGEST_S / 60}`);
    }
    await eachPicture(video, take);
    return video.videoWidth / video.videoHeight;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  }
}

/** Wait until the first picture of a video can be shown. */
async function loaded(video) {
  await new Promise((resolve, reject) => {
    video.addEventListener("loadeddata", resolve, { once: true });
    const fail = () =>
      reject(new Error("it is damaged, or a video that this browser cannot read; MP4 with H.264 works everywhere"));
    video.addEventListener("error", fail, { once: true });
    setTimeout(fail, WAIT_MS);
  });
  if (!video.videoWidth) throw new Error("it holds no pictures");
}

async function eachPicture(video, take) {
  const pictureS = await durationOfPicture(video);
  let [timeS, lastS] = [0, -1];
  while (timeS <= video.duration) {
    const shownS = await goTo(video, timeS);
    if (shownS > lastS) {
      const bitmap = await createImageBitmap(video);
      await take({ bitmap, timeMs: 1000 * shownS, share: shownS / video.duration });
      lastS = shownS;
      timeS = shownS + 1.5 * pictureS; // the middle of the next picture
    } else {
      timeS += pictureS / 2;
    }
  }
}

/** Measure how long a picture is shown: the median of the first ones. */
async function durationOfPicture(video) {
  if (!("requestVideoFrameCallback" in video)) return 1 / USUAL_RATE_HZ;
  const beginnings = new Set();
  for (let timeS = 0; beginnings.size <= PROBES && timeS < Math.min(2, video.duration); timeS += STEP_S) {
    beginnings.add(await goTo(video, timeS));
  }
  const sorted = [...beginnings].sort((one, other) => one - other);
  const gaps = sorted.slice(1).map((each, number) => each - sorted[number]);
  return gaps.length ? median(gaps) : 1 / USUAL_RATE_HZ;
}

/** Go to a moment, and return when the picture that is shown there begins, in seconds. */
function goTo(video, timeS) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`nothing is shown at ${timeS.toFixed(2)} s; it may be damaged`)),
      WAIT_MS,
    );
    const done = (shownS) => {
      clearTimeout(timer);
      resolve(shownS);
    };
    if ("requestVideoFrameCallback" in video) {
      video.requestVideoFrameCallback((_, { mediaTime }) => done(mediaTime));
    } else {
      video.addEventListener("seeked", () => done(video.currentTime), { once: true });
    }
    video.currentTime = timeS;
  });
}

function median(values) {
  return [...values].sort((one, other) => one - other)[values.length >> 1];
}
