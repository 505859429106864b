// Collects the blocks of 128 samples that the browser gives into chunks, away from the page.

const CHUNK = 1024;

class Chunks extends AudioWorkletProcessor {
  #chunk = new Float32Array(CHUNK);
  #length = 0;

  process([[block]]) {
    if (!block) return true;
    if (this.#length + block.length > CHUNK) this.#send();
    this.#chunk.set(block, this.#length);
    this.#length += block.length;
    if (this.#length === CHUNK) this.#send();
    return true;
  }

  #send() {
    this.port.postMessage(this.#chunk.slice(0, this.#length));
    this.#length = 0;
  }
}

registerProcessor("chunks", Chunks);
