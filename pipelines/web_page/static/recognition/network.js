// A network of a recognizer, run by onnxruntime-web.

export class Network {
  #session;
  #outputs;
  #last = Promise.resolve();

  constructor(session, outputs) {
    this.#session = session;
    this.#outputs = outputs ?? session.outputNames;
  }

  /**
   * Load a network.
   *
   * @param ort - The module onnxruntime-web.
   * @param {string} url - The address of its file.
   * @param {{bytes?: number, sha256?: string, outputs?: string[]}} expected - What is known of the file, and which of
   *   its outputs are wanted; all by default.
   */
  static async load(ort, url, { bytes, sha256, outputs } = {}) {
    const content = await fetched(url).then((response) => response.arrayBuffer());
    if (bytes !== undefined && bytes !== content.byteLength) {
      throw new Error(`${url}: ${content.byteLength} bytes, expected ${bytes}; copy the folder again`);
    }
    // Only secure pages, such as those of this machine or with https, can compute checksums.
    if (sha256 !== undefined && globalThis.crypto?.subtle && (await sha256Of(content)) !== sha256) {
      throw new Error(`${url}: differs from the exported file (wrong SHA-256); copy the folder again`);
    }
    return new Network(await ort.InferenceSession.create(new Uint8Array(content)), outputs);
  }

  /**
   * Run the network; calls that overlap wait for each other, which sessions do not do themselves.
   *
   * @param inputs - A tensor for each input, by name.
   * @returns The tensors of the wanted outputs, in their order.
   */
  run(inputs) {
    const result = this.#last.then(() => this.#session.run(inputs, this.#outputs));
    this.#last = result.catch(() => {}); // one failure must not fail the calls that wait
    return result.then((tensors) => this.#outputs.map((name) => tensors[name]));
  }
}

/** Fetch a file of a recognizer. */
export async function fetched(url) {
  let response;
  try {
    response = await fetch(url);
  } catch (error) {
    throw new Error(`${url}: cannot be loaded (${error.message}); open the page through a web server`);
  }
  if (!response.ok) throw new Error(`${url}: cannot be loaded (status ${response.status}); copy the folder again`);
  return response;
}

async function sha256Of(content) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
