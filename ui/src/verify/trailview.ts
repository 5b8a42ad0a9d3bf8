/** The history of an item in plain words; numbers behind. */
import { SENTENCES } from "virtual:sentences";
import type { Json } from "./core/canonical";
import { FIELDS } from "./core/commitments";
import { isObject } from "./core/shapes";
import type { Row } from "./core/trail";
import { details, el, facts } from "./dom";
import { DIGEST_WORDS, exact, FIELD_WORDS, times } from "./words";

/** A trail under its heading. `count` is the number of all its events; `rows` may be the first of them only. */
export function trailView(heading: string, rows: Row[], count: number): HTMLElement {
  const more = count - rows.length;
  return el(
    "section",
    {},
    el("h3", {}, heading),
    el("ol", { class: "trail" }, ...rows.map(entry)),
    more > 0 ? el("p", {}, `${more} more events are not shown here. They were checked like the others; the file data/trail.csv lists them.`) : null,
  );
}

function entry(row: Row): HTMLElement {
  const { utc, local } = times(row.time);
  const ended = outcome(row.opened.outcome);
  return el(
    "li",
    ended ? { class: "trail__odd" } : {},
    el("p", { class: "trail__time" }, el("time", { datetime: exact(row.time) }, utc), local ? ` – on your clock ${local}` : null),
    el("p", { class: "trail__what" }, SENTENCES[row.type] as string),
    ended ? el("p", {}, ended) : null,
    el("p", { class: "trail__who" }, who(row)),
    why(row.opened.purpose),
    details("Numbers and further facts", numbers(row)),
  );
}

function who(row: Row): string {
  const roles = Array.isArray(row.opened.role) ? row.opened.role.map(String) : [];
  const actor = row.opened.actor;
  const inRole = roles.length ? ` as ${roles.join(", ")}` : "";
  if (!isObject(actor)) return `By somebody whose name is withheld,${inRole || " in no role"}`;
  const kind = actor.kind === "person" ? "" : ` (${String(actor.kind)})`;
  return `By ${String(actor.name)}${kind}${roles.join() === actor.kind ? "" : inRole}`;
}

function why(purpose: Json | undefined): HTMLElement | null {
  if (!isObject(purpose ?? null)) return null;
  const { reason, case: number } = purpose as { reason: string; case: string | null };
  return el("p", { class: "trail__who" }, `Reason given: “${reason}”${number ? `, case ${number}` : ""}`);
}

function outcome(value: Json | undefined): string | null {
  if (value === undefined || value === "success") return null;
  const [how, reason] = Object.entries(value as { [how: string]: string })[0] as [string, string];
  return how === "refused" ? `It was refused: ${reason}` : `It failed: ${reason}`;
}

function numbers(row: Row): HTMLElement {
  const { opened } = row;
  const closed = FIELDS.filter((field) => !(field in opened));
  const digests = (opened.digests ?? []) as { of: string; value: string }[];
  const object = opened.object as { kind: string; id: string } | null | undefined;
  return facts(
    ["Place in the log", row.index],
    ["Exact time", exact(row.time)],
    ["Kind of event", code(row.type)],
    ["Fingerprint of this entry", code(row.hash)],
    ...digests.map(({ of, value }): [string, Node] => [`Fingerprint of ${DIGEST_WORDS[of] ?? of.replaceAll("_", " ")}`, code(value)]),
    object ? ["About", `${object.kind} ${object.id}`] : null,
    opened.address ? ["Network address", String(opened.address)] : null,
    opened.session ? ["Session", code(String(opened.session))] : null,
    isObject(opened.data ?? null) && Object.keys(opened.data as object).length ? ["Recorded with it", el("pre", {}, JSON.stringify(opened.data, null, 1))] : null,
    closed.length ? ["Withheld", closed.map((field) => FIELD_WORDS[field]).join("; ")] : null,
  );
}

function code(text: string): HTMLElement {
  return el("code", {}, text);
}
