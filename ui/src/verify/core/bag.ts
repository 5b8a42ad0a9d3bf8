/** The folder and its manifests (package format, step 4). Files are read in pieces; none is ever in memory whole but the small ones. */
import { hex, textOf, type Bytes } from "./bytes";
import { at, atLater, VerificationError } from "./errors";
import { running, sha256 } from "./hashing";

export const PROOF = "package.tlog-proof";
export const TAG_MANIFEST = "tagmanifest-sha256.txt";
export const MANIFEST = "manifest-sha256.txt";
export const INFO = "bag-info.txt";
export const PAGE = "verify.html";
export const TIME = "package.tsr";
const DECLARATION = "bagit.txt";
const TAGGED = [DECLARATION, INFO, MANIFEST, "README.txt"];
const NEEDED = [...TAGGED, TAG_MANIFEST, PROOF];
const TOP = [...NEEDED, PAGE, TIME];
const STEP = 4;
const SMALL_FILE = 64 * 2 ** 20;
const BLOCK = 4 * 2 ** 20;
const DECLARATION_TEXT = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const LABELS = ["Bagging-Date", "Payload-Oxum", "Source-Organization", "External-Identifier", "Bag-Software-Agent"];

/** The files of the folder by path, and the folders in which there is nothing (as far as the browser tells of them). */
export interface Folder {
  files: Map<string, Blob>;
  empty: string[];
}

/** A file under `data/` as it was when it was read. */
export interface Payload {
  sha256: string;
  size: number;
}
export type Tick = (bytes: number) => void;

/** Refuses names that are no plain text or could lead elsewhere, empty folders, files that are no part of a package, and missing ones. */
export function survey(folder: Folder): void {
  for (const path of folder.empty) throw new VerificationError("the folder is empty", STEP, path);
  for (const path of [...folder.files.keys()].sort()) {
    if (!isPlainPath(path)) throw new VerificationError("the name is not one that a package may hold", STEP, path);
    if (!path.startsWith("data/") && !TOP.includes(path)) throw new VerificationError("this is no part of a package: it was added", STEP, path);
  }
  for (const name of [...NEEDED].sort()) {
    if (!folder.files.has(name)) throw new VerificationError("the file is missing", STEP, name);
  }
}

/** True for a relative path of plain names: no `.`, `..`, empty part, backslash, nor any character without a shape of its own. */
export function isPlainPath(path: string): boolean {
  return !path.split("/").some((part) => ["", ".", ".."].includes(part)) && !/[\\\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(path);
}

/** The bytes of a small file; one that is larger is refused at the step that reads it. */
export async function read(folder: Folder, path: string, step = STEP): Promise<Bytes> {
  const file = folder.files.get(path);
  if (!file) throw new VerificationError("the file is missing", STEP, path);
  if (file.size > SMALL_FILE) throw new VerificationError(`the file is larger than ${SMALL_FILE} bytes`, step, path);
  return bytesOf(file, path);
}

/** The bytes of a file in blocks. The next one is asked for before the present one is used, so that reading and hashing overlap. */
export async function* blocks(folder: Folder, path: string): AsyncGenerator<Bytes> {
  const file = folder.files.get(path) as Blob;
  const block = (start: number): Promise<Bytes> => bytesOf(file.slice(start, start + BLOCK), path);
  let next = block(0);
  for (let start = 0; start < file.size; start += BLOCK) {
    const present = await next;
    if (start + BLOCK < file.size) {
      next = block(start + BLOCK);
      next.catch(() => undefined); // it is awaited in the next round, and told then
    }
    yield present;
  }
}

async function bytesOf(part: Blob, path: string): Promise<Bytes> {
  let data: ArrayBuffer;
  try {
    data = await part.arrayBuffer();
  } catch {
    throw new VerificationError("the file cannot be read, or changed after the folder was chosen", STEP, path);
  }
  if (data.byteLength !== part.size) throw new VerificationError("the file changed while it was checked", STEP, path);
  return new Uint8Array(data);
}

/** Checks the tag files against the tag manifest and gives `bag-info.txt` as labels and values. */
export async function checkTags(folder: Folder, tagManifest: Bytes): Promise<Map<string, string>> {
  const tagged = folder.files.has(PAGE) ? [...TAGGED, PAGE] : TAGGED;
  const listed = at(STEP, TAG_MANIFEST, () => {
    const names = parseManifest(tagManifest);
    sameNames(names, tagged);
    return names;
  });
  const tags = new Map<string, Bytes>();
  for (const name of tagged) {
    const data = await read(folder, name);
    if (hex(sha256(data)) !== listed.get(name)) throw new VerificationError("the file is not what the tag manifest says: it was altered", STEP, name);
    tags.set(name, data);
  }
  const declaration = Array.from(tags.get(DECLARATION) as Bytes, (byte) => String.fromCharCode(byte)).join("");
  if (declaration !== DECLARATION_TEXT) throw new VerificationError("this is not the declaration of a BagIt 1.0 bag in UTF-8", STEP, DECLARATION);
  return at(STEP, INFO, () => parseInfo(tags.get(INFO) as Bytes));
}

/** Hashes every file under `data/` and compares it with the manifest, and their number and size with `Payload-Oxum`. */
export async function checkPayload(folder: Folder, info: Map<string, string>, tick: Tick): Promise<Map<string, Payload>> {
  const present = [...folder.files.keys()].filter((path) => path.startsWith("data/")).sort();
  const data = await read(folder, MANIFEST);
  const listed = at(STEP, MANIFEST, () => {
    const names = parseManifest(data);
    sameNames(names, present);
    return names;
  });
  const payload = new Map<string, Payload>();
  let total = 0;
  for (const path of present) {
    const file = await hashed(folder, path, tick);
    if (file.sha256 !== listed.get(path)) throw new VerificationError("the file is not what the manifest says: it was altered", STEP, path);
    payload.set(path, file);
    total += file.size;
  }
  const oxum = /^([0-9]{1,19})\.([0-9]{1,19})$/.exec(info.get("Payload-Oxum") as string);
  if (!oxum || BigInt(oxum[1] as string) !== BigInt(total) || BigInt(oxum[2] as string) !== BigInt(payload.size)) {
    throw new VerificationError("Payload-Oxum does not agree with the files", STEP, INFO);
  }
  return payload;
}

async function hashed(folder: Folder, path: string, tick: Tick): Promise<Payload> {
  return atLater(STEP, path, async () => {
    const digest = await running();
    let size = 0;
    for await (const block of blocks(folder, path)) {
      digest.update(block);
      size += block.length;
      tick(block.length);
    }
    return { sha256: digest.hex(), size };
  });
}

function linesOf(data: Bytes): string[] {
  let text: string;
  try {
    text = textOf(data);
  } catch {
    throw new VerificationError("the file is not Unicode text in UTF-8");
  }
  if (!text.endsWith("\n") || text.includes("\r")) throw new VerificationError("the file's lines do not end as they must (one LF each)");
  return text.slice(0, -1).split("\n");
}

function parseManifest(data: Bytes): Map<string, string> {
  const listed = new Map<string, string>();
  for (const [i, line] of linesOf(data).entries()) {
    const [, digest = "", path = ""] = /^([0-9a-f]{64})[ \t]+([^ \t].*)$/su.exec(line) ?? [];
    if (!digest || !isPlainPath(path)) throw new VerificationError(`line ${i + 1} is not a hash and the path of a file`);
    if (listed.has(path)) throw new VerificationError(`line ${i + 1} lists a file twice`);
    listed.set(path, digest);
  }
  return listed;
}

function sameNames(listed: Map<string, string>, present: string[]): void {
  for (const path of [...present].sort()) {
    if (!listed.has(path)) throw new VerificationError("the file is not in the manifest: it was added", null, path);
  }
  for (const path of [...listed.keys()].sort()) {
    if (!present.includes(path)) throw new VerificationError("the manifest lists a file that is missing or must not be there", null, path);
  }
}

function parseInfo(data: Bytes): Map<string, string> {
  const info = new Map<string, string>();
  for (const line of linesOf(data)) {
    const colon = line.indexOf(": ");
    const label = line.slice(0, Math.max(colon, 0));
    if (colon < 0 || info.has(label)) throw new VerificationError(`the line ${JSON.stringify(line.slice(0, 40))} is not a new label and its value`);
    info.set(label, line.slice(colon + 2));
  }
  for (const label of LABELS) if (!info.has(label)) throw new VerificationError(`${label} is missing`);
  return info;
}
