/** The folder that the reader chose: by the button, or dropped onto the page. A `file://` page cannot read its siblings by itself. */
import type { Folder } from "./core/bag";

export interface Chosen {
  name: string;
  folder: Folder;
}

/** The folder lies deeper than the one that was chosen, or there is none in it. */
export class WrongFolder extends Error {}

/** What the browser gives for `<input type=file webkitdirectory>`. */
export function fromInput(files: FileList): Chosen {
  const all = new Map<string, Blob>();
  let name = "";
  for (const file of files) {
    const path = file.webkitRelativePath || file.name;
    name = path.slice(0, path.indexOf("/"));
    all.set(path.slice(name.length + 1), file);
  }
  return checked({ name, folder: { files: all, empty: [] } });
}

/** What was dropped: one folder. Asks for it in the ways that browsers offer, the newest first. */
export async function fromDrop(items: DataTransferItemList): Promise<Chosen> {
  const [item, ...more] = [...items].filter((one) => one.kind === "file");
  if (!item || more.length) throw new WrongFolder("Drop one folder: the whole folder that you were given.");
  const folder: Folder = { files: new Map(), empty: [] };
  const [entry, handle] = [item.webkitGetAsEntry(), handleOf(item)]; // both must be asked for before anything is waited for
  const given = await handle;
  if (given) {
    if (given.kind !== "directory") throw new WrongFolder("This is a file. Drop the whole folder that you were given.");
    await walkHandle(given as FileSystemDirectoryHandle, "", folder);
    return checked({ name: given.name, folder });
  }
  if (!entry?.isDirectory) throw new WrongFolder("This is a file. Drop the whole folder that you were given.");
  await walkEntry(entry as FileSystemDirectoryEntry, "", folder);
  return checked({ name: entry.name, folder });
}

function checked(chosen: Chosen): Chosen {
  const { files } = chosen.folder;
  if (files.has("package.tlog-proof") || files.has("bagit.txt") || files.has("data/manifest.json")) return chosen;
  const deeper = [...files.keys()].find((path) => path.endsWith("/package.tlog-proof"));
  if (deeper) throw new WrongFolder(`The package lies deeper: choose the folder “${deeper.slice(0, -"/package.tlog-proof".length)}”.`);
  throw new WrongFolder(files.size ? "This folder is no package. Choose the folder in which you found this page." : "There is nothing in this folder.");
}

type WithHandle = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };

async function handleOf(item: WithHandle): Promise<FileSystemHandle | null> {
  try {
    return (await item.getAsFileSystemHandle?.()) ?? null;
  } catch {
    return null;
  }
}

async function walkHandle(directory: FileSystemDirectoryHandle, inside: string, folder: Folder): Promise<void> {
  let count = 0;
  for await (const [name, handle] of (directory as FileSystemDirectoryHandle & AsyncIterable<[string, FileSystemHandle]>)) {
    count++;
    const path = inside ? `${inside}/${name}` : name;
    if (handle.kind === "directory") await walkHandle(handle as FileSystemDirectoryHandle, path, folder);
    else folder.files.set(path, await (handle as FileSystemFileHandle).getFile());
  }
  if (!count) folder.empty.push(inside);
}

async function walkEntry(directory: FileSystemDirectoryEntry, inside: string, folder: Folder): Promise<void> {
  const reader = directory.createReader();
  let count = 0;
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (!batch.length) break;
    count += batch.length;
    for (const entry of batch) {
      const path = inside ? `${inside}/${entry.name}` : entry.name;
      if (entry.isDirectory) await walkEntry(entry as FileSystemDirectoryEntry, path, folder);
      else folder.files.set(path, await new Promise<File>((done, failed) => (entry as FileSystemFileEntry).file(done, failed)));
    }
  }
  if (!count) folder.empty.push(inside);
}
