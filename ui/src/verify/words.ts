/** What the page says. Plain words first; the words of the verifier where both say the same. */
import type { Field } from "./core/commitments";
import type { Findings } from "./core/check";
import type { PackedFile } from "./core/manifest";

export const REFUSED = "REFUSED: this package must not be relied on.";
export const UNPINNED = "Consistent, but its signer is known only from this package; compare the fingerprint with one that you got elsewhere.";
export const PINNED = "VERIFIED: this package is what the log of the key that you trust vouches for.";
export const CAUTION = "CAUTION: in this home the console acts for persons without a second factor (a demonstration or a test).";

export const KIND: { [of in PackedFile["of"]]: string } = {
  original: "The original, as the agency received it",
  clipped: "A part of the original: its pictures and sound are the original's own, which is proven below",
  opened: "What the camera encrypted, opened with the agency's key, and beside it the encrypted original as the agency received it and the key object that opened it",
  key: "The key object that came with the encrypted original",
  rendered: "A redacted copy, made from an approved plan: parts of the picture or the sound are hidden",
};

export const CHECKED: [string, string][] = [
  ["Nothing was changed", "Every file is the one that was packed. None is missing and none was added."],
  ["The agency's log knows this folder", "The log holds an entry for exactly this package, and is signed with the key shown on this page."],
  ["The history is whole", "Every event shown here stands in the log as it is shown, from the first to the making of this package. None was left out, none was put in later."],
  ["The recording is the one that the history tells of", "The file that you can play is the file whose history is shown."],
];

export const NOT_CHECKED: [string, string][] = [
  ["Pixels and sound", "Whether the recording plays, what it shows, and whether all that should be hidden is hidden."],
  ["The time before", "What happened to the recording before the agency's system received it: in the camera, or on its card. The camera's own signature, if there is one, was not looked at."],
  ["Clocks", "The times are those of the agency's own clock."],
  ["The agency towards others", "Whether the agency shows everybody the same log."],
  ["The other pages in the folder", "Whether trail.html, the tables and the certificate say the same as the history here. They were not changed since they were packed."],
  ["People", "Whether those whom the history names are who it says."],
  ["Later events", "What happened after the package was made."],
  ["Links and empty folders", "A browser follows links without saying so, and may not tell of empty folders. The program vestige-verify looks for them."],
];

/** More that was not checked, by what is in this package. */
export function alsoNotChecked(findings: Findings): [string, string][] {
  const more: [string, string][] = [];
  if (findings.manifest?.files[0]?.of === "opened") more.push(["The opening itself", "Whether the key object gives the opened copy out of the encrypted original. Whoever has the agency's private key can open the original again and compare."]);
  if (findings.stamped) more.push(["A time token", "The folder holds package.tsr, by which somebody else vouches for the time. This page does not read it."]);
  if (findings.hidden) more.push(["Whether the copy is black and silent where it must be", "The folder says in numbers where that is (data/hidden.json), as it was approved. This page does not measure the recording; the program vestige-verify does, with its extra “media”."]);
  return more;
}

const MEANING: { [step: number]: string } = {
  1: "This folder was signed by somebody else than the agency whose key or fingerprint you entered. Either it does not come from that agency, or what you entered is not that agency's.",
  2: "The small file that proves the package was damaged or changed, or does not belong to this folder. Nothing in the folder can be relied on without it.",
  3: "The list of what belongs into this folder is not the one that the agency's log vouches for. Something was changed after the package was made, and the lists were made anew to hide it.",
  4: "The folder is not as it was packed: a file was changed, added, renamed or is missing.",
  5: "What the package says of itself does not agree with what is in it.",
  6: "The history of the recording is not the one that stands in the agency's log: an event was changed, left out or put in.",
  7: "The recording in this folder is not the one that the history tells of.",
  8: "What is kept back from the history is not what a package of this kind may keep back.",
  11: "The pictures or sounds of this file are not those of the original that the package says they are.",
  12: "What the copy must hide, in numbers, is not what was approved, or not a form that can be measured.",
};
const UNKNOWN_MEANING = "The check could not be brought to its end, so nothing in this folder may be relied on.";

export function meaning(step: number | null): string {
  return (step === null ? undefined : MEANING[step]) ?? UNKNOWN_MEANING;
}

const MADE_BY_COMPUTERS = /(?:^|\/)(?:\.DS_Store|\._.*|Thumbs\.db|desktop\.ini|\.directory|\.localized|ehthumbs\.db)$/i;

/** What the reader can do about it, if anything. */
export function advice(file: string | null): string | null {
  if (file !== null && MADE_BY_COMPUTERS.test(file)) {
    return "Some computers put a file of this name into every folder that is opened. It is no part of the package: delete it, and check again.";
  }
  return null;
}

export const FIELD_WORDS: { [field in Field]: string } = {
  actor: "who acted",
  address: "the network address from which a person acted",
  data: "further facts",
  digests: "digital fingerprints of files",
  item: "which item the entry is about",
  object: "what else the entry is about",
  outcome: "how the act ended",
  previous: "which entry came before",
  purpose: "the reason and the case that a person gave",
  role: "in which role somebody acted",
  session: "the session in which a person acted",
};

export const DIGEST_WORDS: { [of: string]: string } = {
  clipped: "the part that was cut out",
  hidden: "what must be hidden, where and when",
  key: "the key object that opened it",
  media_index: "list of the recording's pictures and sounds",
  opened: "the opened copy",
  original: "the original recording",
  package: "a package",
  parent_head: "the last event of the original's history",
  plan: "the plan of what to hide",
  rendered: "the redacted copy",
  samples: "the proofs of which pictures and sounds are the original's",
};

/** "3.1 GB", "12 kB". */
export function bytes(count: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let step = 0;
  let value = count;
  while (value >= 1000 && step < units.length - 1) [value, step] = [value / 1000, step + 1];
  return `${step === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** "about 20 seconds", "about 3 minutes". */
export function duration(seconds: number): string {
  if (seconds < 90) return `about ${Math.max(1, Math.round(seconds))} second${Math.round(seconds) > 1 ? "s" : ""}`;
  return `about ${Math.round(seconds / 60)} minutes`;
}

const SPOKEN = navigator.language.startsWith("en") ? navigator.language : "en";

/** A time in UTC, and, where that is another, on the reader's clock. */
export function times(milliseconds: number): { utc: string; local: string | null } {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return { utc: `${milliseconds} ms`, local: null };
  const said = (zone?: string): string =>
    new Intl.DateTimeFormat(SPOKEN, {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
      hourCycle: "h23", timeZoneName: "short", ...(zone ? { timeZone: zone } : {}),
    }).format(date); // prettier-ignore
  const [utc, local] = [said("UTC"), said()];
  return { utc, local: utc === local || date.getTimezoneOffset() === 0 ? null : local };
}

/** The exact time, for the numbers: `2026-11-24T05:53:08.123Z`. */
export function exact(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? `${milliseconds} ms` : date.toISOString();
}
