/** Files that a person picked or dropped, and what is said of them before they are sent. */

export interface Picked {
  file: File;
  /** Path within the folder that was picked, with the file's name. */
  path: string;
}

/** What was picked by an input. */
export function fromInput(input: HTMLInputElement): Picked[] {
  return [...(input.files ?? [])].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** What was dropped: files, and folders to their last file. */
export async function fromDrop(data: DataTransfer): Promise<Picked[]> {
  // The list is empty once this event is over: entries first, then the waiting.
  const found = [...data.items].map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const walks = found.map(({ entry, file }) => (entry ? walked(entry, "") : file ? [{ file, path: file.name }] : []));
  return (await Promise.all(walks)).flat();
}

async function walked(entry: FileSystemEntry, above: string): Promise<Picked[]> {
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: Picked[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) {
      return found;
    }
    for (const one of some) {
      found.push(...(await walked(one, `${path}/`)));
    }
  }
}

/** Hidden files are of the system that wrote the card, as with a card that is read at the console. */
export function isHidden(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("."));
}

/** In the order in which a camera wrote them: by folder, then by name, numbers as numbers. */
export function inOrder(one: Picked, other: Picked): number {
  return one.path.localeCompare(other.path, "en", { numeric: true });
}

const KINDS: Record<string, string> = { video: "Video", audio: "Sound", image: "Picture", text: "Document" };
const DOCUMENTS = /\.(pdf|docx?|xlsx?|odt|ods|txt|csv|eml|msg)$/i;

/** What a file seems to be, by its name; what it is, the server finds out. */
export function kindOf(file: File): string {
  return KINDS[file.type.split("/")[0] ?? ""] ?? (DOCUMENTS.test(file.name) ? "Document" : "File");
}

/** `1.2 GB`, as the other pages say it. */
export function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${at ? value.toFixed(value < 10 ? 1 : 0) : value} ${units[at]}`;
}

/** `4 min 10 s`. */
export function span(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) {
    return `${whole} s`;
  }
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
