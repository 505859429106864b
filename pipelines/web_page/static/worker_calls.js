// Calls of functions in a worker, so that what takes long does not freeze the page.

/** In a worker: answer calls with these functions, by their names. */
export function answerCalls(functions) {
  self.addEventListener("message", async ({ data: { id, name, values } }) => {
    try {
      self.postMessage({ id, value: await functions[name](...values) });
    } catch (error) {
      self.postMessage({ id, error: error?.message ?? String(error) });
    }
  });
}

/** In the page: a worker whose functions are called. */
export class WorkerCalls {
  #worker;
  #pending = new Map();
  #lastId = 0;

  /** @param {string} address - The worker's module, relative to the page's folder. */
  constructor(address) {
    this.#worker = new Worker(new URL(address, import.meta.url), { type: "module" });
    this.#worker.addEventListener("message", ({ data: { id, value, error } }) => {
      const { resolve, reject } = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) resolve(value);
      else reject(new Error(error));
    });
    this.#worker.addEventListener("error", (event) => {
      event.preventDefault();
      this.#fail(new Error(`${address} cannot run in this browser (${event.message || "it was not loaded"})`));
    });
  }

  /** Call a function; `transferred` lists objects that move to the worker instead of being copied. */
  call(name, values = [], transferred = []) {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, values }, transferred);
    });
  }

  #fail(error) {
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
  }
}
