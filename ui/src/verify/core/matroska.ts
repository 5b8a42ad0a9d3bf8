/** What stands in a released MP4 for a stream of a Matroska original (package format, "Of a Matroska original"). */
import { concat, equal, type Bytes } from "./bytes";
import { VerificationError } from "./errors";
import type { Stream } from "./media";

export const NANOSECONDS = 1_000_000_000;
const CODECS: { [entry: string]: string } = {
  avc1: "V_MPEG4/ISO/AVC",
  avc3: "V_MPEG4/ISO/AVC",
  hvc1: "V_MPEGH/ISO/HEVC",
  hev1: "V_MPEGH/ISO/HEVC",
  mp4a: "A_AAC",
  Opus: "A_OPUS",
};
const LONGEST_CONFIG = 64;
const ESDS_HEAD = 26; // bytes before the AudioSpecificConfig in an `esds`
const ESDS_TAIL = [6, 1, 2];
const DOPS = 11;
const OPUS_HEAD = [...new TextEncoder().encode("OpusHead"), 1];

/** The CodecID of which the sample entry holds the samples; the entry's own type where it is of none. */
export function codec(stream: Stream): string {
  return CODECS[stream.codec] ?? stream.codec;
}

/** The CodecPrivate that the decoder configuration stands for; refuses one that says more, or less. */
export function codecPrivate(stream: Stream): Bytes {
  if (stream.codec === "mp4a") return specific(stream.configuration);
  if (stream.codec === "Opus") return opusHead(stream.configuration);
  return stream.configuration;
}

/** Nanoseconds of one unit of the stream's time scale: a whole number. */
export function tick(stream: Stream): number {
  if (NANOSECONDS % stream.timescale) throw new VerificationError(`the ${stream.kind} of the footage counts time in parts that are no whole nanoseconds`);
  return NANOSECONDS / stream.timescale;
}

/** The AudioSpecificConfig in an `esds`, around which there is nothing that a file must not say. */
function specific(esds: Bytes): Bytes {
  const config = esds.slice(ESDS_HEAD, Math.max(ESDS_HEAD, esds.length - ESDS_TAIL.length));
  const size = config.length;
  const head = [0, 0, 0, 0, 3, size + 23, 0, 0, 0, 4, size + 15, 0x40, 0x15, ...new Array<number>(11).fill(0), 5, size];
  if (size > LONGEST_CONFIG || !equal(esds, concat(Uint8Array.from(head), config, Uint8Array.from(ESDS_TAIL)))) throw another();
  return config;
}

/** `OpusHead` says the same as `dOps`, little-endian. */
function opusHead(dops: Bytes): Bytes {
  if (dops.length < DOPS || dops[0]) throw another();
  const part = (from: number, to: number): Bytes => dops.slice(from, to).reverse();
  return concat(Uint8Array.from(OPUS_HEAD), dops.slice(1, 2), part(2, 4), part(4, 8), part(8, 10), dops.slice(10));
}

function another(): VerificationError {
  return new VerificationError("the sound of the footage is described in another way than a clip of Matroska describes it");
}
