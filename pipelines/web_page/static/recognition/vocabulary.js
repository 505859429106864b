// The symbols that a recognizer can emit, and text made of them.

/** What Python takes for white space; JavaScript's \s differs in a few characters. */
const SPACES = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
const RUNS_OF_SPACES = new RegExp(`${SPACES.source}+`);

/** Whether a text is nothing but white space, and not empty. */
export function isSpace(text) {
  return text !== "" && [...text].every((character) => SPACES.test(character));
}

/** Split a text at its white space. */
export function splitWords(text) {
  return text.split(RUNS_OF_SPACES).filter((word) => word !== "");
}

export class Vocabulary {
  /** @param {{unit: string, symbols: string[], separator: string}} about - The recognizer's description. */
  constructor({ unit, symbols, separator }) {
    this.unit = unit;
    this.symbols = symbols;
    this.separator = separator;
  }

  /** Whether words are separated by spaces: in scripts without them, a recognizer may have learned none. */
  get hasSpaces() {
    return this.unit === "word" || this.symbols.includes(" ");
  }

  /** Turn ids, without blanks, into text. */
  decode(ids) {
    return ids.map((id) => this.symbols[id]).join(this.separator);
  }

  /** Turn ids, without blanks, into text with no spaces at its ends and single ones inside. */
  spell(ids) {
    return splitWords(this.decode(ids)).join(" ");
  }
}
