/** Speaking with the server: viewings and what was played. Each request carries a header that no form or link of another site can set. */

export interface Item {
  id: string;
  number: string;
  kind: "audio" | "document" | "image" | "unknown" | "video";
  type: string | null;
  copy: boolean;
  durationMs: number;
  fps: number;
  /** Of a document: how many pages it has, and of those shown whether each could be drawn. */
  pages: number;
  drawn: boolean[];
}

export interface Stage {
  title: string;
  recordedAt: number | null;
  zone: string;
  items: Item[];
}

export interface Purpose {
  reason: string;
  case: string | null;
}

/** Words from the server for the person. */
export class Refusal extends Error {}

const HEADERS = { "Content-Type": "application/json", "X-Vestige": "1" } as const;

/** One viewing of one item: where its bytes are, and how much of it was played. */
export class Viewing {
  playedMs = 0;
  private reportedMs = 0;
  private ended = false;

  private constructor(
    readonly url: string,
    private readonly reportUrl: string,
  ) {}

  static async start(item: Item, purpose: Purpose): Promise<Viewing> {
    const body = JSON.stringify({ item: item.id, ...purpose });
    const answer = await fetch("/bytes/viewings", { method: "POST", headers: HEADERS, body });
    const value = (await answer.json()) as { url: string; played: string; words?: string };
    if (!answer.ok) {
      throw new Refusal(value.words ?? "The server refused.");
    }
    return new Viewing(value.url, value.played);
  }

  /** Tell how much was played so far; `keepalive` lets the last report leave with the page. */
  report(ended = false): void {
    if (this.ended || (!ended && this.playedMs === this.reportedMs)) {
      return;
    }
    this.ended = ended;
    this.reportedMs = this.playedMs;
    const body = JSON.stringify({ playedMs: Math.round(this.playedMs), ended });
    // A report that is lost is made up for by the next one: they carry the sum.
    void fetch(this.reportUrl, { method: "POST", headers: HEADERS, body, keepalive: true }).catch(() => undefined);
  }
}
