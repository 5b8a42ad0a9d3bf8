/** The eleven fields of an entry: commitments, openings, and what a value may look like (custody format, section 2). */
import { concat, hex, type Bytes } from "./bytes";
import { encode, type Json } from "./canonical";
import { VerificationError } from "./errors";
import { sha256 } from "./hashing";
import { array, digest, isObject, oneOf, record, salt, text, uuid } from "./shapes";

export const FIELDS = ["actor", "role", "item", "previous", "object", "purpose", "address", "session", "outcome", "digests", "data"] as const;
export type Field = (typeof FIELDS)[number];
export const ALWAYS_OPEN: readonly Field[] = ["item", "previous", "role", "digests"];

/** A salt of 16 bytes and the value that it hides. */
export interface Opening {
  salt: Bytes;
  value: Json;
}
export type Openings = Map<Field, Opening>;

/** The openings of one entry; refuses unknown fields and malformed pairs. Whether they match is the business of `check`. */
export function parseOpenings(value: Json): Openings {
  if (!isObject(value)) throw new VerificationError("`openings` is no object");
  const found: Openings = new Map();
  for (const [name, pair] of Object.entries(value)) {
    if (!(FIELDS as readonly string[]).includes(name)) throw new VerificationError(`there is no field ${name.slice(0, 40)}`);
    const opening = record(pair, "salt", "value");
    found.set(name as Field, { salt: salt(opening.salt), value: opening.value });
  }
  return found;
}

/** Returns if each opening matches its commitment (hex) and has the shape of its field; refuses missing basic fields. */
export function check(commitments: { [field in Field]: string }, openings: Openings): void {
  const missing = ALWAYS_OPEN.filter((name) => !openings.has(name)).sort();
  if (missing.length) throw new VerificationError(`the fields ${missing.join(", ")} are not opened, as they must be in every package`);
  for (const [name, opening] of openings) {
    if (hex(sha256(concat(opening.salt, encode(opening.value)))) !== commitments[name]) {
      throw new VerificationError(`the opened \`${name}\` is not what the log committed to`);
    }
    SHAPES[name](opening.value);
  }
}

function textOrNull(value: Json): void {
  if (value !== null) text(value, "address, session or case");
}

const SHAPES: { [field in Field]: (value: Json) => void } = {
  actor(value) {
    const actor = record(value, "id", "kind", "name");
    oneOf(actor.kind, "actor.kind", "person", "console", "system", "device");
    text(actor.id, "actor.id");
    text(actor.name, "actor.name");
  },
  role(value) {
    const roles = array(value, "role").map((role) => text(role, "role"));
    if (roles.some((role, i) => i > 0 && !precedes(roles[i - 1] as string, role))) throw new VerificationError("`role` is not a sorted list of role names");
  },
  item(value) {
    if (value !== null) uuid(value, "item");
  },
  previous(value) {
    if (value !== null) digest(value, "previous");
  },
  object(value) {
    if (value === null) return;
    const target = record(value, "id", "kind");
    text(target.id, "object.id");
    text(target.kind, "object.kind");
  },
  purpose(value) {
    if (value === null) return;
    const purpose = record(value, "case", "reason");
    text(purpose.reason, "purpose.reason");
    textOrNull(purpose.case);
  },
  address: textOrNull,
  session: textOrNull,
  outcome(value) {
    if (value === "success") return;
    const [how, why] = isObject(value) && Object.keys(value).length === 1 ? (Object.entries(value)[0] as [string, Json]) : ["", null];
    if (how !== "refused" && how !== "failed") throw new VerificationError("`outcome` is neither success nor a refusal nor a failure");
    text(why, "outcome");
  },
  digests(value) {
    for (const one of array(value, "digests")) {
      const named = record(one, "algorithm", "of", "value");
      oneOf(named.algorithm, "algorithm", "sha256");
      text(named.of, "of");
      digest(named.value, "digests");
    }
  },
  data(value) {
    if (!isObject(value)) throw new VerificationError("`data` is no object");
  },
};

/** True if the one text comes before the other by code points (not, as script compares, by UTF-16). */
function precedes(one: string, other: string): boolean {
  const [a, b] = [Array.from(one), Array.from(other)].map((signs) => signs.map((sign) => sign.codePointAt(0) as number)) as [number[], number[]];
  const at = a.findIndex((point, i) => point !== b[i]);
  return at < 0 ? a.length < b.length : at < b.length && (a[at] as number) < (b[at] as number);
}
