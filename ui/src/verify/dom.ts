/** Making elements. All that comes out of a package enters as text, never as HTML. */

type Child = Node | string | null;
type Attributes = { [name: string]: string | true };

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value === true ? "" : value);
  made.append(...children.filter((child) => child !== null).map((child) => (typeof child === "string" ? visible(child) : child)));
  return made;
}

export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

/** The text with every control, format, surrogate or unassigned character written out, so that no name can turn a line around. */
export function visible(text: string): string {
  return text.replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, (sign) => `\\u${(sign.codePointAt(0) as number).toString(16).padStart(4, "0")}`);
}

export function details(summary: string, ...children: Child[]): HTMLDetailsElement {
  return el("details", {}, el("summary", {}, summary), ...children);
}

/** A list of facts: what, and its value. */
export function facts(...pairs: ([string, Child] | null)[]): HTMLElement {
  const rows = pairs.filter((pair) => pair !== null).map(([what, value]) => el("div", {}, el("dt", {}, what), el("dd", {}, value)));
  return el("dl", { class: "facts" }, ...rows);
}

export function list(kind: string, ...items: Child[][]): HTMLElement {
  return el("ul", { class: kind }, ...items.map((item) => el("li", {}, ...item)));
}
