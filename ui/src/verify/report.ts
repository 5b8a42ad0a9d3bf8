/** The answer as a page: the verdict first, then who signed, what is in the folder, what was done with it, and what was not checked. */
import type { Folder } from "./core/bag";
import { agrees, parseAnchor, wasReplaced, type Anchor, type Findings } from "./core/check";
import type { Manifest, PackedFile } from "./core/manifest";
import { details, el, facts, list } from "./dom";
import { samplesInWords, samplesLeaveOpen } from "./samplewords";
import { trailView } from "./trailview";
import { advice, alsoNotChecked, bytes, CAUTION, CHECKED, exact, FIELD_WORDS, KIND, meaning, NOT_CHECKED, PINNED, REFUSED, times, UNPINNED } from "./words";

/** What the page knows of a finished check. */
export interface Outcome {
  findings: Findings;
  anchor: Anchor; // what the reader got elsewhere; agrees with the key unless the findings say otherwise
  folder: Folder;
  name: string; // of the folder
  at: number;
}

/** The whole report. `compare` is called with what the reader typed into the field for a key. */
export function report(outcome: Outcome, compare: (anchor: Anchor) => void): HTMLElement[] {
  const { findings } = outcome;
  const facts_ = findings.manifest;
  if (findings.fault || !facts_ || !findings.key) return [refused(outcome)];
  const parts: (HTMLElement | null)[] = [
    verdict(outcome),
    signer(outcome, facts_, compare),
    holding(outcome, facts_),
    originals(findings),
    history(findings, facts_),
    checked(findings),
    notChecked(outcome),
    record(outcome, facts_),
  ];
  return parts.filter((part) => part !== null);
}

/** In one word, for the title of the page and for tests. */
export function inAWord(outcome: Outcome): "refused" | "unpinned" | "pinned" {
  if (outcome.findings.fault) return "refused";
  return outcome.anchor ? "pinned" : "unpinned";
}

function refused(outcome: Outcome): HTMLElement {
  const { fault, key } = outcome.findings;
  const hint = advice(fault?.file ?? null);
  return el(
    "section",
    { class: "verdict verdict--refused" },
    el("h2", { tabindex: "-1", id: "verdict" }, REFUSED),
    el("p", {}, meaning(fault?.step ?? null)),
    facts(
      ["Where", el("strong", { id: "fault-file" }, fault?.file ?? "the package")],
      ["What was found", el("span", { id: "fault-reason" }, `${fault?.reason}.`)],
    ),
    hint ? el("p", {}, el("strong", {}, hint)) : null,
    el("p", {}, "Do not use what is in this folder. Ask the agency for the package again, and tell whoever gave it to you. Keep the folder as it is: it may matter how it was changed."),
    details(
      "Numbers",
      facts(
        fault?.step ? ["Step of the package format", el("span", { id: "fault-step" }, String(fault.step))] : null,
        key ? ["Signed with the key", el("code", {}, key.fingerprint)] : null,
        ["Folder", outcome.name],
        ["Checked", exact(outcome.at)],
      ),
    ),
  );
}

function verdict(outcome: Outcome): HTMLElement {
  const pinned = inAWord(outcome) === "pinned";
  return el(
    "section",
    { class: `verdict verdict--${pinned ? "pinned" : "unpinned"}` },
    el("h2", { tabindex: "-1", id: "verdict" }, pinned ? PINNED : UNPINNED),
    el(
      "p",
      {},
      pinned
        ? "Nothing in this folder was changed, added or removed since the agency whose key you entered packed it."
        : "Nothing in this folder was changed, added or removed since it was packed. But anybody can pack a folder. Whether this one comes from the agency is settled only when the long number below is the one that the agency gives you itself.",
    ),
    outcome.findings.manifest?.consoleActs ? el("p", { class: "caution" }, CAUTION) : null,
  );
}

function signer(outcome: Outcome, manifest: Manifest, compare: (anchor: Anchor) => void): HTMLElement {
  const { key, witnesses } = outcome.findings;
  const pinned = inAWord(outcome) === "pinned";
  return el(
    "section",
    {},
    el("h2", {}, "Who signed it"),
    facts(
      ["Agency", pinned ? manifest.agency : `${manifest.agency} (so the package says)`],
      ["Fingerprint of its key", el("code", { class: "print", id: "fingerprint" }, key?.fingerprint ?? "")],
      witnesses.length ? ["Also signed by these witnesses (whom this package names)", witnesses.join(", ")] : null,
    ),
    pinned ? el("p", {}, entered(outcome)) : comparing(compare),
    key?.earlier.length && !pinned ? el("p", {}, `The agency replaced its key. Earlier fingerprints, which count as well: ${key.earlier.map((one) => one.fingerprint).join("; ")}`) : null,
    details("The whole key", el("p", {}, el("code", { id: "key" }, key?.text ?? ""))),
  );
}

function entered(outcome: Outcome): string {
  const replaced = outcome.findings.key && outcome.anchor && wasReplaced(outcome.findings.key, outcome.anchor);
  return replaced
    ? "The key that you entered was replaced since: it signed a statement that leads to this one, and that statement holds."
    : "This is the key that you entered.";
}

function comparing(compare: (anchor: Anchor) => void): HTMLElement {
  const field = el("textarea", { id: "late-anchor", rows: "3", spellcheck: "false", autocomplete: "off" });
  const said = el("p", { id: "late-said", class: "wrong", role: "alert" });
  const form = el(
    "form",
    { class: "compare", novalidate: true },
    el("label", { for: "late-anchor" }, "The agency's fingerprint or key, as you got it elsewhere"),
    el("p", { class: "hint" }, "From the agency's own web site, by telephone, or on paper: not from this folder, and not from whoever gave it to you."),
    field,
    el("button", { type: "submit", class: "second" }, "Compare"),
    said,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      const anchor = parseAnchor(field.value);
      said.textContent = anchor ? "" : "Enter a fingerprint (64 digits and letters from a to f) or a whole key.";
      if (anchor) compare(anchor);
    } catch {
      said.textContent = "This is no whole fingerprint (64 digits and letters from a to f) and no key. Was a part of it left out?";
    }
  });
  return form;
}

/** The findings after the reader entered a key late: the same, or a refusal in the words of step 1. */
export function compared(outcome: Outcome, anchor: NonNullable<Anchor>): Outcome {
  const { key } = outcome.findings;
  if (key && agrees(key, anchor)) return { ...outcome, anchor };
  const fault = { reason: "the package is signed by another key than the one that you trust", step: 1, file: "package.tlog-proof" };
  return { ...outcome, anchor, findings: { ...outcome.findings, fault } };
}

function holding(outcome: Outcome, manifest: Manifest): HTMLElement {
  return el(
    "section",
    {},
    el("h2", {}, "What is in the folder"),
    el("p", {}, `${KIND[manifest.files[0]?.of ?? "original"]}.`),
    ...manifest.files.map((file) => footage(file, outcome.folder.files.get(file.path) as Blob, manifest.files[0]?.of === "opened")),
  );
}

const PART: { [of: string]: string } = {
  opened: "the opened copy",
  original: "the original as the camera encrypted it (no program can play it)",
  key: "the key object, which names the key that opened it",
};

function footage(file: PackedFile, data: Blob, several: boolean): HTMLElement {
  const name = file.path.slice(file.path.lastIndexOf("/") + 1);
  return el(
    "figure",
    {},
    several && file.of !== "opened" ? null : screen(data, name),
    el("figcaption", {}, el("strong", {}, name), ` – ${several ? `${PART[file.of] ?? file.of}, ` : ""}${bytes(file.size)}`),
    details("Numbers", facts(["Where", file.path], ["Size", `${file.size} bytes`], ["Fingerprint (SHA-256)", el("code", {}, file.sha256)])),
  );
}

function screen(data: Blob, name: string): HTMLElement {
  const address = URL.createObjectURL(data);
  const kind = data.type.split("/")[0];
  const cannot = (): HTMLElement =>
    el("p", { class: "cannot" }, "This browser cannot show this kind of file. It is in the folder: open it with another program. The check above holds for it all the same.");
  if (kind !== "video" && kind !== "audio" && kind !== "image") return cannot();
  const shown =
    kind === "image"
      ? el("img", { src: address, alt: `The picture ${name}` })
      : el(kind, { src: address, controls: true, preload: "metadata", "aria-label": `The recording ${name}` });
  shown.addEventListener("error", () => shown.replaceWith(cannot()));
  return shown;
}

function originals(findings: Findings): HTMLElement | null {
  if (!findings.samples) return null;
  return el(
    "section",
    { id: "samples" },
    el("h2", {}, "What of the original is in this file"),
    el("p", {}, "Each picture and each piece of sound was read from this file and held against what the agency's log committed to when the original was received."),
    list("yes", ...samplesInWords(findings.samples).map((line) => [line])),
    list("no", ...samplesLeaveOpen(findings.samples).map((line) => [line])),
    details("Numbers", facts(["The original", el("code", {}, findings.samples.item)], ["Its media index", el("code", {}, findings.samples.root)])),
  );
}

const COPY: { [of: string]: string } = { clipped: "The clip", opened: "The opened copy" };

function history(findings: Findings, manifest: Manifest): HTMLElement {
  const court = manifest.profile === "court";
  const copy = COPY[manifest.files[0]?.of ?? ""] ?? "The redacted copy";
  const headings = manifest.files[0]?.of === "original" ? ["The recording"] : [copy, "The original that it was made from"];
  return el(
    "section",
    {},
    el("h2", {}, "What was done with it"),
    el("p", {}, `${findings.events} events, oldest first. Each stands in the agency's log exactly as it is shown here; none is missing from the first one to the making of this ${court ? "package" : "copy and this package"}. The times are those of the agency's own clock.`),
    withheld(findings),
    ...findings.trails.map((trail, i) => trailView(headings[i] ?? "", trail.rows, trail.count)),
  );
}

function withheld(findings: Findings): HTMLElement | null {
  if (!findings.withheld.length) return el("p", {}, "Nothing of these events is withheld.");
  const total = findings.withheld.reduce((sum, [, count]) => sum + count, 0);
  return el(
    "div",
    {},
    el("p", {}, `Withheld in a package of this kind: ${findings.withheld.map(([field]) => FIELD_WORDS[field]).join("; ")}.`),
    details("Numbers", el("p", {}, `${total} values that the log commits to are not shown: ${findings.withheld.map(([field, count]) => `${field} (${count})`).join(", ")}.`)),
  );
}

function checked(findings: Findings): HTMLElement {
  const more: [string, string][] = findings.witnesses.length ? [["The witnesses signed too", "The signatures of the witnesses named above are valid. Whether you trust them is up to you."]] : [];
  if (findings.hidden) more.push(["What must be hidden was approved", "Where and when the copy must be black or silent stands in the folder in numbers, just as a second person approved it before the copy was made."]);
  return el("section", { id: "checked" }, el("h2", {}, "What was checked"), list("yes", ...[...CHECKED, ...more].map(said)));
}

function notChecked(outcome: Outcome): HTMLElement {
  const mine: [string, string][] =
    inAWord(outcome) === "pinned" ? [] : [["The signer", "Who signed is known only from this package (see “Who signed it” above)."]];
  const more = alsoNotChecked(outcome.findings);
  return el("section", { id: "not-checked" }, el("h2", {}, "What was not checked"), list("no", ...[...mine, ...NOT_CHECKED, ...more].map(said)));
}

function said([what, meant]: [string, string]): (Node | string)[] {
  return [el("strong", {}, what), `. ${meant}`];
}

function record(outcome: Outcome, manifest: Manifest): HTMLElement {
  const made = times(manifest.created);
  const print = el("button", { type: "button", class: "second" }, "Print or save this answer");
  print.addEventListener("click", () => window.print());
  return el(
    "section",
    {},
    el("h2", {}, "For your records"),
    facts(
      ["Package made", `${made.utc}${made.local ? ` (on your clock ${made.local})` : ""}`],
      ["Checked", `${times(outcome.at).local ?? times(outcome.at).utc}, by the clock of this computer`],
      ["Folder", outcome.name],
    ),
    details(
      "Numbers",
      facts(
        ["Package", el("code", {}, manifest.package)],
        ["Item", el("code", {}, manifest.item)],
        ["Log", el("code", {}, manifest.key.name)],
        ["Format", `vestige-package/${manifest.version}`],
        ["Page", `verify.html of Vestige ${__VERSION__}`],
      ),
    ),
    print,
  );
}
