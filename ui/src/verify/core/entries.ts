/** Entries of the custody log (custody format, sections 1, 3 and 5). */
import { SENTENCES } from "virtual:sentences";
import { hex, utf8 } from "./bytes";
import { decode, type Json } from "./canonical";
import { check, FIELDS, type Field, type Openings } from "./commitments";
import { VerificationError } from "./errors";
import { leafHash, verifyInclusion } from "./merkle";
import type { Checkpoint } from "./notes";
import { digest, natural, record } from "./shapes";

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** An entry as a package carries it: its text, its place in the log, a proof of that, and what is opened of it. Unchecked. */
export interface Sealed {
  index: bigint;
  entry: string;
  openings: Openings;
  proof: Uint8Array[];
}

/** A checked entry: it stands in the log at `index` with this leaf hash (hex), and what is told of it is what the log committed to. */
export interface Event {
  index: bigint;
  hash: string;
  type: string;
  time: number;
  item: string | null;
  previous: string | null;
  digests: { of: string; value: string }[];
  names: ReadonlySet<Field>; // of the fields that are opened
  succeeded: boolean;
}
export type Opened = Map<Field, Json>;

/** The event of an entry, and what is opened of it; the checkpoint has been verified. Refuses whatever is not of version 1, not in the log, or not as opened. */
export function checkEntry(sealed: Sealed, checkpoint: Checkpoint): [Event, Opened] {
  const data = utf8(sealed.entry);
  const fields = record(decode(data), "fields", "id", "time", "type", "v");
  if (fields.v !== 1) throw new VerificationError("the entry is not of version 1");
  if (typeof fields.id !== "string" || !UUID7.test(fields.id)) throw new VerificationError("the entry's id is no uuid of version 7");
  if (typeof fields.type !== "string" || !Object.hasOwn(SENTENCES, fields.type)) {
    throw new VerificationError(`the entry's type ${String(fields.type).slice(0, 40)} is unknown`);
  }
  const time = natural(fields.time, "time");
  const commitments = record(fields.fields, ...FIELDS) as { [field in Field]: Json };
  for (const name of FIELDS) digest(commitments[name], name);
  const hashed = leafHash(data);
  verifyInclusion(hashed, sealed.index, checkpoint.size, sealed.proof, checkpoint.root);
  check(commitments as { [field in Field]: string }, sealed.openings);
  const opened: Opened = new Map([...sealed.openings].map(([name, opening]) => [name, opening.value]));
  const event = {
    index: sealed.index,
    hash: hex(hashed),
    type: fields.type,
    time,
    item: opened.get("item") as string | null,
    previous: opened.get("previous") as string | null,
    digests: opened.get("digests") as { of: string; value: string }[],
    names: new Set(opened.keys()),
    succeeded: (opened.get("outcome") ?? "success") === "success",
  };
  return [event, opened];
}

/** The digests (hex) that an event names under a word, in the order written. */
export function digestsOf(event: Event, of: string): string[] {
  return event.digests.filter((digest) => digest.of === of).map((digest) => digest.value);
}
