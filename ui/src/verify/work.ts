/**
 * The check, away from the page: in a worker made from this page's own script, so that the page stays one file and is never in the way.
 * Where a browser allows no such worker, the check runs in the page; it reads block by block, so the page can still be used.
 */
import type { Folder } from "./core/bag";
import { check, type Anchor, type Findings } from "./core/check";

interface Task {
  folder: Folder;
  anchor: Anchor;
}
type Answer = { done: number } | { findings: Findings };

const EVERY = 150; // milliseconds between two words of progress

/** A check that runs; `stop` ends it, and its findings never come. */
export interface Running {
  findings: Promise<Findings>;
  stop: () => void;
}

/** Runs in the worker: waits for the one task. */
export function serve(): void {
  self.onmessage = async (message: MessageEvent<Task>): Promise<void> => {
    const answer = (value: Answer): void => self.postMessage(value);
    answer({ findings: await check(message.data.folder, message.data.anchor, ticking((done) => answer({ done }))) });
  };
}

/** Runs in the page. `script` is the text of this page's own script. */
export function begin(script: string, task: Task, progress: (done: number) => void): Running {
  let stopped = false;
  const here = (): Promise<Findings> => check(task.folder, task.anchor, ticking((done) => !stopped && progress(done)));
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  let worker: Worker;
  try {
    worker = new Worker(address);
  } catch {
    return { findings: here(), stop: () => (stopped = true) };
  }
  const findings = new Promise<Findings>((found) => {
    worker.onmessage = (message: MessageEvent<Answer>): void => {
      if ("done" in message.data) return progress(message.data.done);
      found(message.data.findings);
      worker.terminate();
    };
    worker.onerror = (event): void => {
      event.preventDefault();
      worker.terminate();
      void here().then(found);
    };
    worker.postMessage(task);
  });
  void findings.finally(() => URL.revokeObjectURL(address));
  return {
    findings,
    stop: () => {
      stopped = true;
      worker.terminate();
    },
  };
}

function ticking(say: (done: number) => void): (bytes: number) => void {
  let [done, said] = [0, 0];
  return (bytes) => {
    done += bytes;
    if (performance.now() - said > EVERY) {
      said = performance.now();
      say(done);
    }
  };
}
