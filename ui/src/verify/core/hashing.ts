/** SHA-256: at once for what is small, piece by piece for what is not. WebCrypto's is one-shot, which gigabytes cannot be. */
import { sha256 as noble } from "@noble/hashes/sha2.js";
import { createSHA256 } from "hash-wasm";
import { hex, type Bytes } from "./bytes";

export interface Running {
  /** Begins anew. */
  init(): unknown;
  update(data: Uint8Array): unknown;
  hex(): string;
}

export function sha256(data: Uint8Array): Bytes {
  return noble(data) as Bytes;
}

/** In WebAssembly, which is twice as fast; where a browser has switched that off, in script. */
export async function running(): Promise<Running> {
  try {
    const hasher = (await createSHA256()).init();
    return { init: () => hasher.init(), update: (data) => hasher.update(data), hex: () => hasher.digest("hex") };
  } catch {
    let hasher = noble.create();
    return { init: () => (hasher = noble.create()), update: (data) => hasher.update(data), hex: () => hex(hasher.digest()) };
  }
}
