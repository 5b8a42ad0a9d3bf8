/**
 * A whole package, step by step.
 *
 * The numbers are those of "How it is checked" in the package format. 1 the trust anchor, 2 the proof, 3 the package's digest, 4 the bag,
 * 5 the manifest, 6 the trails, 7 what ties the trail to the file, 8 what is withheld, 9 the cosignatures of witnesses that the package
 * names, 11 the sample proofs, 12 what must be hidden. Steps that a browser cannot do are told as not checked: a browser follows links
 * without saying so, and some do not tell of empty folders.
 */
import { blocks, checkPayload, checkTags, PROOF, read, survey, TAG_MANIFEST, TIME, type Folder, type Payload, type Tick } from "./bag";
import { hex } from "./bytes";
import type { Field } from "./commitments";
import { checkEntry, digestsOf, type Event } from "./entries";
import { at, atLater, VerificationError } from "./errors";
import { sha256 } from "./hashing";
import { checkHidden } from "./hidden";
import { checkManifest, parseManifestJson, type Manifest } from "./manifest";
import { earlierKeys, parseKey, verifyCheckpoint, verifyCosignatures, type VerifierKey } from "./notes";
import { Pieces } from "./pieces";
import { checkClip, checkCourt, checkOpened, checkOpenings, checkProven, checkPublic } from "./profiles";
import { parseProof, type ProofFile } from "./proof";
import { checkSamples, SAMPLES, type Proven } from "./samples";
import { checkTrails, withheld, type Row, type Trail } from "./trail";

const MANIFEST_JSON = "data/manifest.json";
const TRAIL = "data/trail.json";

/** What the reader got elsewhere: a whole verifier key, or a fingerprint (64 hex digits). */
export type Anchor = { key: string } | { fingerprint: string } | null;

/** The key that signed, and those that the log had before it, which signed statements that lead to it. */
export interface SigningKey {
  text: string;
  fingerprint: string;
  earlier: { text: string; fingerprint: string }[];
}

/** What has been established; a refusal leaves what was established before it. */
export interface Findings {
  key: SigningKey | null;
  manifest: Manifest | null;
  trails: { item: string; count: number; rows: Row[] }[];
  events: number;
  withheld: [Field, number][];
  witnesses: string[]; // whose cosignatures were checked
  hidden: boolean; // the package says in numbers what its copy must hide; this page does not measure the copy
  stamped: boolean; // a time token is there; this page does not check it
  samples: Proven | null; // which samples of the file are the original's own
  fault: { reason: string; step: number | null; file: string | null } | null;
}

/** Checks a package. Never throws for what is wrong with it: a fault stands in the findings. `tick` is told how many bytes were hashed. */
export async function check(folder: Folder, anchor: Anchor, tick: Tick): Promise<Findings> {
  const findings: Findings = { key: null, manifest: null, trails: [], events: 0, withheld: [], witnesses: [], hidden: false, stamped: false, samples: null, fault: null };
  try {
    await steps(folder, anchor, findings, tick);
  } catch (fault) {
    findings.fault =
      fault instanceof VerificationError
        ? { reason: fault.reason, step: fault.step, file: fault.file }
        : { reason: `the check itself could not be finished (${fault instanceof Error ? fault.message : fault})`, step: null, file: null };
  }
  return findings;
}

/** Reads what the reader typed: nothing, a verifier key, or a fingerprint in any grouping. Throws VerificationError for anything else. */
export function parseAnchor(typed: string): Anchor {
  const text = typed.trim();
  if (!text) return null;
  const digits = text.replace(/[\s:.-]/g, "").toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return { fingerprint: (digits.match(/.{4}/g) as string[]).join(" ") };
  return { key: parseKey(text).text };
}

/** True if the key, or one that was replaced by it, is the one that the reader got elsewhere. */
export function agrees(key: SigningKey, anchor: NonNullable<Anchor>): boolean {
  return [key, ...key.earlier].some((one) => ("key" in anchor ? anchor.key === one.text : anchor.fingerprint === one.fingerprint));
}

/** True if the key that the reader got elsewhere was replaced by the one that signed. */
export function wasReplaced(key: SigningKey, anchor: NonNullable<Anchor>): boolean {
  return !agrees({ ...key, earlier: [] }, anchor) && agrees(key, anchor);
}

async function steps(folder: Folder, anchor: Anchor, findings: Findings, tick: Tick): Promise<void> {
  survey(folder); // part of step 4, made first
  const proofData = await read(folder, PROOF);
  const proof = at(2, PROOF, () => parseProof(proofData));
  const [key, earlier] = await anchored(folder, proof, anchor); // step 1
  const created = at(2, PROOF, () => packageEvent(proof, key));
  findings.key = { text: key.text, fingerprint: key.fingerprint, earlier };
  const tagManifest = await read(folder, TAG_MANIFEST);
  at(3, TAG_MANIFEST, () => packageDigest(created, tagManifest));
  const info = await checkTags(folder, tagManifest);
  const payload = await checkPayload(folder, info, tick);
  const facts = await readManifest(folder);
  at(5, MANIFEST_JSON, () => {
    if (facts.key.text !== key.text) throw new VerificationError("the manifest names another key than the one that signed");
    findings.key = { text: key.text, fingerprint: key.fingerprint, earlier: earlierKeys(facts.succession, key, proof.checkpoint.size) };
    checkManifest(facts, folder, payload, info.get("External-Identifier") as string);
  });
  findings.manifest = facts;
  findings.stamped = folder.files.has(TIME);
  const trails = await readTrails(folder, key, proof, created, facts, payload);
  const digests = facts.files.map((file) => file.sha256);
  const court = facts.files[0]?.of === "clipped" ? checkClip : checkCourt;
  at(7, TRAIL, () => {
    if (facts.files[0]?.of === "opened") checkOpened(trails, facts.files);
    else (facts.profile === "court" ? court : checkPublic)(trails, digests);
  });
  const events = trails.flatMap((trail) => trail.events);
  findings.events = events.length;
  findings.withheld = withheld([...events, created]);
  at(8, TRAIL, () => checkOpenings(facts.profile, trails, created, facts.withheld));
  at(9, PROOF, () => witnessed(proof, facts));
  findings.witnesses = proof.checkpoint.cosignatures.map((one) => one.name);
  if (facts.files[0]?.of === "clipped" || payload.has(SAMPLES)) findings.samples = await proven(folder, facts, trails, payload);
  if (facts.profile === "public") findings.hidden = await checkHidden(folder, payload, trails);
  findings.trails = trails.map(({ item, events: all, rows }) => ({ item, count: all.length, rows }));
}

async function anchored(folder: Folder, proof: ProofFile, anchor: Anchor): Promise<[VerifierKey, VerifierKey[]]> {
  const stranger = (): VerificationError => new VerificationError("the package is signed by another key than the one that you trust", 1, PROOF);
  if (anchor && "key" in anchor) {
    const key = parseKey(anchor.key);
    if (key.name === proof.checkpoint.signer && key.id === proof.checkpoint.keyId) return [key, []]; // what it replaced is read in step 5
  }
  const { key, succession } = await readManifest(folder, 1);
  if (!anchor) return [key, []]; // likewise
  const earlier = at(1, MANIFEST_JSON, () => earlierKeys(succession, key, proof.checkpoint.size));
  if (!agrees({ ...key, earlier }, anchor)) throw stranger();
  return [key, earlier];
}

async function readManifest(folder: Folder, step = 5): Promise<Manifest> {
  return atLater(step, MANIFEST_JSON, async () => parseManifestJson(await read(folder, MANIFEST_JSON)));
}

function packageEvent(proof: ProofFile, key: VerifierKey): Event {
  verifyCheckpoint(proof.checkpoint, key);
  const [event] = checkEntry(proof.sealed, proof.checkpoint);
  if (event.type !== "package:created" || !event.succeeded) throw new VerificationError("the proof is not for an event package:created");
  return event;
}

function packageDigest(created: Event, tagManifest: Uint8Array): void {
  const named = digestsOf(created, "package");
  if (named.length !== 1 || named[0] !== hex(sha256(tagManifest))) {
    throw new VerificationError("the log vouches for another package than this one: the tag manifest was altered");
  }
}

function witnessed(proof: ProofFile, facts: Manifest): void {
  if (facts.version === 1 && proof.checkpoint.cosignatures.length) {
    throw new VerificationError("in a package of format 1 the checkpoint bears the log's signature only");
  }
  verifyCosignatures(proof.checkpoint, facts.witnesses);
}

async function readTrails(
  folder: Folder,
  key: VerifierKey,
  proof: ProofFile,
  created: Event,
  facts: Manifest,
  payload: Map<string, Payload>,
): Promise<Trail[]> {
  return atLater(6, TRAIL, async () => {
    const document = await Pieces.of(blocks(folder, TRAIL));
    const trails = await checkTrails(document, key, proof);
    await document.finish((payload.get(TRAIL) as Payload).sha256);
    closes(created, trails[0] as Trail, facts);
    return trails;
  });
}

async function proven(folder: Folder, facts: Manifest, trails: Trail[], payload: Map<string, Payload>): Promise<Proven> {
  return atLater(11, SAMPLES, async () => {
    const document = payload.get(SAMPLES);
    if (!document) throw new VerificationError("a clip without its sample proofs proves nothing");
    const found = await checkSamples(await read(folder, SAMPLES, 11), folder.files.get(facts.files[0]?.path as string) as Blob);
    checkProven(trails, found, document.sha256);
    return found;
  });
}

function closes(created: Event, trail: Trail, facts: Manifest): void {
  if (trail.item !== facts.item) throw new VerificationError("the first trail is not that of the package's item");
  if (created.item !== facts.item) throw new VerificationError("the log's entry for the package is about another item", null, PROOF);
  const last = trail.events.at(-1) as Event;
  if (created.previous !== last.hash || created.index <= last.index) {
    throw new VerificationError("the trail does not end with the event before the package's: its end is missing or changed");
  }
}
