// Loads the libraries: from the page's own folder or, where they are not in it, from a content delivery network.
//
// What comes from elsewhere must have the hash that page.json states, and exactly what was checked is run.

const FOLDER = new URL("./", import.meta.url);

/** Import a library's module. */
export async function importLibrary(file) {
  return import(await libraryUrl(file));
}

/** An address at which a library's file is as expected. */
export async function libraryUrl(file) {
  const url = new URL(file.url, FOLDER);
  if (url.origin === FOLDER.origin) return url.href;
  const type = url.pathname.endsWith(".wasm") ? "application/wasm" : "text/javascript";
  return URL.createObjectURL(new Blob([await fetchLibrary(file)], { type }));
}

/** Fetch a file of a library. */
export async function fetchLibrary({ url, integrity }) {
  let response;
  try {
    response = await fetch(new URL(url, FOLDER), { integrity, credentials: "same-origin" });
  } catch (error) {
    throw new Error(`${url}: cannot be loaded, or is not the expected file (${error.message})`);
  }
  if (!response.ok) throw new Error(`${url}: cannot be loaded (status ${response.status}); copy the folder again`);
  return response.arrayBuffer();
}
