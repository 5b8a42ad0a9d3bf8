/** What a media file says of its samples, in the words of the media index (custody format, section 6), whatever its container. */
import type { Bytes } from "./bytes";
import { VerificationError } from "./errors";
import { running, type Running } from "./hashing";

export const MOST_SAMPLES = 16_000_000; // of one file: days of footage
const LARGEST_TAKEN_APART = 32 * 2 ** 20;
const MOST_UNITS = 4096;
const WINDOW = 2 ** 20;
const NORMAL_RATE = 0x10000;

/** A track: what its header leaf says, its decoder configuration, bytes of the length before each NAL unit (0: none), and its samples, a number each in every column. */
export interface Stream {
  kind: "video" | "audio" | "other";
  codec: string;
  configuration: Bytes;
  width: number;
  height: number;
  aspect: number[];
  rotation: number;
  timescale: number;
  edits: number[][];
  prefix: number;
  offsets: number[];
  sizes: number[];
  dts: number[];
  pts: number[];
  durations: number[];
  keys: boolean[];
}

/** The tracks of a file in their order, and the time scale of its edit lists' lengths. */
export interface MediaFile {
  timescale: number;
  streams: Stream[];
}

/** An exact fraction; the denominator is above 0. */
export type Ratio = [bigint, bigint];

export const ratio = (over: number, under: number): Ratio => [BigInt(over), BigInt(under)];
export const plus = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * d + c * b, b * d];
export const minus = (one: Ratio, [c, d]: Ratio): Ratio => plus(one, [-c, d]);
export const less = ([a, b]: Ratio, [c, d]: Ratio): boolean => a * d < c * b;
export const seconds = ([a, b]: Ratio): number => Number((a * 1_000_000n) / b) / 1_000_000;

/** Seconds from a track's own time to when it is shown; null where the edit list is more than a delay and a start, or can't be told. `movie` is null where it is not known. */
export function delay(edits: number[][], timescale: number, movie: number | null): Ratio | null {
  let shown: Ratio = [0n, 1n];
  let at = 0;
  for (; edits[at]?.[1] === -1; at++) {
    if (!movie) return null;
    shown = plus(shown, ratio((edits[at] as number[])[0] as number, movie));
  }
  const rest = edits.slice(at);
  if (rest.length > 1 || rest.some(([, time = 0, rate]) => time < 0 || rate !== NORMAL_RATE)) return null;
  return rest[0] ? minus(shown, ratio(rest[0][1] as number, timescale)) : shown;
}

/** A unit of a sample: its first bytes (two at most), size and SHA-256 in hex. */
export interface Unit {
  head: Bytes;
  size: number;
  digest: string;
}

/** Reads the samples of a file; what lies beside one is read with it, so that few reads are made. */
export class Samples {
  private start = 0;
  private window: Bytes = new Uint8Array(0);

  private constructor(
    private readonly file: Blob,
    private readonly hasher: Running,
  ) {}

  static async of(file: Blob): Promise<Samples> {
    return new Samples(file, await running());
  }

  /** Each unit of a sample, or the whole where it is not made of units. */
  async units(stream: Stream, sample: number): Promise<Unit[]> {
    const size = stream.sizes[sample] as number;
    const offset = stream.offsets[sample] as number;
    if (size > LARGEST_TAKEN_APART) return [{ head: new Uint8Array(0), size, digest: await this.long(offset, size) }];
    const data = await this.bytes(offset, size);
    return (stream.prefix && this.apart(data, stream.prefix)) || [{ head: new Uint8Array(0), size, digest: this.digest(data) }];
  }

  private apart(data: Bytes, prefix: number): Unit[] | null {
    const found: Bytes[] = [];
    let at = 0;
    while (at + prefix <= data.length && found.length <= MOST_UNITS) {
      const start = at + prefix;
      at = start + data.subarray(at, start).reduce((sum, byte) => sum * 256 + byte, 0);
      if (at > data.length) break;
      found.push(data.subarray(start, at));
    }
    if (at !== data.length || !found.length || found.length > MOST_UNITS) return null;
    return found.map((unit) => ({ head: unit.slice(0, 2), size: unit.length, digest: this.digest(unit) }));
  }

  private digest(data: Bytes): string {
    this.hasher.init();
    this.hasher.update(data);
    return this.hasher.hex();
  }

  private async long(offset: number, size: number): Promise<string> {
    const hasher = await running();
    for (let at = 0; at < size; at += WINDOW) hasher.update(await this.bytes(offset + at, Math.min(WINDOW, size - at)));
    return hasher.hex();
  }

  private async bytes(offset: number, size: number): Promise<Bytes> {
    if (offset < this.start || offset + size > this.start + this.window.length) {
      this.window = await blobBytes(this.file.slice(offset, offset + Math.max(size, WINDOW)));
      this.start = offset;
    }
    const data = this.window.subarray(offset - this.start, offset - this.start + size);
    if (data.length !== size) throw new VerificationError("the footage ends inside a sample");
    return data;
  }
}

/** The bytes of a part of a file; refuses a file that can no longer be read. */
export async function blobBytes(part: Blob): Promise<Bytes> {
  try {
    return new Uint8Array(await part.arrayBuffer());
  } catch {
    throw new VerificationError("the file cannot be read, or changed after the folder was chosen");
  }
}

/** Refuses samples that overlap, and a file whose `media` bytes are not exactly those of its samples. */
export function requireDisjoint(streams: Stream[], media: number): void {
  const total = streams.reduce((sum, stream) => stream.sizes.reduce((most, size) => most + size, sum), 0);
  if (total !== media) throw new VerificationError(`${Math.abs(media - total)} bytes of the footage belong to no sample, or to several`);
  const places = streams.flatMap((stream) => stream.offsets.map((start, i): [number, number] => [start, stream.sizes[i] as number]));
  places.sort(([a, b], [c, d]) => a - c || b - d);
  let ends = 0;
  for (const [start, size] of places) {
    if (start < ends) throw new VerificationError("two samples of the footage share bytes");
    ends = start + size;
  }
}

export const latin1 = (data: Uint8Array): string => String.fromCharCode(...data);
