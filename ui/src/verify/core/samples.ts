/**
 * `data/samples.json`: which samples of the released file are the original's own (package format, "Sample proofs"). Everything is recomputed
 * from the released file: each leaf of the original's media index is made from its samples, and with the proof the leaves must lead to the
 * root that the original's accession committed to.
 */
import { concat, equal, hex, unbase64, unhex, type Bytes } from "./bytes";
import { decode, encode, type Json } from "./canonical";
import { VerificationError } from "./errors";
import { sha256 } from "./hashing";
import { codec, codecPrivate, NANOSECONDS, tick } from "./matroska";
import { delay, less, minus, MOST_SAMPLES, plus, ratio, Samples, seconds, type Ratio, type Stream, type Unit } from "./media";
import { leafHash } from "./merkle";
import { readMp4 } from "./mp4";
import { requireAddedOnly } from "./parametersets";
import { array, digest, natural, oneOf, record, text, uuid } from "./shapes";

export const SAMPLES = "data/samples.json";
const FORMATS = ["vestige-samples/1", "vestige-samples/2"] as const;
const MARK = 2;
const HEADER = ["aspect", "codec", "edits", "extradata", "height", "kind", "rotation", "stream", "timescale", "width"] as const;
const STREAM = ["altered", "configuration", "counts", "dropped", "durations", "header", "marks", "proof", "runs", "shift"] as const;
/** Kinds of parameter sets. */
const SETS: { [codec: string]: number[] } = { avc1: [7, 8, 13, 15], avc3: [7, 8, 13, 15], hev1: [32, 33, 34], hvc1: [32, 33, 34] };
const IN_STEP = ratio(1, 1000);
const ZERO = ratio(0, 1);
const KINDS = ["audio", "other", "video"] as const;

type Kind = (typeof KINDS)[number];
type Dropped = [place: number, size: number, digest: string];
type Known = [first: number, hashes: Bytes[]];

/** What was proven of one released stream. `first` and `last` are its samples' places in the original stream of `original` samples; spans are in seconds as shown. */
export interface StreamFacts {
  kind: Kind;
  original: number;
  first: number;
  last: number;
  identical: number;
  stripped: number;
  altered: number;
  spans: [number, number][];
}

/** What the document proves: of which original item, by which root. `inStep`: whether sound and picture lie against each other as in the original; null where that can't be told. */
export interface Proven {
  item: string;
  root: string;
  streams: StreamFacts[];
  leftOut: Kind[];
  inStep: boolean | null;
}

/** Checks a document against the released file; refuses with the sample's number and time. Left to the caller: that the original's accession names the root. */
export async function checkSamples(document: Bytes, footage: Blob): Promise<Proven> {
  const value = record(decode(document), "format", "index", "item", "streams");
  const ofMatroska = oneOf(value.format, "format", ...FORMATS) === FORMATS[1];
  const [roots, root] = index(value.index);
  const told = array(value.streams, "streams");
  const media = await readMp4(footage);
  if (!told.length || told.length !== media.streams.length) {
    throw new VerificationError(`the footage has ${media.streams.length} streams, and ${told.length} are told of`);
  }
  const reader = await Samples.of(footage);
  const found: Check[] = [];
  for (const [i, stream] of media.streams.entries()) {
    const one = new (ofMatroska ? OfMatroska : Check)(stream, media.timescale, reader, told[i] as Json, roots);
    if (found.some((other) => other.number === one.number)) throw new VerificationError("two streams of the footage are said to be the same one of the original");
    found.push(one);
    await one.whole();
  }
  const leftOut = roots.filter((_, number) => !found.some((one) => one.number === number)).map(({ kind }) => kind);
  return { item: uuid(value.item, "item"), root, streams: found.map((one) => one.facts), leftOut, inStep: inStep(found) };
}

/** Returns if the original is this item, and the digests (hex) that its accession names as media index are exactly the proven root. */
export function requireRoot(proven: Proven, item: string, named: string[]): void {
  if (proven.item !== item) throw new VerificationError("the samples are said to be those of another item than the original");
  if (named.length !== 1 || named[0] !== proven.root) {
    throw new VerificationError("the original was accessioned with another media index than the one that the samples are proven against");
  }
}

/** Returns if every sample of every stream is the original's, unchanged, and the pictures are there. */
export function requireClip(proven: Proven): void {
  if (proven.streams.some((stream) => stream.altered || stream.stripped)) throw new VerificationError("a clip holds samples that are not the original's own");
  if (!proven.streams.some((stream) => stream.kind === "video")) throw new VerificationError("a clip has no picture");
}

/** Returns if every released stream stands for the whole of the original's. */
export function requireWhole(proven: Proven): void {
  for (const { kind, first, last, original } of proven.streams) {
    if (first !== 0 || last !== original) throw new VerificationError(`the ${kind} of the copy leaves out samples of the original at its start or end`);
  }
}

interface Root {
  kind: Kind;
  leaves: number;
  root: Bytes;
}

/** Each of the original's streams, and the index's root, which must be made of them. */
function index(value: Json): [Root[], string] {
  const told = record(value, "root", "streams", "v");
  if (told.v !== 1) throw new VerificationError("the media index is not of version 1");
  const streams = array(told.streams, "streams").map((one) => {
    const { kind, leaves, root } = record(one, "kind", "leaves", "root");
    return { kind: oneOf(kind, "kind", ...KINDS), leaves: natural(leaves, "leaves"), root: unhex(digest(root, "root")) };
  });
  const root = digest(told.root, "root");
  if (hex(sha256(concat(Uint8Array.of(2), encode({ streams: told.streams, v: 1 })))) !== root) {
    throw new VerificationError("the streams of the original do not lead to the root of its media index");
  }
  return [streams, root];
}

/** One released stream against what is told of it. */
class Check {
  readonly number: number;
  readonly facts: StreamFacts;
  offset: Ratio | null = null;
  mayBeDelayed = false;
  delayed = 0; // nanoseconds by which the original is heard earlier than its samples say, by a word that the index does not hold
  protected tick = 1;
  protected scale: number;
  private readonly header: { [key in (typeof HEADER)[number]]: Json };
  private readonly root: Root;
  private readonly runs: number[][];
  private readonly altered: number[][];
  protected readonly durations: Map<number, number>;
  private readonly dropped: Map<number, Dropped[]>;
  protected readonly shift: number;
  private readonly marks: Bytes;
  private readonly proof: Bytes[];
  private readonly configuration: Json;
  private readonly counts: { [key in "altered" | "identical" | "stripped"]: Json };

  constructor(
    protected readonly stream: Stream,
    private readonly movie: number,
    private readonly reader: Samples,
    told: Json,
    roots: Root[],
    ...more: string[]
  ) {
    const one = record(told, ...STREAM, ...more) as { [key in (typeof STREAM)[number]]: Json };
    this.scale = stream.timescale;
    this.header = header(one.header);
    this.number = this.header.stream as number;
    const root = roots[this.number];
    if (!root || root.kind !== this.header.kind || root.kind === "other") {
      throw new VerificationError("a stream of the footage is said to be one that the original does not have, or not as picture or sound");
    }
    if (stream.kind !== root.kind) throw new VerificationError(`the ${stream.kind} of the footage is said to be the original's ${root.kind}`);
    this.root = root;
    this.runs = rows(one.runs, "runs", 2);
    this.altered = rows(one.altered, "altered", 3);
    this.durations = new Map(rows(one.durations, "durations", 2) as [number, number][]);
    this.dropped = droppedUnits(one.dropped);
    this.shift = integer(one.shift);
    this.marks = unbase64(text(one.marks, "marks"));
    this.proof = array(one.proof, "proof").map((node) => unbase64(text(node, "proof")));
    this.configuration = one.configuration;
    this.counts = record(one.counts, "altered", "identical", "stripped");
    this.facts = { kind: root.kind, original: root.leaves - 1, first: 0, last: 0, identical: 0, stripped: 0, altered: 0, spans: [] };
  }

  /** Everything about the stream. */
  async whole(): Promise<void> {
    const places = this.places();
    if (this.runs.length) {
      this.sameCoding();
      await this.bringNoSets(places);
    }
    const known: Known[] = [[0, [leafHash(encode(this.header))]]];
    let marks = 0;
    for (const [first, count, at] of places) {
      known.push([first + 1, await this.run(first, count, at, marks)]);
      marks += MARK * count;
    }
    if (marks !== this.marks.length || this.dropped.size || this.durations.size) {
      throw new VerificationError(`more is told of samples of the ${this.facts.kind} than the footage has`);
    }
    if (!equal(cover(this.root.leaves, known, this.proof), this.root.root)) {
      throw new VerificationError(`the ${this.facts.kind}: these samples are not the original's; the proof leads to another root`);
    }
    for (const name of ["altered", "identical", "stripped"] as const) {
      if (natural(this.counts[name], name) !== this.facts[name]) {
        throw new VerificationError(`what is said of how many samples of the ${this.facts.kind} are the original's is not so`);
      }
    }
  }

  /** First sample in the original, count, and first sample in the footage of each run; nothing may lie between runs and spans. */
  private places(): [number, number, number][] {
    const { facts } = this;
    const length = this.stream.sizes.length;
    const spans = [
      ...this.runs.map(([first = 0, count = 0]) => ({ first, count, released: count, own: true })),
      ...this.altered.map(([first = 0, count = 0, released = 0]) => ({ first, count, released, own: false })),
    ].sort((a, b) => a.first - b.first || a.count - b.count);
    if (!spans[0] || spans[0].first < 0) throw new VerificationError(`nothing is told of the ${facts.kind}`);
    const runs: [number, number, number][] = [];
    let [at, expected] = [0, spans[0].first];
    for (const { first, count, released, own } of spans) {
      if (at + released > length) throw new VerificationError(`the footage has ${length} samples of ${facts.kind}, and more are told of`);
      if (first !== expected || count < 1 || released < 0) {
        throw new VerificationError(`between samples ${expected} and ${first} of the original's ${facts.kind} something lies that nothing is told of`);
      }
      if (own) runs.push([first, count, at]);
      else {
        facts.altered += released;
        this.span(at, at + released);
      }
      [at, expected] = [at + released, first + count];
    }
    if (at !== length) throw new VerificationError(`the footage has ${length} samples of ${facts.kind}, and ${at} are told of`);
    [facts.first, facts.last] = [spans[0].first, expected];
    if (facts.last > facts.original) throw new VerificationError(`the original's ${facts.kind} has ${facts.original} samples, not ${facts.last}`);
    return runs;
  }

  private span(start: number, end: number): void {
    if (end <= start) return;
    const { pts, durations, timescale } = this.stream;
    const shown = this.delay() ?? ZERO;
    let [begins, ends] = [Infinity, -Infinity];
    for (let i = start; i < end; i++) {
      begins = Math.min(begins, pts[i] as number);
      ends = Math.max(ends, (pts[i] as number) + (durations[i] as number));
    }
    this.facts.spans.push([Math.max(0, seconds(plus(ratio(begins, timescale), shown))), seconds(plus(ratio(ends, timescale), shown))]);
  }

  private delay(): Ratio | null {
    return delay(this.stream.edits, this.stream.timescale, this.movie);
  }

  private sameCoding(): void {
    const { stream, header, facts } = this;
    const own = { ...stream, codec: this.codec(), timescale: this.scale };
    for (const name of ["aspect", "codec", "height", "rotation", "timescale", "width"] as const) {
      if (String(header[name]) !== String(own[name])) {
        throw new VerificationError(`the ${facts.kind} has another ${name} than the original's, so it would not look or sound the same`);
      }
    }
    if (this.configuration === null) {
      if (hex(sha256(this.codecPrivate())) !== header.extradata) throw new VerificationError(`the ${facts.kind} is decoded in another way than the original's`);
      return;
    }
    const said = text(this.configuration, "configuration");
    if (!/^(?:[0-9a-f]{2})*$/.test(said)) throw new VerificationError("a decoder configuration is not hex");
    const original = unhex(said);
    if (hex(sha256(original)) !== header.extradata) {
      throw new VerificationError(`the decoder configuration that is told of is not that of the original's ${facts.kind}`);
    }
    requireAddedOnly(original, stream.configuration);
  }

  /** Refuses samples made anew that hold a parameter set: a decoder would take it for the original's samples that follow, too. */
  private async bringNoSets(runs: [number, number, number][]): Promise<void> {
    const sets = Object.hasOwn(SETS, this.stream.codec) ? (SETS[this.stream.codec] as number[]) : [];
    if (!sets.length) return;
    const kind = (first: number) => (sets.includes(32) ? (first >> 1) & 0x3f : first & 0x1f);
    let next = 0;
    for (let sample = 0; sample < this.stream.sizes.length; sample++) {
      const [, count, start] = runs[next] ?? [0, 0, Infinity];
      if (sample === start) {
        sample += count - 1;
        next++;
        continue;
      }
      const heads = (await this.reader.units(this.stream, sample)).map(({ head }) => head[0]);
      if (heads.includes(undefined)) throw new VerificationError(`${this.name(sample)} was made anew and is not made of units`);
      if (heads.some((first) => sets.includes(kind(first as number)))) {
        throw new VerificationError(`${this.name(sample)} was made anew and brings a parameter set: the original's could look otherwise`);
      }
    }
  }

  protected codec(): string {
    return this.stream.codec;
  }

  protected codecPrivate(): Bytes {
    return this.stream.configuration;
  }

  /** The leaf hashes of a run, made from the released samples; refuses the first whose mark is another. */
  private async run(first: number, count: number, at: number, marks: number): Promise<Bytes[]> {
    const leaves: Bytes[] = [];
    for (let i = 0; i < count; i++) {
      const leaf = leafHash(this.leaf(first + i, at + i, await this.reader.units(this.stream, at + i)));
      if (!equal(leaf.subarray(0, MARK), this.marks.subarray(marks + MARK * i, marks + MARK * (i + 1)))) {
        throw new VerificationError(`${this.name(at + i)} is not the original's sample ${first + i}: it was changed`);
      }
      leaves.push(leaf);
    }
    const shown = delay(this.header.edits as number[][], this.header.timescale as number, null);
    const own = this.delay();
    if (shown && own) this.offset = minus(plus(ratio(this.shift - this.delayed, this.scale), shown), own);
    return leaves;
  }

  /** The leaf data of an original sample, from the released one that is said to be it. */
  private leaf(original: number, released: number, found: Unit[]): Bytes {
    const { stream, facts } = this;
    const units: Json[] = found.map((unit) => unit.digest);
    let size = stream.sizes[released] as number;
    const dropped = this.dropped.get(original);
    if (dropped) {
      this.onlyNotes(released, found, dropped);
      for (const [place, length, digestOf] of dropped) {
        units.splice(place, 0, digestOf);
        size += length + stream.prefix;
      }
      facts.stripped++;
    } else facts.identical++;
    const [dts, pts, duration] = this.timing(original, released);
    this.dropped.delete(original);
    this.durations.delete(original);
    if (![dts, pts, size].every(Number.isSafeInteger)) throw new VerificationError("the tables of the footage hold numbers beyond 2^53-1");
    return encode({ dts, duration, index: original, key: stream.keys[released] as boolean, pts, size, stream: this.number, units });
  }

  /** When the original's sample is decoded and shown, and how long, in the original's timescale. */
  protected timing(original: number, released: number): [dts: number, pts: number, duration: number] {
    const { dts, pts, durations } = this.stream;
    return [(dts[released] as number) + this.shift, (pts[released] as number) + this.shift, this.durations.get(original) ?? (durations[released] as number)];
  }

  /** Refuses what was left out of a sample if it could have been a part of the picture: it must stand before the first slice of all. */
  private onlyNotes(released: number, found: Unit[], dropped: Dropped[]): void {
    if (!["avc1", "avc3"].includes(this.stream.codec) || !this.stream.prefix) {
      throw new VerificationError(`${this.name(released)}: units may be left out of H.264 only`);
    }
    const gone = new Set(dropped.map(([place]) => place));
    const kept = Array.from({ length: found.length + dropped.length }, (_, place) => place).filter((place) => !gone.has(place));
    const slice = found.findIndex(({ head }) => ((head[0] ?? 0) & 0x1f) >= 1 && ((head[0] ?? 0) & 0x1f) <= 5);
    const first = kept[slice];
    if (kept.length !== found.length || first === undefined || ((found[slice]?.head[1] ?? 0) & 0x80) === 0 || dropped.some(([place]) => place > first)) {
      throw new VerificationError(`${this.name(released)}: what was left out of it could have been a part of the picture`);
    }
  }

  protected name(sample: number): string {
    const at = plus(ratio(this.stream.pts[sample] as number, this.stream.timescale), this.delay() ?? ZERO);
    return `sample ${sample} of the ${this.facts.kind} (at ${clock(Math.max(0, seconds(at)))})`;
  }
}

/** The same where the original is a Matroska file: one time a block, in nanoseconds. */
class OfMatroska extends Check {
  private lasting: number | null = null;

  constructor(stream: Stream, movie: number, reader: Samples, told: Json, roots: Root[]) {
    super(stream, movie, reader, told, roots, "delay");
    this.mayBeDelayed = true;
    this.delayed = natural((told as { [key: string]: Json }).delay as Json, "delay");
    [this.tick, this.scale] = [tick(stream), NANOSECONDS];
  }

  protected override codec(): string {
    return codec(this.stream);
  }

  protected override codecPrivate(): Bytes {
    return codecPrivate(this.stream);
  }

  protected override timing(original: number, released: number): [number, number, number] {
    const shown = (this.stream.pts[released] as number) * this.tick + this.shift;
    this.lasting = this.durations.get(original) ?? this.lasting;
    if (this.lasting === null) throw new VerificationError(`${this.name(released)}: it is not told how long the original's is`);
    return [shown, shown, this.lasting];
  }
}

/** Minutes and seconds. */
export function clock(at: number): string {
  const tenths = Math.round(at * 10);
  return `${Math.floor(tenths / 600)}:${String(Math.floor(tenths / 10) % 60).padStart(2, "0")}.${tenths % 10}`;
}

/** The root of a tree of `leaves`, from the leaves that are known (by their place) and the rest's subtrees, from left to right. */
function cover(leaves: number, known: Known[], proof: Bytes[]): Bytes {
  let used = 0;
  const root = (start: number, end: number, all: Known[]): Bytes => {
    const inside = all.filter(([first, hashes]) => first < end && first + hashes.length > start);
    const only = inside[0];
    if (!only) {
      const node = proof[used++];
      if (node?.length !== 32) throw new VerificationError("the proof of the samples is too short, or holds what is no hash");
      return node;
    }
    if (end - start === 1) return only[1][start - only[0]] as Bytes;
    const middle = start + 2 ** Math.floor(Math.log2(end - start - 1));
    return sha256(concat(Uint8Array.of(1), root(start, middle, inside), root(middle, end, inside)));
  };
  const [last, hashes] = known.at(-1) as Known;
  if (leaves < 1 || leaves > MOST_SAMPLES || last + hashes.length > leaves) {
    throw new VerificationError("the original's stream does not have as many samples as are told of");
  }
  const found = root(0, leaves, known);
  if (used !== proof.length) throw new VerificationError("the proof of the samples is too long");
  return found;
}

/** Whether all streams are moved by the same time against the original; null where that can't be told. Refuses streams out of step. */
function inStep(streams: Check[]): boolean | null {
  const offsets = streams.filter(({ facts }) => facts.identical + facts.stripped > 0).map(({ offset }) => offset);
  if (offsets.length < 2 || offsets.some((offset) => !offset)) return streams.length > 1 ? null : true;
  const told = offsets as Ratio[];
  if (told.some((one) => told.some((other) => less(IN_STEP, minus(one, other))))) {
    throw new VerificationError("sound and picture do not lie against each other as in the original");
  }
  return streams.some(({ mayBeDelayed }) => mayBeDelayed) ? null : true;
}

function header(value: Json): { [key in (typeof HEADER)[number]]: Json } {
  const told = record(value, ...HEADER);
  text(told.codec, "codec");
  digest(told.extradata, "extradata");
  for (const name of ["height", "rotation", "stream", "timescale", "width"] as const) natural(told[name], name);
  if ((told.timescale as number) < 1) throw new VerificationError("a stream of the original has no time scale");
  rows(told.edits, "edits", 3);
  row(told.aspect, "aspect", 2);
  return told;
}

function rows(value: Json, name: string, length: number): number[][] {
  return array(value, name).map((one) => row(one, name, length));
}

function row(value: Json, name: string, length: number): number[] {
  const found = array(value, name);
  if (found.length !== length) throw new VerificationError(`\`${name}\` holds a row that is not of ${length} numbers`);
  return found.map(integer);
}

function integer(value: Json): number {
  if (typeof value !== "number") throw new VerificationError("a whole number is missing");
  return value;
}

function droppedUnits(value: Json): Map<number, Dropped[]> {
  const found = new Map<number, Dropped[]>();
  for (const one of array(value, "dropped")) {
    if (!Array.isArray(one) || one.length !== 2) throw new VerificationError("`dropped` holds a row that is no sample with its units");
    const units = array(one[1] as Json, "dropped").map((unit): Dropped => {
      if (!Array.isArray(unit) || unit.length !== 3) throw new VerificationError("`dropped` holds a unit that is not place, size and hash");
      const [place, size, hash] = unit as [Json, Json, Json];
      return [natural(place, "place"), natural(size, "size"), digest(hash, "dropped")];
    });
    if (!units.length || units.some(([place], i) => i > 0 && (units[i - 1] as Dropped)[0] >= place)) {
      throw new VerificationError("`dropped` holds units out of order");
    }
    found.set(integer(one[0] as Json), units);
  }
  return found;
}
