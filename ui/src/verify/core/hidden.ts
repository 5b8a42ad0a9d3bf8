/**
 * `data/hidden.json`: what a redacted copy must hide, where and when (package format, step 12). The page reads it and ties it to what was
 * approved. It does not measure the copy: a browser does not give every frame as it is.
 */
import { read, type Folder, type Payload } from "./bag";
import { decode, type Json } from "./canonical";
import { digestsOf, type Event } from "./entries";
import { atLater, VerificationError } from "./errors";
import { array, natural, oneOf, record } from "./shapes";
import type { Trail } from "./trail";

export const HIDDEN = "data/hidden.json";
const BLOCK = 16;
const MOST_PIXELS = 16384; // along one side
const MOST_MASKS = 100_000;
const ROTATIONS = [0, 90, 180, 270];

/** Step 12 for a package of the profile `public`. True if the package says in numbers what its copy must hide, as it was approved. */
export async function checkHidden(folder: Folder, payload: Map<string, Payload>, trails: Trail[]): Promise<boolean> {
  const [copy, parent] = trails.map((trail) => trail.events) as [Event[], Event[]];
  const rendered = copy[0] as Event;
  const named = digestsOf(rendered, "hidden");
  return atLater(12, HIDDEN, async () => {
    const found = payload.get(HIDDEN);
    if (!found) {
      if (named.length) throw new VerificationError("the file is missing: the copy was rendered from a plan of which it tells");
      return false;
    }
    if (!same(named, [found.sha256])) throw new VerificationError("this is not what the copy was rendered from");
    const plan = digestsOf(rendered, "plan");
    const approves = (event: Event): boolean => same(digestsOf(event, "plan"), plan) && same(digestsOf(event, "hidden"), named);
    if (!parent.some((event) => event.type === "redaction:approved" && event.succeeded && approves(event))) {
      throw new VerificationError("what the copy must hide was not approved together with its plan");
    }
    parseHidden(decode(await read(folder, HIDDEN, 12)));
    return true;
  });
}

/** Refuses another form than that of the page, and boxes or spans that lie where or when there is no picture. */
export function parseHidden(value: Json): void {
  const it = record(value, "duration_ms", "format", "frames", "masks", "mutes", "picture");
  oneOf(it.format, "format", "vestige-hidden/1");
  const picture = record(it.picture, "height", "rotation", "width");
  const [width, height] = [natural(picture.width, "width"), natural(picture.height, "height")];
  const sized = width >= 1 && width <= MOST_PIXELS && height >= 1 && height <= MOST_PIXELS;
  if (!sized || !ROTATIONS.includes(natural(picture.rotation, "rotation"))) {
    throw new VerificationError("`picture` is of no size, or turned as no picture is");
  }
  const [duration, frames] = [natural(it.duration_ms, "duration_ms"), natural(it.frames, "frames")];
  const [masks, mutes] = [array(it.masks, "masks"), array(it.mutes, "mutes")];
  if (!duration || !frames || !(masks.length || mutes.length) || Math.max(masks.length, mutes.length) > MOST_MASKS) {
    throw new VerificationError("a recording without time or frames, or nothing to hide in it, or more than anybody hides");
  }
  for (const mask of masks) checkMask(mask, duration, [width, height]);
  for (const mute of mutes) {
    const [start, end] = numbers(mute, 2) as [number, number];
    checkSpan(start, end, duration);
  }
}

function checkMask(value: Json, duration: number, size: [number, number]): void {
  const it = record(value, "from_ms", "to_ms", "track");
  const [start, end] = [natural(it.from_ms, "from_ms"), natural(it.to_ms, "to_ms")];
  checkSpan(start, end, duration);
  const rows = array(it.track, "track").map((row) => numbers(row, 5));
  const times = rows.map((row) => row[0] as number);
  const rise = times.every((at, i) => at >= start && at < end && (i === 0 || (times[i - 1] as number) < at));
  if (!times.length || !rise) throw new VerificationError("the times of a mask do not rise within its span, or there are none");
  for (const row of rows) checkBox(row.slice(1), size);
}

function checkBox(row: number[], size: [number, number]): void {
  const [x, y, w, h] = row as [number, number, number, number];
  for (const [low, long, most] of [[x, w, size[0]], [y, h, size[1]]] as const) {
    if (low < 0 || long < 1 || low + long > most || low % BLOCK || ((low + long) % BLOCK && low + long !== most)) {
      throw new VerificationError("a box of a mask leaves the picture, or does not lie on its grid of blocks");
    }
  }
}

function checkSpan(start: number, end: number, duration: number): void {
  if (start < 0 || start >= end || end > duration) throw new VerificationError("a span does not end after it begins, or not within the recording");
}

function numbers(value: Json, count: number): number[] {
  const row = array(value, "row");
  if (row.length !== count || row.some((number) => typeof number !== "number")) throw new VerificationError(`a row is not ${count} whole numbers`);
  return row as number[];
}

function same(these: string[], those: string[]): boolean {
  return these.length === those.length && these.every((value, i) => value === those[i]);
}
