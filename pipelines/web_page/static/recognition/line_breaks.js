// Where text may be broken, also in scripts that put no spaces between words.
//
// The rules are those of recognizers/inference/line_breaks.py. Browsers lack some properties of characters that these
// rules need, so the description of a recognizer lists the characters of its vocabulary that have them.

const NEVER_FIRST = new Set(
  "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿｧｨｩｪｫｬｭｮｯー々〻ゝゞヽヾｰﾞﾟ〜～" +
    "\u0e2f\u0e30\u0e32\u0e33\u0e45\u0e46\u0eaf\u0eb0\u0eb2\u0eb3\u0ebd\u0ec6",
);
const NEVER_LAST = new Set("\u0e40\u0e41\u0e42\u0e43\u0e44\u0ec0\u0ec1\u0ec2\u0ec3\u0ec4");
const ZERO_WIDTH_SPACE = "\u200b";
const ZERO_WIDTH_JOINER = "\u200d";

/** Whether a character is a punctuation mark of any script. */
export function isPunctuation(character) {
  return /^\p{P}$/u.test(character);
}

export class LineBreaks {
  /** @param {{wide: string, unspaced: string, virama: string}} characters - Those of the vocabulary; see above. */
  constructor({ wide, unspaced, virama }) {
    this.wide = new Set(wide);
    this.unspaced = new Set(unspaced);
    this.virama = new Set(virama);
  }

  /** Whether a line may be broken between two neighbouring characters, neither of which is a space. */
  canBreak(before, after) {
    if (before === ZERO_WIDTH_SPACE || after === ZERO_WIDTH_SPACE) return before === ZERO_WIDTH_SPACE;
    const isUnspaced = this.unspaced.has(before) || this.unspaced.has(after);
    const isNumber = /^\p{Nd}$/u.test(before) && /^\p{Nd}$/u.test(after);
    return isUnspaced && this.canPart(before, after) && !isNumber;
  }

  /** Whether a word that is too long for a line may be broken between two of its characters. */
  canPart(before, after) {
    return !(this.#isAttached(before, after) || neverBeginsLine(after) || neverEndsLine(before));
  }

  /** Count the columns of a text: two for a wide character (UAX #11), none for a combining or invisible one. */
  columns(text) {
    let sum = 0;
    for (const character of text) {
      if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) continue;
      sum += this.wide.has(character) ? 2 : 1;
    }
    return sum;
  }

  /** Whether two characters make up one sign, such as a letter and its accent. */
  #isAttached(before, after) {
    const joins = before === ZERO_WIDTH_JOINER || after === ZERO_WIDTH_JOINER;
    return /^\p{M}$/u.test(after) || joins || this.virama.has(before);
  }
}

/** Split a text wherever it can be broken. */
export function splitWhere(text, canBreak) {
  const pieces = [];
  let before = null;
  for (const character of text) {
    if (before === null || canBreak(before, character)) pieces.push(character);
    else pieces[pieces.length - 1] += character;
    before = character;
  }
  return pieces;
}

function neverBeginsLine(character) {
  return NEVER_FIRST.has(character) || (isPunctuation(character) && !neverEndsLine(character));
}

function neverEndsLine(character) {
  return NEVER_LAST.has(character) || /^[\p{Ps}\p{Pi}]$/u.test(character);
}
