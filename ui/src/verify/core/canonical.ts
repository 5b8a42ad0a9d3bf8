/**
 * Canonical JSON: RFC 8785 without floating point numbers, read strictly. What is read here has one spelling, so nothing needs to be written
 * again and compared: each character must be the one that the format asks for. Integers are exact: none is beyond 2^53-1.
 */
import { textOf, utf8, type Bytes } from "./bytes";
import { VerificationError } from "./errors";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const DEEPEST = 500;
const LONGEST_INTEGER = 17; // a sign and sixteen digits
const SHORT: Record<string, string> = { '"': '"', "\\": "\\", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const INTEGER = /-?[0-9]+/y;

/** The text ended within a value. */
export class Unfinished extends VerificationError {
  constructor() {
    super("the JSON ends too early");
  }
}

/** The value of canonical JSON bytes; refuses everything that is not its one canonical spelling. */
export function decode(data: Uint8Array): Json {
  let text: string;
  try {
    text = textOf(data);
  } catch {
    throw new VerificationError("the JSON is not Unicode text in UTF-8");
  }
  const [value, end] = decodeAt(text, 0);
  if (end !== text.length) throw new VerificationError("there is more after the end of the JSON");
  return value;
}

/** The value whose canonical spelling begins at `start`, and where it ends. Throws Unfinished where the text ends within it. */
export function decodeAt(text: string, start: number): [Json, number] {
  const reader = new Reader(text, start);
  return [reader.value(0), reader.at];
}

/** The canonical bytes of a value that was decoded, or of a part of one. */
export function encode(value: Json): Bytes {
  return utf8(written(value));
}

function written(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const keys = Object.keys(value).sort(); // by UTF-16 code units, as RFC 8785 asks
  return `{${keys.map((key) => `${JSON.stringify(key)}:${written(value[key] as Json)}`).join(",")}}`;
}

class Reader {
  constructor(
    private readonly text: string,
    public at: number,
  ) {}

  value(depth: number): Json {
    if (depth > DEEPEST) throw new VerificationError("the JSON is nested too deeply");
    const sign = this.text[this.at];
    if (sign === "{") return this.object(depth);
    if (sign === "[") return this.array(depth);
    if (sign === '"') return this.string();
    if (sign === undefined) throw new Unfinished();
    for (const [word, value] of [["null", null], ["true", true], ["false", false]] as const) if (sign === word[0]) return this.word(word, value);
    return this.integer();
  }

  private object(depth: number): { [key: string]: Json } {
    const found = Object.create(null) as { [key: string]: Json };
    this.at++;
    let before: string | null = null;
    while (!this.ends("}", before === null)) {
      const key: string = this.string();
      if (before !== null && key <= before) throw spelling("keys out of order, or one twice");
      this.word(":", null);
      found[key] = this.value(depth + 1);
      before = key;
    }
    return found;
  }

  private array(depth: number): Json[] {
    const found: Json[] = [];
    this.at++;
    while (!this.ends("]", found.length === 0)) found.push(this.value(depth + 1));
    return found;
  }

  /** True at the end of an object or array; else goes past the comma before what follows. */
  private ends(bracket: string, first: boolean): boolean {
    const sign = this.text[this.at];
    if (sign === undefined) throw new Unfinished();
    if (sign === bracket) {
      this.at++;
      return true;
    }
    if (!first) this.word(",", null);
    return false;
  }

  private word<T>(word: string, value: T): T {
    const found = this.text.slice(this.at, this.at + word.length);
    if (found !== word) throw found.length < word.length && word.startsWith(found) ? new Unfinished() : spelling(`${word} is missing`);
    this.at += word.length;
    return value;
  }

  private string(): string {
    this.word('"', null);
    let found = "";
    for (;;) {
      PLAIN.lastIndex = this.at;
      const plain = (PLAIN.exec(this.text) as RegExpExecArray)[0];
      found += plain;
      this.at += plain.length;
      const sign = this.text[this.at];
      if (sign === undefined) throw new Unfinished();
      this.at++;
      if (sign === '"') return found;
      if (sign !== "\\") throw spelling("a control character stands in a text");
      found += this.escaped();
    }
  }

  private escaped(): string {
    const sign = this.text[this.at++];
    if (sign === undefined) throw new Unfinished();
    const short = SHORT[sign];
    if (short !== undefined) return short;
    const digits = this.text.slice(this.at, this.at + 4);
    if (sign === "u" && digits.length < 4) throw new Unfinished();
    const control = String.fromCharCode(Number.parseInt(digits, 16));
    if (sign !== "u" || !/^00[01][0-9a-f]$/.test(digits) || "\b\f\n\r\t".includes(control)) throw spelling("a needless escape");
    this.at += 4;
    return control;
  }

  private integer(): number {
    INTEGER.lastIndex = this.at;
    const digits = INTEGER.exec(this.text)?.[0];
    if (digits === undefined) {
      if (this.text.length === this.at + 1 && this.text[this.at] === "-") throw new Unfinished();
      throw new VerificationError("this is no JSON");
    }
    this.at += digits.length;
    if (/[.eE]/.test(this.text[this.at] ?? "")) throw new VerificationError("the JSON holds a number that is no integer");
    if (!/^(?:0|-?[1-9][0-9]*)$/.test(digits)) throw spelling("an integer with needless signs");
    if (digits.length > LONGEST_INTEGER || !Number.isSafeInteger(Number(digits))) throw new VerificationError("the JSON holds an integer beyond 2^53-1");
    return Number(digits);
  }
}

function spelling(what: string): VerificationError {
  return new VerificationError(`the JSON is not in its one canonical form: ${what}`);
}
