// The page's own modules without the page: bundles `ui/src/verify/core` and gives it the vectors of single formats; prints what it says of each.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const core = join(root, "ui/src/verify/core");
const { rolldown } = await import(pathToFileURL(createRequire(join(root, "ui/package.json")).resolve("rolldown")).href);
const NAMES = ["canonical", "check", "commitments", "entries", "errors", "merkle", "notes", "parametersets", "samples", "bytes"];

async function bundled(types) {
  const folder = mkdtempSync(join(tmpdir(), "vestige-core-"));
  const given = {
    entry: NAMES.map((name) => `export * as ${name} from ${JSON.stringify(join(core, `${name}.ts`))};`).join("\n"),
    "virtual:sentences": `export const SENTENCES = ${JSON.stringify(Object.fromEntries(types.map((type) => [type, ""])))};`,
  };
  const plugin = { name: "given", resolveId: (id) => (id in given ? `\0${id}` : null), load: (id) => given[id.slice(1)] ?? null };
  const bundle = await rolldown({ input: "entry", cwd: join(root, "ui"), plugins: [plugin] });
  await bundle.write({ file: join(folder, "core.mjs"), format: "esm" });
  const made = await import(pathToFileURL(join(folder, "core.mjs")).href);
  rmSync(folder, { recursive: true });
  return made;
}

const wanted = JSON.parse(readFileSync(0, "utf8")); // {types, areas: {file: its text}}
const it = await bundled(wanted.types);
const bytes = (text) => (text ? it.bytes.unbase64(text) : new Uint8Array());
const sealed = (data) => ({ index: 0n, entry: it.bytes.textOf(data), openings: new Map(), proof: [] });

function content(value, base = new Uint8Array()) {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (Array.isArray(value)) return Buffer.concat(value.map((part) => content(part)));
  if ("base64" in value) return new Uint8Array(Buffer.from(value.base64, "base64"));
  if ("splices" in value) return spliced(base, value.splices);
  return Buffer.concat(Array(value.times).fill(content(value.repeat)));
}

function spliced(base, splices) {
  const [parts, end] = splices.reduce(([made, at], [start, length, put]) => [[...made, base.subarray(at, start), content(put)], start + length], [[], 0]);
  return Buffer.concat([...parts, base.subarray(end)]);
}

/** The document and the released file of a case; what is not there is the base's. */
function proven(one, bases) {
  const base = bases[one.base];
  const [document, footage] = ["document", "footage"].map((name) => content(one[name] ?? { splices: [] }, content(base[name])));
  return it.samples.checkSamples(document, new Blob([footage]));
}

/** An entry by itself is read before its place in the log is looked at: what is refused there is none of its form. */
function entry(one) {
  const data = content(one.entry);
  const checkpoint = { size: 1n, root: it.merkle.leafHash(data) };
  try {
    it.entries.checkEntry(sealed(data), checkpoint);
  } catch (fault) {
    if (!fault.reason?.endsWith("are not opened, as they must be in every package")) throw fault;
  }
}

const JUDGES = {
  "canonical.json": (one) => it.canonical.decode(content(one.data)),
  "commitments.json": (one) => it.commitments.check(one.commitments, it.commitments.parseOpenings(one.openings)),
  "entries.json": entry,
  "keys.json": (one) => (one.kind === "log" ? it.notes.parseKey : it.notes.parseWitness)(one.key),
  "inclusion.json": (one) =>
    it.merkle.verifyInclusion(bytes(one.leafHash), BigInt(one.leafIdx), BigInt(one.treeSize), (one.proof ?? []).map(bytes), bytes(one.root)),
  "consistency.json": (one) =>
    it.merkle.verifyConsistency(BigInt(one.size1), BigInt(one.size2), (one.proof ?? []).map(bytes), bytes(one.root1), bytes(one.root2)),
  "parameters.json": (one) => it.parametersets.requireAddedOnly(it.bytes.unhex(one.original), it.bytes.unhex(one.released)),
  "samples.json": (one, { bases }) => proven(one, bases),
  "checkpoints.json": (one) => {
    const checkpoint = it.notes.parseCheckpoint(content(one.checkpoint), true);
    it.notes.verifyCheckpoint(checkpoint, it.notes.parseKey(one.key));
    it.notes.verifyCosignatures(checkpoint, one.witnesses.map(it.notes.parseWitness));
  },
};

async function said(judge, one, area) {
  try {
    await judge(one, area);
  } catch (fault) {
    if (!(fault instanceof it.errors.VerificationError)) return { verdict: "thrown", reason: String(fault) };
    return { verdict: "refused", reason: fault.reason };
  }
  return { verdict: "verified", reason: null };
}

const answers = {};
for (const [file, area] of Object.entries(wanted.areas)) {
  answers[file] = [];
  for (const one of area.cases) answers[file].push(await said(JUDGES[file], one, area));
}
process.stdout.write(JSON.stringify(answers));
