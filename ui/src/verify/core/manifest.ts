/** `data/manifest.json`: what a package says it is (package format, step 5). */
import { INFO, PAGE, TIME, type Folder, type Payload } from "./bag";
import { decode, type Json } from "./canonical";
import { VerificationError } from "./errors";
import { HIDDEN } from "./hidden";
import { parseKey, parseWitness, type VerifierKey } from "./notes";
import { array, boolean, digest, isObject, natural, oneOf, record, text, uuid } from "./shapes";

export type Profile = "court" | "public";

/** A file of footage. */
export interface PackedFile {
  path: string;
  item: string;
  sha256: string;
  size: number;
  of: "original" | "clipped" | "rendered" | "opened" | "key";
}

/** The manifest's facts; to be believed only when the proof has vouched for the bag. */
export interface Manifest {
  version: 1 | 2;
  package: string;
  profile: Profile;
  agency: string;
  created: number;
  consoleActs: boolean;
  key: VerifierKey;
  witnesses: VerifierKey[];
  succession: string[]; // signed statements that lead to the key, where it was ever replaced
  item: string;
  files: PackedFile[];
  withheld: string[];
}

const PAGES = { court: ["certificate.html"], public: ["redaction-log.html", "redaction-log.csv"] };
const ALWAYS = ["manifest.json", "trail.json", "trail.html", "trail.csv"];
const FOOTAGE = "data/footage/";
const SAMPLES = "data/samples.json"; // may be in a package of version 2
const OPENED = ["opened", "original", "key"]; // what a package of an opened copy holds, in this order
const OPTIONAL = { court: [SAMPLES], public: [SAMPLES, HIDDEN] };

/** Reads the manifest; refuses another form than the canonical one, keys that are missing or too many, and malformed values. */
export function parseManifestJson(data: Uint8Array): Manifest {
  const it = record(decode(data), "agency", "console_acts", "created", "files", "format", "item", "log", "package", "profile", "withheld");
  const version = oneOf(it.format, "format", "vestige-package/1", "vestige-package/2") === "vestige-package/1" ? 1 : 2;
  return {
    version,
    package: uuid(it.package, "package"),
    profile: oneOf(it.profile, "profile", "court", "public"),
    agency: text(it.agency, "agency"),
    created: natural(it.created, "created"),
    consoleActs: boolean(it.console_acts, "console_acts"),
    ...parseLog(it.log, version),
    item: uuid(it.item, "item"),
    files: array(it.files, "files").map(parseFile),
    withheld: array(it.withheld, "withheld").map((value) => text(value, "withheld")),
  };
}

/** Returns if the manifest agrees with the files that were hashed, with the bag's identifier, and with the form of its version. */
export function checkManifest(manifest: Manifest, folder: Folder, payload: Map<string, Payload>, identifier: string): void {
  if (manifest.package !== identifier) throw new VerificationError("External-Identifier is not the package's uuid", null, INFO);
  const modern = manifest.version === 2;
  if (modern && !folder.files.has(PAGE)) throw new VerificationError("a package of format 2 must hold this file", 4, PAGE);
  const early = modern ? undefined : [HIDDEN, SAMPLES, TIME, PAGE].find((path) => folder.files.has(path));
  if (early) throw new VerificationError("a package of format 1 does not hold this file", 4, early);
  const footage = [...payload.keys()].filter((path) => path.startsWith(FOOTAGE));
  const others = [...payload.keys()].filter((path) => !path.startsWith(FOOTAGE) && !(modern && OPTIONAL[manifest.profile].includes(path)));
  const pages = [...ALWAYS, ...PAGES[manifest.profile]].map((name) => `data/${name}`);
  differs(others, pages, `the profile ${manifest.profile} does not hold this file, or lacks it`);
  const listed = manifest.files.map((file) => file.path);
  if (!listed.length || new Set(listed).size !== listed.length) throw new VerificationError("the manifest lists no file, or one twice");
  differs(footage, listed, "the manifest does not list this file, or lists it and it is not there");
  const kinds = manifest.profile === "court" ? ["original", "clipped"] : ["rendered"];
  if ((payload.has(SAMPLES) || manifest.files.some((file) => file.of === "clipped")) && manifest.files.length !== 1) {
    throw new VerificationError("a package with sample proofs has exactly one file of footage");
  }
  const opened = modern && manifest.profile === "court" && manifest.files.some((file) => file.of === "opened");
  for (const file of manifest.files) {
    const found = payload.get(file.path) as Payload;
    if (found.sha256 !== file.sha256 || found.size !== file.size) {
      throw new VerificationError("the file's size or hash is not what the manifest says", null, file.path);
    }
    if (!opened && (file.item !== manifest.item || !kinds.includes(file.of))) throw new VerificationError("the file is of another item or kind than the package", null, file.path);
  }
  if (opened) checkOpenedFiles(manifest);
}

function checkOpenedFiles(manifest: Manifest): void {
  if (manifest.files.map((file) => file.of).join() !== OPENED.join()) {
    throw new VerificationError("a package of an opened copy holds the copy, the encrypted original and the key object, in this order");
  }
  for (const file of manifest.files) {
    const alone = manifest.files.filter((other) => other.item === file.item).length === 1;
    if ((file.item === manifest.item) !== (file.of === "opened") || !alone) {
      throw new VerificationError("the file is of another item or kind than the package", null, file.path);
    }
  }
}

function differs(these: string[], those: string[], reason: string): void {
  const odd = [...these.filter((path) => !those.includes(path)), ...those.filter((path) => !these.includes(path))].sort()[0];
  if (odd !== undefined) throw new VerificationError(reason, null, odd);
}

function parseFile(value: Json): PackedFile {
  const it = record(value, "item", "of", "path", "sha256", "size");
  return {
    path: text(it.path, "path"),
    item: uuid(it.item, "item"),
    sha256: digest(it.sha256, "sha256"),
    size: natural(it.size, "size"),
    of: oneOf(it.of, "of", "original", "clipped", "rendered", "opened", "key"),
  };
}

function parseLog(value: Json, version: 1 | 2): { key: VerifierKey; witnesses: VerifierKey[]; succession: string[] } {
  const more: Json = version === 1 && isObject(value) && !("witnesses" in value) ? { ...value, witnesses: [] } : value;
  const replaced = version > 1 && isObject(value) && "succession" in value;
  const it = record(more, "fingerprint", "key", "origin", "witnesses", ...(replaced ? (["succession"] as const) : []));
  if (version === 1 && isObject(value) && "witnesses" in value) throw new VerificationError("a package of version 1 names no witnesses");
  const key = parseKey(text(it.key, "key"));
  if (it.origin !== key.name) throw new VerificationError("the log's origin is not the name of its key");
  if (it.fingerprint !== key.fingerprint) throw new VerificationError("the fingerprint is not that of the key");
  const witnesses = array(it.witnesses, "witnesses").map((witness) => parseWitness(text(witness, "witnesses")));
  if (witnesses.some((witness, i) => i > 0 && (witnesses[i - 1] as VerifierKey).text >= witness.text)) {
    throw new VerificationError("`witnesses` is not a sorted list of keys");
  }
  const succession = replaced ? array((it as { succession: Json }).succession, "succession").map((one) => text(one, "succession")) : [];
  if (replaced && !succession.length) throw new VerificationError("`succession` is empty");
  return { key, witnesses, succession };
}
