/** What ties the trail to the file: the rules of the profiles `court` and `public` (package format, steps 7 and 8). */
import { PROOF } from "./bag";
import { ALWAYS_OPEN, FIELDS } from "./commitments";
import { digestsOf, type Event } from "./entries";
import { VerificationError } from "./errors";
import type { PackedFile, Profile } from "./manifest";
import { requireClip, requireRoot, requireWhole, type Proven } from "./samples";
import type { Trail } from "./trail";

/** Returns if the one trail begins with the receipt of the original and its accession or quarantine names each file's digest (hex). */
export function checkCourt(trails: Trail[], files: string[]): void {
  const events = trails[0]?.events ?? [];
  if (trails.length !== 1) throw new VerificationError("a package for court has exactly one trail");
  const received = first(events, "item:received");
  const vouched = events.filter((event) => ["item:accessioned", "item:quarantined"].includes(event.type) && event.succeeded);
  if (!vouched.length) throw new VerificationError("the trail tells neither of an accession nor of a quarantine");
  if (!vouched.some((event) => digestsOf(event, "original").length)) {
    throw new VerificationError("neither accession nor quarantine names the digest of the original");
  }
  if (!same([received, ...vouched].flatMap((event) => digestsOf(event, "original")), files)) {
    throw new VerificationError("the file is not the one that was accessioned");
  }
}

/** Returns if sample proofs (their document's SHA-256 in hex) are about the original whose trail stands second, as it was accessioned; a clip is the original's own in every sample, a rendered copy stands for it from start to end. */
export function checkProven(trails: Trail[], proven: Proven, document: string): void {
  const [made, parent] = [trails[0]?.events[0], trails[1]];
  if (trails.length !== 2 || !made || !parent) {
    throw new VerificationError("there are sample proofs, and no trail of an original that they could be about");
  }
  const accessions = parent.events.filter((event) => event.type === "item:accessioned" && event.succeeded);
  requireRoot(proven, parent.item, accessions.flatMap((event) => digestsOf(event, "media_index")));
  const named = digestsOf(made, "samples");
  const clip = made.type === "item:clipped";
  if (named.length > 1 || (named.length ? named[0] !== document : clip)) {
    throw new VerificationError("the sample proofs are not those that were made with the file");
  }
  (clip ? requireClip : requireWhole)(proven);
}

/** Returns if the file (digest in hex) is a clip of the original whose trail stands second, whole up to the clip. */
export function checkClip(trails: Trail[], files: string[]): void {
  const [clip, parent] = trails.map((trail) => trail.events);
  if (trails.length !== 2 || !clip || !parent) {
    throw new VerificationError("a package of a clip has exactly two trails: the clip's and the original's");
  }
  const clipped = first(clip, "item:clipped");
  if (!same([one(clipped, "clipped")], files)) throw new VerificationError("the file is not the clip that was cut");
  checkDerived(clipped, parent);
}

/** Returns if the files (copy in clear, encrypted original, key object) are those of the opening that the first trail begins with, and the second trail is that original's, whole up to the opening. */
export function checkOpened(trails: Trail[], files: PackedFile[]): void {
  const [copy, parent] = trails;
  if (trails.length !== 2 || !copy || !parent) {
    throw new VerificationError("a package of an opened copy has exactly two trails: the copy's and the original's");
  }
  const opened = first(copy.events, "item:opened");
  for (const file of files) {
    if (file.sha256 !== one(opened, file.of)) {
      throw new VerificationError(`the file is not the one that the opening names as \`${file.of}\``, null, file.path);
    }
  }
  const original = files[1] as PackedFile;
  if (original.item !== parent.item) {
    throw new VerificationError("the encrypted original is another item than the one whose trail is here", null, original.path);
  }
  checkDerived(opened, parent.events);
}

/** Returns if the file (digest in hex) is a copy rendered from the approved plan of the original whose trail stands second. */
export function checkPublic(trails: Trail[], files: string[]): void {
  const [copy, parent] = trails.map((trail) => trail.events);
  if (trails.length !== 2 || !copy || !parent) {
    throw new VerificationError("a package for the public has exactly two trails: the copy's and the original's");
  }
  const rendered = first(copy, "redaction:rendered");
  if (!same([one(rendered, "rendered")], files)) throw new VerificationError("the file is not the redacted copy that was rendered");
  checkDerived(rendered, parent);
  checkApproved(parent, one(rendered, "plan"));
}

function checkDerived(made: Event, parent: Event[]): void {
  if (one(first(parent, "item:received"), "original") !== one(made, "original")) {
    throw new VerificationError("the copy was made from another original than the one whose trail is here");
  }
  const last = parent.at(-1) as Event;
  if (one(made, "parent_head") !== last.hash || made.index <= last.index) {
    throw new VerificationError("the original's trail does not end where the copy was made from it");
  }
}

/** Returns if what is opened is what the profile opens, and `said` (the manifest's `withheld`) is empty only if nothing is withheld. */
export function checkOpenings(profile: Profile, trails: Trail[], created: Event, said: string[]): void {
  const opened: readonly string[] = profile === "court" ? FIELDS : ALWAYS_OPEN;
  for (const event of trails.flatMap((trail) => trail.events)) {
    for (const name of FIELDS) {
      if (event.names.has(name) !== opened.includes(name)) {
        const verb = opened.includes(name) ? "withholds" : "opens";
        throw new VerificationError(`a package of the profile ${profile} ${verb} \`${name}\` of the event at ${event.index}`);
      }
    }
  }
  if (profile === "court" && created.names.size !== FIELDS.length) {
    throw new VerificationError("a package for court withholds fields of its own entry", null, PROOF);
  }
  if (said.length > 0 === (profile === "court")) {
    throw new VerificationError("what the manifest says is withheld is not what is withheld", null, "data/manifest.json");
  }
}

function checkApproved(events: Event[], plan: string): void {
  const ofPlan = events.filter((event) => digestsOf(event, "plan").includes(plan) && event.succeeded);
  const planned = ofPlan.find((event) => event.type === "redaction:planned");
  const approved = ofPlan.findLast((event) => event.type === "redaction:approved");
  if (!planned) throw new VerificationError("the original's trail does not tell of the plan that the copy was rendered from");
  if (!approved || planned.index > approved.index) {
    throw new VerificationError("the plan that the copy was rendered from was not approved after it was drawn");
  }
}

function first(events: Event[], kind: string): Event {
  const event = events[0];
  if (event?.type !== kind || !event.succeeded) throw new VerificationError(`the trail does not begin with ${kind}`);
  return event;
}

function one(event: Event, of: string): string {
  const digests = digestsOf(event, of);
  if (digests.length !== 1) throw new VerificationError(`the event ${event.type} does not name exactly one digest of \`${of}\``);
  return digests[0] as string;
}

function same(these: string[], those: string[]): boolean {
  return these.every((value) => those.includes(value)) && those.every((value) => these.includes(value));
}
