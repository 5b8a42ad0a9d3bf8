/** `data/trail.json`: the custody trails with their proofs (package format, step 6). */
import { PROOF } from "./bag";
import { utf8 } from "./bytes";
import type { Json } from "./canonical";
import { FIELDS, parseOpenings, type Field } from "./commitments";
import { checkEntry, type Event, type Opened, type Sealed } from "./entries";
import { at, VerificationError } from "./errors";
import { verifyConsistency } from "./merkle";
import { parseCheckpoint, verifyCheckpoint, type Checkpoint, type VerifierKey } from "./notes";
import type { Pieces } from "./pieces";
import { parseHashes, type ProofFile } from "./proof";
import { natural, record, text, uuid } from "./shapes";

const MOST_SHOWN = 2000;

/** An event as it is shown. */
export interface Row {
  index: string;
  time: number;
  type: string;
  hash: string;
  opened: { [field in Field]?: Json };
}

/** The checked trail of one item, oldest event first; never empty. `rows` are its first events, for reading. */
export interface Trail {
  item: string;
  events: Event[];
  rows: Row[];
}

/** The trails of a package; the proof file has been verified with `key`. Reads to the end of the document, which stays unfinished. */
export async function checkTrails(document: Pieces, key: VerifierKey, proof: ProofFile): Promise<Trail[]> {
  await document.expect('{"checkpoint":');
  const checkpoint = parseCheckpoint(utf8(text(await document.value(), "checkpoint")));
  verifyCheckpoint(checkpoint, key);
  const later = proof.checkpoint;
  at(6, PROOF, () => verifyConsistency(checkpoint.size, later.size, proof.consistency, checkpoint.root, later.root));
  await document.expect(',"format":"vestige-trail/1","trails":[');
  const trails = [await readTrail(document, checkpoint)];
  while (await document.skip(",")) trails.push(await readTrail(document, checkpoint));
  await document.expect("]}");
  if (new Set(trails.map((trail) => trail.item)).size !== trails.length) throw new VerificationError("the same item has two trails");
  return trails;
}

/** How many times each field is not opened, in the order of the format page; fields that never are withheld are left out. */
export function withheld(events: Event[]): [Field, number][] {
  return FIELDS.map((name): [Field, number] => [name, events.filter((event) => !event.names.has(name)).length]).filter(([, count]) => count > 0);
}

async function readTrail(document: Pieces, checkpoint: Checkpoint): Promise<Trail> {
  await document.expect('{"entries":[');
  const events: Event[] = [];
  const rows: Row[] = [];
  while (!events.length || (await document.skip(","))) {
    const value = await document.value();
    try {
      const [event, opened] = follow(parseSealed(value), checkpoint, events.at(-1));
      events.push(event);
      if (rows.length < MOST_SHOWN) rows.push(row(event, opened));
    } catch (fault) {
      if (!(fault instanceof VerificationError)) throw fault;
      throw new VerificationError(`event ${events.length + 1} of the trail: ${fault.reason}`);
    }
  }
  await document.expect('],"item":');
  const item = uuid(await document.value(), "item");
  await document.expect("}");
  if ((events[0] as Event).item !== item) throw new VerificationError(`the trail of item ${item} holds the events of another item`);
  return { item, events, rows };
}

function parseSealed(value: Json): Sealed {
  const it = record(value, "entry", "index", "openings", "proof");
  return {
    index: BigInt(natural(it.index, "index")),
    entry: text(it.entry, "entry"),
    openings: parseOpenings(it.openings),
    proof: parseHashes(it.proof),
  };
}

function follow(sealed: Sealed, checkpoint: Checkpoint, before: Event | undefined): [Event, Opened] {
  const [event, opened] = checkEntry(sealed, checkpoint);
  if (before && event.item !== before.item) throw new VerificationError("it belongs to another item");
  if (event.previous !== (before?.hash ?? null)) {
    throw new VerificationError("it does not follow the event before it: one is missing, changed or out of order");
  }
  if (before && event.index <= before.index) throw new VerificationError("it stands in the log before the event that it follows");
  return [event, opened];
}

function row(event: Event, opened: Opened): Row {
  const { time, type, hash } = event;
  return { index: String(event.index), time, type, hash, opened: Object.fromEntries(opened) };
}
