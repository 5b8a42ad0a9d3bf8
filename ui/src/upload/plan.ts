/** What the server says of files before they are sent, by the rules by which it keeps them. */

/** A file's part: `of` is the footage beside which it stands, as what; `follows` the clip that it may go on after. */
export interface Part {
  path: string;
  beside?: "sidecar" | "small_copy" | "thumbnail";
  of?: string;
  follows?: string;
}

/** Asks; in the order in which the files are sent. Throws where no answer comes. */
export async function asked(paths: string[]): Promise<Part[]> {
  const answer = await fetch("/uploads/plan", {
    method: "POST",
    headers: { "Content-Type": "application/json", "Tus-Resumable": "1.0.0" },
    body: JSON.stringify({ paths }),
  });
  if (!answer.ok) {
    throw new Error((await answer.text()).trim() || `the server answered ${answer.status}`);
  }
  return ((await answer.json()) as { files: Part[] }).files;
}

const WHAT = { sidecar: "notes", small_copy: "small copy", thumbnail: "thumbnail" };

/** `Small copy`: what a file is beside footage; empty for what stands by itself. */
export function kindBeside(part: Part): string {
  const what = part.beside ? WHAT[part.beside] : "";
  return what.charAt(0).toUpperCase() + what.slice(1);
}

/** `kept beside GX010123.MP4, as its small copy`. */
export function inWords(part: Part): string {
  if (part.of) {
    return `kept beside ${name(part.of)}, as its ${WHAT[part.beside ?? "sidecar"]}`;
  }
  return part.follows ? `kept as evidence, in one recording with ${name(part.follows)} if it goes on where that ends` : "kept as evidence";
}

export function name(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
