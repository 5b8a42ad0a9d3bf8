/** Builds `verify.html`, the page that goes into every package: one file, that asks for nothing from outside. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const read = (path: string): string => readFileSync(here(path), "utf8");

/** Where an independent copy of the page is published, in words; a distributor may say it otherwise. */
const source = process.env.VESTIGE_VERIFY_SOURCE ?? "with each release of Vestige, the open-source evidence system";
const version = /__version__ = "([^"]+)"/.exec(read("../src/vestige/__init__.py"))?.[1] ?? "";

/** The sentences of the event types, from the one place where they are written. */
const sentences: Plugin = {
  name: "sentences",
  resolveId: (id) => (id === "virtual:sentences" ? "\0sentences" : null),
  load(id) {
    if (id !== "\0sentences") return null;
    const file = "../src/vestige/disclosure/sentences.py";
    this.addWatchFile(here(file));
    const found = [...read(file).matchAll(/^ +"([a-z_]+:[a-z_]+)": ("(?:[^"\\]|\\.)*"),$/gm)].map(([, type, said]) => [type, JSON.parse(said as string)]);
    const lines = [...read(file).matchAll(/^ +"[a-z_]+:[a-z_]+":/gm)].length;
    if (found.length < 30 || found.length !== lines) throw new Error(`${file} is not written as this build reads it`);
    return `export const SENTENCES = ${JSON.stringify(Object.fromEntries(found))};`;
  },
};

const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Puts script and style into the page, with the policy that lets only these run. */
const onePage: Plugin = {
  name: "one-page",
  generateBundle(_options, bundle) {
    const [chunk, ...more] = Object.values(bundle);
    if (chunk?.type !== "chunk" || more.length) throw new Error("the page's script was to be one chunk");
    delete bundle[chunk.fileName];
    const script = chunk.code.trim().replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
    const style = read("src/verify/verify.css").trim();
    const policy = [
      "default-src 'none'",
      `script-src ${hash(script)} 'wasm-unsafe-eval'`,
      `style-src ${hash(style)}`,
      "worker-src blob:",
      "media-src blob:",
      "img-src blob:",
      "connect-src 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ].join("; ");
    const licences = ["@noble/ed25519", "@noble/hashes", "hash-wasm"].map((name) => `${name}\n\n${read(`node_modules/${name}/LICENSE`).trim()}`);
    const parts: Record<string, string> = {
      POLICY: policy, STYLE: style, SCRIPT: script, SOURCE: source, VERSION: version, LICENCES: licences.join("\n\n").replaceAll("--", "- -"),
    }; // prettier-ignore
    const page = read("src/verify/verify.html").replace(/%([A-Z]+)%/g, (_, name: string) => parts[name] as string);
    this.emitFile({ type: "asset", fileName: "verify.html", source: page });
  },
};

export default defineConfig({
  publicDir: false,
  plugins: [sentences, onePage],
  define: { __VERSION__: JSON.stringify(version) },
  build: {
    outDir: here("../src/vestige/vault/dist"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    rollupOptions: {
      input: here("src/verify/main.ts"),
      output: { format: "iife", entryFileNames: "verify.js" },
    },
  },
});
