/**
 * The samples of an MP4 (ISO/IEC 14496-12; custody format, section 6), for files as a package releases them. Stricter than any player: one
 * `moov` with whole tables, no fragments, one sample entry a track, and no byte of media that no sample owns.
 */
import type { Bytes } from "./bytes";
import { VerificationError } from "./errors";
import { blobBytes, latin1, MOST_SAMPLES, requireDisjoint, type MediaFile, type Stream } from "./media";

const LARGEST_INDEX = 256 * 2 ** 20;
const TOP = ["ftyp", "free", "mdat", "moov"];
const CONFIGURATIONS = ["avcC", "hvcC", "esds", "dOps", "av1C", "vpcC"];
const PREFIX_AT: { [box: string]: number } = { avcC: 4, hvcC: 21 };
const KINDS: { [handler: string]: Stream["kind"] } = { vide: "video", soun: "audio" };
const PICTURE_HEAD = 78;
const SOUND_HEAD = 28;
const SOUND_MORE: { [version: number]: number } = { 1: 16, 2: 36 };
const MOST_MEDIA_BOXES = 64;

type Range = [number, number];

/** The tracks and samples of a file; refuses what is not as said above. */
export async function readMp4(file: Blob): Promise<MediaFile> {
  const { moov, media, ranges } = await top(file);
  const boxes = children(new Box("moov", moov));
  const streams = boxes.filter((box) => box.kind === "trak").map((box) => track(box, ranges));
  if (!streams.length || boxes.some((box) => box.kind === "mvex")) throw new VerificationError("the footage has no track, or has fragments");
  requireDisjoint(streams, media);
  const mvhd = need(boxes, "mvhd");
  return { timescale: mvhd.uint(mvhd.uint(0, 1) === 1 ? 20 : 12), streams };
}

/** A box of the index: its type and what it holds. */
class Box {
  constructor(
    readonly kind: string,
    readonly data: Bytes,
  ) {}

  part(at: number, length: number): Bytes {
    if (at + length > this.data.length) throw new VerificationError(`the box '${this.kind}' is too short for what it must say`);
    return this.data.subarray(at, at + length);
  }

  uint(at: number, length = 4): number {
    return number(this.part(at, length));
  }

  sint(at: number, length = 4): number {
    return signed(this.part(at, length));
  }

  /** The rows of a table whose number stands before them; a column's bytes, negative where its numbers have a sign. */
  rows(at: number, ...columns: number[]): number[][] {
    const row = columns.reduce((sum, column) => sum + Math.abs(column), 0);
    const count = this.uint(at);
    if (count * row > this.data.length - at - 4) throw new VerificationError(`the table '${this.kind}' says more than it holds`);
    return Array.from({ length: count }, (_, i) => {
      let place = at + 4 + i * row;
      return columns.map((column) => {
        const bytes = this.data.subarray(place, place + Math.abs(column));
        place += Math.abs(column);
        return column < 0 ? signed(bytes) : number(bytes);
      });
    });
  }
}

function number(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

function signed(bytes: Uint8Array): number {
  const whole = number(bytes);
  return (bytes[0] ?? 0) & 0x80 ? Number(BigInt.asIntN(8 * bytes.length, bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n))) : whole;
}

async function top(file: Blob): Promise<{ moov: Bytes; media: number; ranges: Range[] }> {
  let moov: Bytes = new Uint8Array(0);
  let media = 0;
  const ranges: Range[] = [];
  for (let at = 0; at < file.size; ) {
    const head = new Box("", await blobBytes(file.slice(at, at + 16)));
    let length = head.data.length < 4 ? 0 : head.uint(0);
    const begin = length === 1 && head.data.length === 16 ? 16 : 8;
    if (begin === 16) length = head.uint(8, 8);
    if (head.data.length < 8 || length < begin || at + length > file.size) {
      throw new VerificationError(`the footage is no whole MP4: what begins at byte ${at} is no box`);
    }
    const kind = latin1(head.part(4, 4));
    if (!TOP.includes(kind) || (kind === "free" && length > begin)) {
      throw new VerificationError(`the footage holds a box '${kind}' that is neither index nor media, or one with something in it`);
    }
    if (kind === "mdat") {
      media += length - begin;
      ranges.push([at + begin, at + length]);
      if (ranges.length > MOST_MEDIA_BOXES) throw new VerificationError("the footage keeps its media in more places than any writer does");
    } else if (kind === "moov") {
      if (moov.length || length - begin > LARGEST_INDEX) throw new VerificationError("the footage has two indexes, or one too large");
      moov = await blobBytes(file.slice(at + begin, at + length));
    }
    at += length;
  }
  return { moov, media, ranges };
}

function children(parent: Box, skip = 0): Box[] {
  const found: Box[] = [];
  const whole = parent.data.length;
  for (let at = skip; at + 8 <= whole; ) {
    let length = parent.uint(at);
    let begin = at + 8;
    if (length === 1 && at + 16 <= whole) [length, begin] = [parent.uint(at + 8, 8), at + 16];
    if (length < begin - at || at + length > whole) throw new VerificationError(`a box in '${parent.kind}' is longer than what holds it`);
    found.push(new Box(latin1(parent.part(at + 4, 4)), parent.data.subarray(begin, at + length)));
    at += length;
  }
  return found;
}

function need(boxes: Box[], kind: string): Box {
  const found = boxes.filter((box) => box.kind === kind);
  if (found.length !== 1) throw new VerificationError(`the index of the footage does not have exactly one '${kind}' in its place`);
  return found[0] as Box;
}

function track(trak: Box, ranges: Range[]): Stream {
  const inside = children(trak);
  const tkhd = need(inside, "tkhd");
  const mdia = children(need(inside, "mdia"));
  const mdhd = need(mdia, "mdhd");
  const minf = children(need(mdia, "minf"));
  const kind = KINDS[latin1(need(mdia, "hdlr").part(8, 4))] ?? "other";
  const tables = children(need(minf, "stbl"));
  const stream = coded(kind, need(tables, "stsd"));
  stream.rotation = kind === "video" ? rotation(tkhd) : 0;
  stream.timescale = mdhd.uint(mdhd.uint(0, 1) === 1 ? 20 : 12);
  stream.edits = inside.filter((box) => box.kind === "edts").flatMap((edts) => edits(need(children(edts), "elst")));
  if (stream.timescale < 1) throw new VerificationError("a track of the footage has no time scale");
  sizes(stream, need(tables, "stsz"));
  times(stream, tables);
  places(stream, tables, ranges);
  return stream;
}

function coded(kind: Stream["kind"], stsd: Box): Stream {
  const entries = children(stsd, 8);
  const entry = entries[0];
  if (!entry || entries.length !== 1 || entry.data.length < 16) {
    throw new VerificationError("a track of the footage does not say in exactly one way how it is coded");
  }
  const boxes = described(kind, entry, stsd);
  const pasp = kind === "video" ? boxes.find((box) => box.kind === "pasp") : undefined;
  const found = configuration(boxes);
  const at = found ? PREFIX_AT[found.kind] : undefined;
  const prefix = found && at !== undefined && found.data.length > at ? ((found.data[at] as number) & 3) + 1 : 0;
  const [width, height] = kind === "video" ? [entry.uint(24, 2), entry.uint(26, 2)] : [0, 0];
  const aspect = pasp ? [pasp.uint(0), pasp.uint(4)] : [1, 1];
  return {
    kind, codec: entry.kind, configuration: found ? found.data.slice() : new Uint8Array(0), width, height, aspect, rotation: 0, timescale: 0,
    edits: [], prefix, offsets: [], sizes: [], dts: [], pts: [], durations: [], keys: [],
  }; // prettier-ignore
}

/** The boxes of a sample entry. */
function described(kind: Stream["kind"], entry: Box, stsd: Box): Box[] {
  if (kind === "video") return children(entry, PICTURE_HEAD);
  if (kind === "other") return [];
  const version = stsd.uint(0, 1) === 0 ? entry.uint(8, 2) : 0;
  return children(entry, SOUND_HEAD + (SOUND_MORE[version] ?? 0));
}

function configuration(boxes: Box[]): Box | undefined {
  for (const box of boxes) {
    const inner = box.kind === "wave" ? (children(box).find((each) => CONFIGURATIONS.includes(each.kind)) ?? box) : box;
    if (CONFIGURATIONS.includes(inner.kind)) return inner;
  }
  return undefined;
}

function rotation(tkhd: Box): number {
  const at = tkhd.uint(0, 1) === 1 ? 52 : 40;
  const [a, b] = [tkhd.sint(at), tkhd.sint(at + 4)];
  if (a && b) return 0;
  if (b) return b > 0 ? 90 : 270;
  return a < 0 ? 180 : 0;
}

function edits(elst: Box): number[][] {
  return elst.uint(0, 1) === 1 ? elst.rows(4, 8, -8, -4) : elst.rows(4, 4, -4, -4);
}

function sizes(stream: Stream, stsz: Box): void {
  const same = stsz.uint(4);
  const count = stsz.uint(8);
  if (count > MOST_SAMPLES) throw new VerificationError("a track of the footage has more samples than days of recording");
  stream.sizes = same ? new Array<number>(count).fill(same) : stsz.rows(8, 4).map(([size]) => size as number);
}

function times(stream: Stream, tables: Box[]): void {
  const count = stream.sizes.length;
  stream.durations = spread(need(tables, "stts").rows(4, 4, 4), count);
  const one = count > 0 && stream.sizes.every((size) => size === stream.sizes[0]) && stream.durations.every((duration) => duration === 1);
  if (stream.kind === "audio" && one) throw new VerificationError("the sound of the footage is uncompressed: this version cannot check its samples");
  let at = 0;
  for (const duration of stream.durations) {
    stream.dts.push(at);
    at += duration;
  }
  stream.pts = stream.dts.slice();
  for (const table of tables.filter((box) => box.kind === "ctts")) {
    for (const [i, shift] of spread(table.rows(4, 4, -4), count).entries()) stream.pts[i] = (stream.pts[i] as number) + shift;
  }
  const keys = tables.filter((box) => box.kind === "stss");
  stream.keys = new Array<boolean>(count).fill(!keys.length);
  for (const [key] of keys.flatMap((table) => table.rows(4, 4))) if ((key as number) >= 1 && (key as number) <= count) stream.keys[(key as number) - 1] = true;
}

/** One value a sample out of rows of how many and which; all of them, and no more. */
function spread(rows: number[][], count: number): number[] {
  const values: number[] = [];
  for (const [many, value] of rows as [number, number][]) {
    if (many > count - values.length) throw new VerificationError("a table of times tells of more samples than there are");
    for (let i = 0; i < many; i++) values.push(value);
  }
  if (values.length !== count) throw new VerificationError("a table of times does not tell of every sample");
  return values;
}

function places(stream: Stream, tables: Box[], ranges: Range[]): void {
  const wide = tables.find((box) => box.kind === "co64");
  const chunks = wide ? wide.rows(4, 8) : need(tables, "stco").rows(4, 4);
  const runs = need(tables, "stsc").rows(4, 4, 4, 4) as [number, number, number][];
  if (runs.length && (runs[0]?.[0] !== 1 || runs.some(([first], i) => i > 0 && (runs[i - 1]?.[0] ?? 0) >= first))) {
    throw new VerificationError("a track of the footage does not say how many samples each chunk holds");
  }
  const count = stream.sizes.length;
  let run = -1;
  for (const [i, [begins]] of chunks.entries()) {
    if (runs[run + 1]?.[0] === i + 1) run++;
    let start = begins as number;
    for (let left = runs[run]?.[1] ?? 0; left > 0 && stream.offsets.length < count; left--) {
      const size = stream.sizes[stream.offsets.length] as number;
      stream.offsets.push(start);
      start += size;
    }
  }
  if (stream.offsets.length !== count) throw new VerificationError("the chunks of the footage do not hold every sample");
  for (const [i, start] of stream.offsets.entries()) {
    const end = start + (stream.sizes[i] as number);
    if (!ranges.some(([first, last]) => first <= start && end <= last)) throw new VerificationError("a sample lies outside the media of the footage");
  }
}
