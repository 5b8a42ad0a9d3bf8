/** One file on its way by tus: it goes on after a cut, after a pause, and after the page was loaded anew. */

import { type DetailedError, Upload } from "tus-js-client";
import type { Picked } from "./files";

const CHUNK = 64 * 1024 * 1024;
const AGAIN_MS = [0, 1000, 3000, 5000, 10_000, 20_000, 30_000, ...Array<number>(20).fill(60_000)];

/** What the client itself understands of an answer to where an upload stands: it is gone, or busy. */
const SETTLED = [404, 410, 423];

/** Where an upload stands was not told; without this the client would forget its address and begin at the first byte. */
class Unanswered extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`);
  }
}

export interface Outcome {
  number: string;
  recording: string;
  status: "accessioned" | "duplicate" | "quarantined";
  reason: string;
}

export interface Hooks {
  progress(sent: number): void;
  kept(outcome: Outcome | null): void;
  failed(words: string): void;
}

/** By what a file is named to the server, so that others can be said to belong to it. */
export function keyOf({ file, path }: Picked): string {
  return [path, file.size, file.lastModified].join("|");
}

/** What is said of a file; empty words are left out. */
export type Said = Record<string, string>;

export class Sending {
  readonly #upload: Upload;

  constructor(picked: Picked, person: string, said: () => Said, hooks: Hooks) {
    const { file, path } = picked;
    let outcome: Outcome | null = null;
    this.#upload = new Upload(file, {
      endpoint: "/uploads",
      chunkSize: CHUNK,
      retryDelays: AGAIN_MS,
      fingerprint: () => Promise.resolve(["vestige", person, keyOf(picked)].join("|")),
      removeFingerprintOnSuccess: true,
      onShouldRetry: (error) => mayHelp(statusOf(error)),
      onAfterResponse: (request, answer) => {
        if (request.getMethod() === "HEAD" && answer.getStatus() >= 400 && !SETTLED.includes(answer.getStatus())) {
          throw new Unanswered(answer.getStatus());
        }
        const told = answer.getHeader("Vestige-Outcome");
        outcome = told ? (JSON.parse(told) as Outcome) : outcome;
      },
      onProgress: (sent) => hooks.progress(sent),
      onSuccess: () => hooks.kept(outcome),
      onError: (error) => hooks.failed(wordsOf(error)),
    });
    this.#said = () => {
      const all = { filename: file.name, modified_at: new Date(file.lastModified).toISOString(), key: keyOf(picked), ...said() };
      const folder = path.slice(0, -file.name.length - 1);
      return Object.fromEntries(Object.entries({ ...all, folder }).filter(([, value]) => value !== ""));
    };
  }

  readonly #said: () => Said;

  /** Whether it was begun before, by this person in this browser; then it will go on. */
  async wasBegun(): Promise<boolean> {
    const [before] = await this.#upload.findPreviousUploads();
    if (before) {
      this.#upload.resumeFromPreviousUpload(before);
    }
    return before !== undefined;
  }

  start(): void {
    this.#upload.options.metadata = this.#said();
    this.#upload.start();
  }

  async pause(): Promise<void> {
    await this.#upload.abort();
  }

  /** End it on the server too. */
  async discard(): Promise<void> {
    await this.#upload.abort(true);
  }
}

/** A line that is cut, a server that is busy or restarts; not what is wrong for good. */
function mayHelp(status: number): boolean {
  return status === 0 || status === 409 || status === 423 || status === 460 || status >= 500;
}

/** What the server answered; 0 where it did not. */
function statusOf(error: Error | DetailedError): number {
  if (!("originalResponse" in error)) {
    return 0;
  }
  return error.causingError instanceof Unanswered ? error.causingError.status : (error.originalResponse?.getStatus() ?? 0);
}

function wordsOf(error: Error | DetailedError): string {
  const status = statusOf(error);
  if (status === 401) {
    return "You are not signed in any more. Sign in again, then choose the same file: it goes on where it stopped.";
  }
  const said = "originalResponse" in error ? error.originalResponse?.getBody().trim() : "";
  if (said) {
    return said.charAt(0).toUpperCase() + said.slice(1);
  }
  const why = status ? `The server answered ${status}` : "The server could not be reached";
  return `${why}. Try again: it goes on where it stopped.`;
}
