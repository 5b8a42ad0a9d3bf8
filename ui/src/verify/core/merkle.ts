/** The tree of RFC 6962 (RFC 9162, sections 2.1.3.2 and 2.1.4.2): leaf hashes, inclusion, consistency. Sizes are exact up to 2^64-1. */
import { concat, equal, type Bytes } from "./bytes";
import { VerificationError } from "./errors";
import { sha256 } from "./hashing";

const LARGEST = 2n ** 64n - 1n;

export function leafHash(data: Uint8Array): Bytes {
  return sha256(concat(Uint8Array.of(0), data));
}

/** Returns if the leaf stands at `index` (from 0) in the tree of `size` leaves that has this root. */
export function verifyInclusion(leaf: Uint8Array, index: bigint, size: bigint, proof: Uint8Array[], root: Uint8Array): void {
  guard([index, size], [leaf, root, ...proof]);
  if (index >= size) throw new VerificationError(`a tree of ${size} entries has no entry ${index}`);
  let node = index;
  let last = size - 1n;
  let computed = leaf;
  for (const sibling of proof) {
    if (last === 0n) throw new VerificationError("the inclusion proof is too long");
    if (node & 1n || node === last) {
      computed = inner(sibling, computed);
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      computed = inner(computed, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new VerificationError("the inclusion proof is too short");
  if (!equal(computed, root)) throw new VerificationError("the inclusion proof leads to another root");
}

/** Returns if the tree of `size2` leaves begins with all leaves of the tree of `size1`. From an empty tree nothing can be proven. */
export function verifyConsistency(size1: bigint, size2: bigint, proof: Uint8Array[], root1: Uint8Array, root2: Uint8Array): void {
  guard([size1, size2], [root1, root2, ...proof]);
  if (size1 > size2) throw new VerificationError(`a log of ${size2} entries cannot follow one of ${size1}`);
  if (size1 === 0n) throw new VerificationError("consistency with an empty log proves nothing");
  if (size1 === size2) {
    if (proof.length) throw new VerificationError("two checkpoints of the same size need no consistency proof");
    if (!equal(root1, root2)) throw new VerificationError("two checkpoints of the same size have different roots: the log has forked");
    return;
  }
  if (!proof.length) throw new VerificationError("the consistency proof is empty");
  const [before, now] = walk(size1, size2, proof, root1);
  if (!equal(before, root1) || !equal(now, root2)) {
    throw new VerificationError("the consistency proof leads to other roots: the log has forked or was rewritten");
  }
}

/** The two roots that a consistency proof leads to (RFC 9162, 2.1.4.2, steps 2 to 6). */
function walk(size1: bigint, size2: bigint, proof: Uint8Array[], root1: Uint8Array): [Uint8Array, Uint8Array] {
  const [first, ...rest] = (size1 & (size1 - 1n)) === 0n ? [root1, ...proof] : proof; // the RFC's step 2: size1 is a power of two
  let node = size1 - 1n;
  let last = size2 - 1n;
  while (node & 1n) [node, last] = [node >> 1n, last >> 1n];
  let before = first as Uint8Array;
  let now = before;
  for (const sibling of rest) {
    if (last === 0n) throw new VerificationError("the consistency proof is too long");
    if (node & 1n || node === last) {
      [before, now] = [inner(sibling, before), inner(sibling, now)];
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else {
      now = inner(now, sibling);
    }
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n) throw new VerificationError("the consistency proof is too short");
  return [before, now];
}

function inner(left: Uint8Array, right: Uint8Array): Bytes {
  return sha256(concat(Uint8Array.of(1), left, right));
}

function guard(numbers: bigint[], hashes: Uint8Array[]): void {
  if (numbers.some((number) => number < 0n || number > LARGEST)) throw new VerificationError("an index or a size is no whole number between 0 and 2^64-1");
  if (hashes.some((hash) => hash.length !== 32)) throw new VerificationError("a hash is not 32 bytes long");
}
