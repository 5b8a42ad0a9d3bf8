/** The decoder configuration of H.264 (`avcC`, ISO/IEC 14496-15): that a released one only adds to the original's. */
import { equal, type Bytes } from "./bytes";
import { VerificationError } from "./errors";

const HEAD = 5; // version, profile, compatibility, level, length size

interface Sets {
  head: Bytes;
  groups: [Bytes[], Bytes[]]; // of sequences, of pictures
  tail: Bytes;
}

/** Returns if every parameter set of the original is there unchanged and first, and every other has an id of its own: so a sample of the original is decoded by the original's own sets. */
export function requireAddedOnly(original: Bytes, released: Bytes): void {
  const [old, now] = [parse(original), parse(released)];
  if (!equal(old.head, now.head) || !equal(old.tail, now.tail)) throw new VerificationError("the picture is decoded in another way than the original's");
  for (const [group, start] of [[0, 4], [1, 1]] as const) {
    const [before, after] = [old.groups[group], now.groups[group]];
    if (before.some((set, i) => !after[i] || !equal(set, after[i]))) {
      throw new VerificationError("the picture lacks a parameter set of the original, or has another in its place");
    }
    if (new Set(after.map((set) => golomb(set, start))).size !== after.length) {
      throw new VerificationError("a parameter set that was added to the picture takes the place of one of the original's");
    }
  }
}

function parse(data: Bytes): Sets {
  let at = HEAD;
  const groups = [0x1f, 0xff].map((mask) => {
    const found: Bytes[] = [];
    for (let left = byte(data, at) & mask; left > 0; left--) {
      const length = ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
      const unit = data.subarray(at + 3, at + 3 + length);
      if (unit.length !== length || length < 2) throw cutOff();
      found.push(unit);
      at += 2 + length;
    }
    at += 1;
    return found;
  }) as [Bytes[], Bytes[]];
  return { head: data.subarray(0, HEAD), groups, tail: data.subarray(at) };
}

function byte(data: Bytes, at: number): number {
  const found = data[at];
  if (found === undefined) throw cutOff();
  return found;
}

function cutOff(): VerificationError {
  return new VerificationError("a decoder configuration is cut off");
}

/** The unsigned Exp-Golomb number at a byte (ITU-T H.264, 9.1); ids are small, so no escape byte can stand before it ends. */
function golomb(unit: Bytes, start: number): number {
  const bits = [0, 1, 2, 3].reduce((sum, i) => sum * 256 + (unit[start + i] ?? 0), 0);
  const zeros = Math.clz32(bits);
  if (zeros > 8) throw new VerificationError("a parameter set has no id");
  return (bits >>> (31 - 2 * zeros)) - 1;
}
