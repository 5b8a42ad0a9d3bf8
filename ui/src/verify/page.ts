/** The page: the folder comes in, the check runs, the answer is shown. */
import { parseAnchor, type Anchor } from "./core/check";
import { byId } from "./dom";
import { fromDrop, fromInput, WrongFolder, type Chosen } from "./pick";
import { compared, inAWord, report, type Outcome } from "./report";
import { bytes, duration } from "./words";
import { begin, type Running } from "./work";

/** Makes the page work. `script` is the text of its own script, from which the worker is made. */
export function open(script: string): void {
  new Page(script).listen();
}

class Page {
  private running: Running | null = null;

  constructor(private readonly script: string) {}

  listen(): void {
    const input = byId<HTMLInputElement>("folder");
    byId("choose").addEventListener("click", () => input.click());
    byId("stop").addEventListener("click", () => this.stop("The check was stopped. Nothing was found out."));
    input.addEventListener("change", () => {
      if (input.files?.length) void this.take(async () => fromInput(input.files as FileList)).then(() => (input.value = ""));
    });
    const drop = byId("drop");
    for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => this.hover(event as DragEvent, drop, true));
    for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => this.hover(event as DragEvent, drop, false));
    document.addEventListener("drop", (event) => {
      const items = event.dataTransfer?.items;
      if (items) void this.take(() => fromDrop(items));
    });
    openForPrint();
    byId("no-script").remove();
    byId("work").hidden = false;
  }

  private hover(event: DragEvent, drop: HTMLElement, over: boolean): void {
    event.preventDefault();
    drop.classList.toggle("drop--over", over);
  }

  private async take(choose: () => Promise<Chosen>): Promise<void> {
    this.stop("");
    let anchor: Anchor;
    let chosen: Chosen;
    try {
      anchor = parseAnchor(byId<HTMLTextAreaElement>("anchor").value);
    } catch {
      byId("anchor-said").textContent = "This is no whole fingerprint (64 digits and letters from a to f) and no key. Correct it, or leave the field empty.";
      byId("anchor").focus();
      return;
    }
    byId("anchor-said").textContent = "";
    try {
      chosen = await choose();
    } catch (problem) {
      this.say(problem instanceof WrongFolder ? problem.message : "The browser could not read this folder. Use the button instead.");
      return;
    }
    await this.check(chosen, anchor);
  }

  private async check({ name, folder }: Chosen, anchor: Anchor): Promise<void> {
    const total = [...folder.files].reduce((sum, [path, file]) => sum + (path.startsWith("data/") ? file.size : 0), 0);
    const started = performance.now();
    this.show([]);
    this.say(`Reading ${bytes(total)} …`);
    byId("progress").hidden = false;
    const bar = byId<HTMLProgressElement>("bar");
    bar.value = 0;
    this.running = begin(this.script, { folder, anchor }, (done) => {
      const part = total ? done / total : 1;
      const seconds = (performance.now() - started) / 1000;
      bar.value = part;
      byId("far").textContent = `${bytes(done)} of ${bytes(total)} read${seconds > 1 && part > 0 ? `, ${duration((seconds / part) * (1 - part))} left` : ""}`;
    });
    const findings = await this.running.findings;
    this.running = null;
    byId("progress").hidden = true;
    byId("far").textContent = "";
    const seconds = Math.round((performance.now() - started) / 100) / 10;
    this.say(`Checked: ${folder.files.size} files, ${bytes(total)}, in ${seconds} seconds.`);
    this.answer({ findings, anchor, folder, name, at: Date.now() });
  }

  private answer(outcome: Outcome): void {
    const word = inAWord(outcome);
    document.title = { refused: "Refused", unpinned: "Consistent, signer not settled", pinned: "Verified" }[word] + " – a package of evidence";
    this.show(report(outcome, (anchor) => anchor && this.answer(compared(outcome, anchor))));
    byId("answer").dataset.verdict = word;
    byId("verdict").focus();
  }

  private stop(words: string): void {
    this.running?.stop();
    this.running = null;
    byId("progress").hidden = true;
    byId("far").textContent = "";
    this.say(words);
    this.show([]);
  }

  private say(words: string): void {
    byId("said").textContent = words;
  }

  private show(parts: HTMLElement[]): void {
    const answer = byId("answer");
    for (const media of answer.querySelectorAll<HTMLMediaElement | HTMLImageElement>("[src]")) letGo(media);
    delete answer.dataset.verdict;
    answer.replaceChildren(...parts);
  }
}

/** A file that is no longer shown is given back; what the browser was still reading of it ends first. */
function letGo(media: HTMLMediaElement | HTMLImageElement): void {
  const address = media.src;
  media.removeAttribute("src");
  if (media instanceof HTMLMediaElement) media.load();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** What is folded away is printed too. */
function openForPrint(): void {
  let closed: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    closed.push(...document.querySelectorAll<HTMLDetailsElement>("details:not([open])"));
    for (const one of closed) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of closed) one.open = false;
    closed = [];
  });
}
