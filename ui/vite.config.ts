import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The fonts and icons of USWDS, the code of Svelte and tus-js-client and the outlines of world-atlas travel with their licences. */
const licences: Plugin = {
  name: "licences",
  generateBundle() {
    for (const [fileName, source] of [
      ["licences/uswds.md", "node_modules/@uswds/uswds/LICENSE.md"],
      ["licences/svelte.md", "node_modules/svelte/LICENSE.md"],
      ["licences/world-atlas.txt", "node_modules/world-atlas/LICENSE"],
      ["licences/tus-js-client.md", "node_modules/tus-js-client/LICENSE"],
      ["licences/js-base64.md", "node_modules/js-base64/LICENSE.md"],
      ["licences/url-parse.md", "node_modules/url-parse/LICENSE"],
      ["licences/requires-port.md", "node_modules/requires-port/LICENSE"],
      ["licences/querystringify.md", "node_modules/querystringify/LICENSE"],
    ] as const) {
      this.emitFile({ type: "asset", fileName, source: readFileSync(here(source), "utf8") });
    }
  },
};

export default defineConfig({
  base: "/static/dist/",
  publicDir: false,
  plugins: [svelte(), licences],
  css: {
    preprocessorOptions: {
      scss: { loadPaths: [here("node_modules/@uswds/uswds/packages")], quietDeps: true },
    },
  },
  build: {
    outDir: here("../src/vestige/web/static/dist"),
    emptyOutDir: true,
    manifest: "manifest.json",
    // No data: URLs: the content security policy lets pages load from their own origin only.
    assetsInlineLimit: 0,
    // Module preload would need nothing more than the browser does by itself here.
    modulePreload: { polyfill: false },
    target: "es2022",
    chunkSizeWarningLimit: 800, // the outlines of the world, loaded when they are looked at
    rollupOptions: {
      input: { base: here("src/base.ts"), map: here("src/map.ts"), player: here("src/player.ts"), upload: here("src/upload.ts") },
    },
  },
});
