/** `package.tlog-proof`: a C2SP tlog-proof with one `extra` line, in its one canonical form. */
import { equal, textOf, unbase64, utf8 } from "./bytes";
import { decode, type Json } from "./canonical";
import { parseOpenings } from "./commitments";
import type { Sealed } from "./entries";
import { VerificationError } from "./errors";
import { parseCheckpoint, type Checkpoint } from "./notes";
import { array, record, text } from "./shapes";

const HEADER = "c2sp.org/tlog-proof@v1";
const LONGEST = 64; // no tree of less than 2^64 leaves has a longer proof

/** The `package:created` entry with its place in the log, and the way from the trail's checkpoint to this one. */
export interface ProofFile {
  sealed: Sealed;
  checkpoint: Checkpoint;
  consistency: Uint8Array[];
}

/** Reads the file; refuses every spelling but the canonical one. */
export function parseProof(data: Uint8Array): ProofFile {
  const gap = data.findIndex((byte, i) => byte === 10 && data[i + 1] === 10);
  const head = gap < 0 ? data : data.subarray(0, gap);
  if (head.some((byte) => byte > 127)) throw new VerificationError("the proof is not plain text");
  const [header, extra = "", index = "", ...path] = textOf(head).split("\n");
  if (gap < 0 || header !== HEADER || !index) throw new VerificationError("this is no proof file of version 1");
  if (!extra.startsWith("extra ") || !/^index (?:0|[1-9][0-9]{0,18})$/.test(index)) {
    throw new VerificationError("the proof file's lines `extra` and `index` are malformed");
  }
  const more = record(decode(unbase64(extra.slice(6))), "consistency", "entry", "openings");
  const sealed = {
    index: BigInt(index.slice(6)),
    entry: text(more.entry, "entry"),
    openings: parseOpenings(more.openings),
    proof: parseHashes(path),
  };
  const note = data.subarray(gap + 2);
  const again = utf8([HEADER, extra, `index ${sealed.index}`, ...path, "", ""].join("\n"));
  if (!equal(again, data.subarray(0, gap + 2))) throw new VerificationError("the proof file is not in its one canonical form");
  return { sealed, checkpoint: parseCheckpoint(note, true), consistency: parseHashes(more.consistency) };
}

/** The hashes of a proof, from canonical base64; refuses other lengths than 32 bytes and proofs of more than 64 hashes. */
export function parseHashes(values: Json): Uint8Array[] {
  const items = array(values, "proof");
  if (items.length > LONGEST) throw new VerificationError("the proof is too long");
  const hashes = items.map((item) => unbase64(text(item, "proof")));
  if (hashes.some((hash) => hash.length !== 32)) throw new VerificationError("a hash of the proof is not 32 bytes long");
  return hashes;
}
