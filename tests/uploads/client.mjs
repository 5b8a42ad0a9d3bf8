// Sends a file with tus-js-client as a program in Node uses it: the line may be cut, the server may be killed; it goes on by itself.
// node client.mjs ENDPOINT FILE AUTHORIZATION METADATA(JSON) CHUNK ("0": the whole in one request) URL ("" at first). Prints what became of it.
import { createReadStream, statSync } from "node:fs";
import { Upload } from "../../ui/node_modules/tus-js-client/lib.esm/node/index.js";

const [endpoint, path, authorization, words, chunk, url] = process.argv.slice(2);
let retries = 0;
let outcome = null;
const upload = new Upload(createReadStream(path), {
  endpoint,
  uploadUrl: url || null,
  uploadSize: statSync(path).size,
  chunkSize: Number(chunk) || Infinity,
  retryDelays: Array(200).fill(50),
  headers: authorization ? { Authorization: authorization } : {},
  metadata: JSON.parse(words),
  onShouldRetry: () => ++retries < 200,
  onAfterResponse: (_, answer) => {
    outcome = answer.getHeader("Vestige-Outcome") ?? outcome;
  },
  onError: (error) => {
    console.log(JSON.stringify({ error: String(error), status: error.originalResponse?.getStatus() ?? 0, url: upload.url }));
    process.exit(1);
  },
  onSuccess: () => {
    console.log(JSON.stringify({ retries, outcome: outcome && JSON.parse(outcome), url: upload.url }));
  },
});
upload.start();
