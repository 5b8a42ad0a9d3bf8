/** How fast bytes went in the last seconds. */

const WINDOW_MS = 10_000;

export class Rate {
  #seen: { at: number; bytes: number }[] = [];

  /** So many bytes are gone, in all. */
  note(bytes: number, at: number = performance.now()): void {
    this.#seen.push({ at, bytes });
    while (this.#seen.length > 2 && at - (this.#seen[0]?.at ?? at) > WINDOW_MS) {
      this.#seen.shift();
    }
  }

  /** Bytes a second; 0 while it is not known. */
  get perSecond(): number {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || !last || last.at - first.at < 500) {
      return 0;
    }
    return Math.max(0, ((last.bytes - first.bytes) / (last.at - first.at)) * 1000);
  }

  forget(): void {
    this.#seen = [];
  }
}
