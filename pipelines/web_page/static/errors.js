// What went wrong, in words that say what to do.

/** What the browser lacks for the page; null if it has everything. */
export function missingInBrowser(source) {
  if (location.protocol === "file:") {
    return "The page was opened from disk, and browsers load no networks from there. Serve its folder: utterance web model=FOLDER, or python -m http.server.";
  }
  if (typeof WebAssembly !== "object") {
    return "This browser cannot run WebAssembly, or it is switched off (some do so in lockdown mode). Use a current Firefox, Chrome, Edge or Safari.";
  }
  const needed = { Worker: "Worker", OffscreenCanvas: "OffscreenCanvas", AudioContext: "AudioContext" };
  if (source === "landmarks") delete needed.AudioContext;
  const missing = Object.keys(needed).find((name) => !(name in window));
  return missing
    ? `This browser is too old for the page: it lacks ${missing}. Use a current Firefox, Chrome, Edge or Safari.`
    : null;
}

/** Ask for the microphone or the camera; errors say why there is none, and `lost` is told why there is none any more. */
export async function openDevice(kind, constraints, lost) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error(
      `Browsers give the ${kind} only to pages of this machine (http://localhost) or with https. This one is at ${location.origin}; open it in one of these ways, or choose a file.`,
    );
  }
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    const message = `The ${kind} was disconnected, or its permission was taken back. Connect it, then try again.`;
    stream.getTracks().forEach((track) => track.addEventListener("ended", () => lost(message)));
    return stream;
  } catch (error) {
    throw new Error(explainDevice(kind, error));
  }
}

function explainDevice(kind, { name, message }) {
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return `The page may not use the ${kind}. Allow it in the browser's address bar or in the system's privacy settings, then try again.`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `No ${kind} was found. Connect one, or choose a file.`;
    case "NotReadableError":
    case "AbortError":
      return `The ${kind} cannot be read; another program may be using it. Close that program, then try again.`;
    default:
      return `The ${kind} cannot be used (${name}: ${message}).`;
  }
}
