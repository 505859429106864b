// Hand landmarks from JSON files: the page's own examples, and MediaPipe's results in the usual spellings.

const RATE_NAMES = ["fps", "framerate", "ratehz"];
const FRAME_NAMES = ["frames", "results", "data", "sequence"];
const HAND_NAMES = ["landmarks", "handlandmarks", "multihandlandmarks"];
const WORLD_NAMES = ["worldlandmarks", "handworldlandmarks", "multihandworldlandmarks"];
const LANDMARKS = 21;
const EXPECTED = "expected frames with the landmarks of hands, as MediaPipe's HandLandmarker gives them, and their fps";

/**
 * Read a file of landmarks.
 *
 * @param {Blob} file - JSON.
 * @returns {Promise<{pictures: {timeMs, hands}[], aspectRatio: number}>} What `recognizeHands` takes.
 * @throws {Error} The file holds something else.
 */
export async function readLandmarks(file) {
  let document;
  try {
    document = plain(JSON.parse(await file.text()));
  } catch {
    throw new Error(`it is not JSON; ${EXPECTED}`);
  }
  const frames = Array.isArray(document) ? document : FRAME_NAMES.map((name) => document?.[name]).find(Array.isArray);
  if (!frames?.length) throw new Error(`it holds no frames; ${EXPECTED}`);
  const rateHz = RATE_NAMES.map((name) => document[name]).find((rate) => rate > 0);
  try {
    const pictures = frames.map((frame, number) => {
      const timeMs = frame.timems ?? frame.timestampms ?? (rateHz ? (1000 * number) / rateHz : null);
      if (timeMs === null) throw new Error("it does not say how many frames there are a second");
      return { timeMs, hands: handsOf(frame) };
    });
    return { pictures, aspectRatio: document.aspectratio ?? 1 };
  } catch (error) {
    throw new Error(`${error.message}; ${EXPECTED}`);
  }
}

/** The hands of a frame; those without world landmarks get their own, from the middle of the hand. */
function handsOf(frame) {
  const hands = HAND_NAMES.map((name) => frame[name]).find(Array.isArray) ?? [];
  const worlds = WORLD_NAMES.map((name) => frame[name]).find(Array.isArray) ?? [];
  return hands.map((hand, number) => {
    const landmarks = pointsOf(hand);
    return { landmarks, worldLandmarks: worlds[number] ? pointsOf(worlds[number]) : centred(landmarks) };
  });
}

function pointsOf(hand) {
  const points = Array.isArray(hand) ? hand : (hand?.landmark ?? hand?.landmarks);
  if (points?.length !== LANDMARKS) throw new Error(`a hand has ${points?.length ?? "no"} landmarks, not ${LANDMARKS}`);
  return points.map((point) => {
    const [x, y, z = 0] = Array.isArray(point) ? point : [point?.x, point?.y, point?.z];
    if (![x, y, z].every(Number.isFinite)) throw new Error("a landmark is not a point");
    return { x, y, z };
  });
}

function centred(points) {
  const mean = (axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y, z] = [mean("x"), mean("y"), mean("z")];
  return points.map((point) => ({ x: point.x - x, y: point.y - y, z: point.z - z }));
}

/** An object with its names in lower case without underscores, so that all spellings are equal. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name.toLowerCase().replaceAll("_", ""), plain(each)]),
  );
}
