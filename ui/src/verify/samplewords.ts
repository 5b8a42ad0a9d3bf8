/** What the sample proofs prove, in plain words (package format, "Sample proofs"). */
import { clock, type Proven, type StreamFacts } from "./core/samples";

const MANY = { video: "pictures", audio: "pieces of sound", other: "pieces" };
const KINDS = { video: "picture", audio: "sound", other: "other data" };
const MOST_SPANS = 12;

/** What is proven: a sentence or two for each stream, and what else is to be said. */
export function samplesInWords(proven: Proven): string[] {
  const lines = proven.streams.map(streamInWords);
  if (proven.leftOut.length) {
    const named = (Object.keys(KINDS) as (keyof typeof KINDS)[])
      .map((kind) => [proven.leftOut.filter((one) => one === kind).length, KINDS[kind]] as const)
      .filter(([count]) => count > 0)
      .map(([count, kind]) => `${count} of ${kind}`);
    lines.push(`Streams of the original that are not in this file: ${named.join(", ")}.`);
  }
  if (proven.streams.length > 1 && proven.inStep) lines.push("Sound and picture lie against each other as in the original.");
  return lines;
}

/** What these proofs leave open. */
export function samplesLeaveOpen(proven: Proven): string[] {
  return proven.inStep === null ? ["Whether sound and picture lie against each other as in the original is not told by these proofs."] : [];
}

function streamInWords(stream: StreamFacts): string {
  const many = MANY[stream.kind];
  const whole = stream.identical + stream.stripped + stream.altered;
  const said = [`${count(stream.identical)} of ${count(whole)} ${many} are the original's own, unchanged.`];
  if (stream.stripped) said.push(`From ${count(stream.stripped)} more only notes beside the ${KINDS[stream.kind]} were removed.`);
  if (stream.altered) said.push(`${count(stream.altered)} are made anew${spans(stream.spans)}.`);
  said.push(`They stand for ${count(stream.last - stream.first)} of the original's ${count(stream.original)}, one after the other, and none is left out between.`);
  return said.join(" ");
}

function spans(all: [number, number][]): string {
  const named = all.slice(0, MOST_SPANS).map(([begins, ends]) => `${clock(begins)} to ${clock(ends)}`);
  const more = all.length - named.length;
  return named.length ? ` (${named.join(", ")}${more > 0 ? ` and ${more} more spans` : ""})` : "";
}

const count = (number: number): string => number.toLocaleString("en-US");
