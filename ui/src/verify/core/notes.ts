/**
 * Signed notes, checkpoints and verifier keys (C2SP signed-note, tlog-checkpoint), as the custody format narrows them.
 * A signature line that is not checked is refused, not skipped.
 */
import { hashes, verify } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, hex, textOf, unbase64, utf8, type Bytes } from "./bytes";
import { VerificationError } from "./errors";
import { sha256 } from "./hashing";

hashes.sha512 = sha512;

const ED25519 = 1;
const COSIGNATURE = 4;
const LATEST = 2n ** 63n - 1n;
const ORIGIN = /^vestige\.log\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SIZE = /^(?:0|[1-9][0-9]{0,18})$/;

/** An Ed25519 key: of a log, whose origin is its `name`, or of a witness. `text` is the whole verifier key. */
export interface VerifierKey {
  name: string;
  public: Bytes;
  id: string;
  fingerprint: string;
  text: string;
}

/** A parsed checkpoint; nothing in it is to be believed before `verifyCheckpoint` returned. */
export interface Checkpoint {
  origin: string;
  size: bigint;
  root: Bytes;
  body: Bytes;
  signer: string;
  keyId: string;
  signature: Bytes;
  cosignatures: { name: string; keyId: string; time: bigint; signature: Bytes }[];
}

/** Reads a log's verifier key; refuses other algorithms, a key id that is not the key's, and names with spaces. */
export function parseKey(text: string): VerifierKey {
  return parseTyped(text, ED25519, "an Ed25519 key");
}

/** Reads a witness's verifier key (C2SP tlog-cosignature, Ed25519). */
export function parseWitness(text: string): VerifierKey {
  return parseTyped(text, COSIGNATURE, "the Ed25519 key of a witness");
}

function parseTyped(text: string, type: number, what: string): VerifierKey {
  const [name = "", id = "", ...rest] = text.split("+");
  if (!name || !rest.length || /[\s\p{C}\p{Z}]/u.test(name)) throw new VerificationError("this is no verifier key (name+id+key)");
  const typed = unbase64(rest.join("+"));
  if (typed.length !== 33 || typed[0] !== type) throw new VerificationError(`the verifier key is not ${what}`);
  const own = hex(sha256(concat(utf8(`${name}\n`), typed)).slice(0, 4));
  if (own !== id) throw new VerificationError("the verifier key's id is not that of its name and key");
  const fingerprint = (hex(sha256(typed)).match(/.{4}/g) as string[]).join(" ");
  return { name, public: typed.slice(1), id, fingerprint, text };
}

/**
 * Reads a checkpoint of three lines with the log's signature line, and with cosignature lines after it only where `cosigned` is true;
 * refuses everything else.
 */
export function parseCheckpoint(data: Uint8Array, cosigned = false): Checkpoint {
  let lines: string[];
  try {
    lines = textOf(data).split("\n");
  } catch {
    throw new VerificationError("the checkpoint is not Unicode text in UTF-8");
  }
  const [origin = "", size = "", root = "", gap, line = ""] = lines;
  const more = lines.slice(5, -1);
  const odd = lines.length < 6 || gap || lines.at(-1) || lines.some((one) => /[\u0000-\u001f]/.test(one));
  if (odd || (more.length && !cosigned)) {
    throw new VerificationError("the checkpoint is not three lines, an empty line and signature lines that this version can check");
  }
  if (!origin || !SIZE.test(size)) throw new VerificationError("the checkpoint's origin or size is malformed");
  const rootHash = unbase64(root);
  if (rootHash.length !== 32) throw new VerificationError("the checkpoint's root is not 32 bytes long");
  const [signer, blob] = parseSignature(line, 68);
  const body = utf8(`${origin}\n${size}\n${root}\n`);
  const cosignatures = more.map((one) => parseCosignature(one));
  return { origin, size: BigInt(size), root: rootHash, body, signer, keyId: hex(blob.slice(0, 4)), signature: blob.slice(4), cosignatures };
}

/** Returns if the checkpoint is that of the key's log and signed by the key; refuses other origins, keys and signatures. */
export function verifyCheckpoint(checkpoint: Checkpoint, key: VerifierKey): void {
  if (!ORIGIN.test(checkpoint.origin)) throw new VerificationError("the checkpoint's origin is not that of a Vestige log");
  if (checkpoint.origin !== key.name) throw new VerificationError("the checkpoint is of another log than the key");
  if (checkpoint.signer !== key.name || checkpoint.keyId !== key.id) throw new VerificationError("the checkpoint is signed by another key");
  if (!isSigned(checkpoint.body, checkpoint.signature, key)) throw new VerificationError("the checkpoint's signature is not valid");
}

/**
 * Returns if each cosignature is by one of these witnesses, and valid (C2SP tlog-cosignature, cosignature/v1), none has two, and they are
 * in the order of their keys.
 */
export function verifyCosignatures(checkpoint: Checkpoint, witnesses: VerifierKey[]): void {
  const seen: string[] = [];
  for (const { name, keyId, time, signature } of checkpoint.cosignatures) {
    const key = witnesses.find((witness) => witness.name === name && witness.id === keyId);
    if (!key) throw new VerificationError(`the checkpoint bears a line by ${name.slice(0, 80)}, whom nobody names as a witness: it cannot be checked`);
    if (seen.includes(key.text)) throw new VerificationError(`the checkpoint bears two lines of the witness ${name}`);
    if (time === 0n || time > LATEST) throw new VerificationError(`the time in the cosignature of ${name} is none`);
    const said = concat(utf8(`cosignature/v1\ntime ${time}\n`), checkpoint.body);
    if (!isSigned(said, signature, key)) throw new VerificationError(`the cosignature of ${name} is not valid`);
    seen.push(key.text);
  }
  if (seen.some((text, i) => i > 0 && (seen[i - 1] as string) > text)) throw new VerificationError("the cosignatures are not in the order of their keys");
}

/**
 * The keys that the log had before `newest`, oldest first, by signed statements that lead from one to the next (custody format, section 4).
 * Refuses statements that are malformed, not signed by both of their keys, that do not lead to `newest`, or that tell of more entries than `size`.
 */
export function earlierKeys(statements: string[], newest: VerifierKey, size: bigint): VerifierKey[] {
  const keys: VerifierKey[] = [];
  let last: VerifierKey | null = null;
  for (const statement of statements) {
    const end = statement.lastIndexOf("\n\n") + 1;
    const text = statement.slice(0, end);
    const [title, origin, entries = "", root = "", oldKey = "", newKey = "", ...rest] = text.split("\n");
    const odd = title !== "Vestige log key succession, version 1" || rest.length !== 1 || rest[0] || !SIZE.test(entries) || unbase64(root).length !== 32;
    if (odd || !end) throw new VerificationError("a statement is none that the log's key was replaced");
    const pair = [parseKey(oldKey), parseKey(newKey)] as [VerifierKey, VerifierKey];
    if (pair.some((key) => key.name !== origin) || oldKey === newKey || (last && last.text !== oldKey)) {
      throw new VerificationError("the statements that the log's key was replaced do not follow one another");
    }
    if (BigInt(entries) > size) throw new VerificationError("a statement that the log's key was replaced tells of more entries than the checkpoint");
    const lines = statement.slice(end + 1).split("\n");
    if (lines.length !== 3 || lines[2]) throw new VerificationError("a statement that the log's key was replaced does not have two signatures");
    pair.forEach((key, i) => {
      const [name, blob] = parseSignature(lines[i] as string, 68);
      if (name !== key.name || hex(blob.slice(0, 4)) !== key.id || !isSigned(utf8(text), blob.slice(4), key)) {
        throw new VerificationError("a signature of a statement that the log's key was replaced is not valid");
      }
    });
    keys.push(pair[0]);
    last = pair[1];
  }
  if (last && last.text !== newest.text) throw new VerificationError("the statements that the log's key was replaced do not lead to the key that signed");
  return keys;
}

function isSigned(body: Bytes, signature: Bytes, key: VerifierKey): boolean {
  try {
    return verify(signature, body, key.public, { zip215: false });
  } catch {
    return false; // the key is no point of the curve
  }
}

function parseCosignature(line: string): Checkpoint["cosignatures"][number] {
  const [name, blob] = parseSignature(line, 76);
  return { name, keyId: hex(blob.slice(0, 4)), time: new DataView(blob.buffer).getBigUint64(4), signature: blob.slice(12) };
}

function parseSignature(line: string, length: number): [string, Bytes] {
  const match = /^\u2014 ([^ ]+) (.*)$/u.exec(line);
  const [, name = "", encoded = ""] = match ?? [];
  if (!match || /[+\s\u0085]/.test(name)) throw new VerificationError("the checkpoint's signature line is malformed");
  const blob = unbase64(encoded);
  if (blob.length !== length) throw new VerificationError("a signature of the checkpoint is not of a kind that is known here");
  return [name, blob];
}
