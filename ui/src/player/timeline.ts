import type { Item } from "./api";

export interface Place {
  index: number;
  at: number;
}

/** Several segments as one line of time, in seconds. */
export class Timeline {
  readonly starts: number[];
  readonly total: number;

  constructor(readonly items: Item[]) {
    let sum = 0;
    this.starts = items.map((item) => {
      const start = sum;
      sum += item.durationMs / 1000;
      return start;
    });
    this.total = sum;
  }

  /** The segment and the second in it at a second of the whole. */
  place(seconds: number): Place {
    const clamped = Math.min(Math.max(seconds, 0), this.total);
    let index = 0;
    while (index + 1 < this.starts.length && (this.starts[index + 1] ?? 0) <= clamped) {
      index += 1;
    }
    return { index, at: clamped - (this.starts[index] ?? 0) };
  }

  /** The second of the whole at a second of a segment. */
  whole(place: Place): number {
    return (this.starts[place.index] ?? 0) + place.at;
  }
}
