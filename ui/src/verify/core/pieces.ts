/** Reading a large canonical JSON document piece by piece, in memory that does not grow with it. */
import { decodeAt, Unfinished, type Json } from "./canonical";
import { VerificationError } from "./errors";
import type { Bytes } from "./bytes";
import { running, type Running } from "./hashing";

const LARGEST_VALUE = 16 * 2 ** 20; // characters of one value; far above any honest event

/** The text of a document, of which the outermost form is known and each value inside is read whole. */
export class Pieces {
  private readonly decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  private text = "";
  private at = 0;
  private ended = false;

  private constructor(
    private readonly blocks: AsyncGenerator<Bytes>,
    private readonly digest: Running,
  ) {}

  static async of(blocks: AsyncGenerator<Bytes>): Promise<Pieces> {
    return new Pieces(blocks, await running());
  }

  /** Goes past these characters, which must come next. */
  async expect(literal: string): Promise<void> {
    if (!(await this.skip(literal))) throw new VerificationError(`the JSON is not in its one canonical form: ${literal} is missing`);
  }

  /** Goes past these characters if they come next. */
  async skip(literal: string): Promise<boolean> {
    while (this.text.length - this.at < literal.length && (await this.more()));
    if (!this.text.startsWith(literal, this.at)) return false;
    this.at += literal.length;
    return true;
  }

  /** Goes past one whole value and gives it; refuses one of more than 16 Mi characters. */
  async value(): Promise<Json> {
    for (;;) {
      let found: [Json, number] | null = null;
      try {
        found = decodeAt(this.text, this.at);
      } catch (fault) {
        if (!(fault instanceof Unfinished) || !(await this.grow())) throw fault;
        continue;
      }
      if (found[1] < this.text.length || !(await this.grow())) {
        this.at = found[1]; // else a number at the end of what was read may go on
        return found[0];
      }
    }
  }

  /** Refuses anything that follows, and a document of another SHA-256 (hex). */
  async finish(sha256: string): Promise<void> {
    if (this.at < this.text.length || (await this.more())) throw new VerificationError("there is more after the end of the JSON");
    if (this.digest.hex() !== sha256) throw new VerificationError("the file changed while it was checked");
  }

  /** Reads as much again as is there, so that a value in many blocks is not tried once for each. */
  private async grow(): Promise<boolean> {
    const before = this.text.length - this.at;
    if (before > LARGEST_VALUE) throw new VerificationError("the JSON holds a value that is too large, or that does not end");
    while ((await this.more()) && this.text.length < Math.max(2 * before, 1));
    return this.text.length - this.at > before;
  }

  /** Reads a block and forgets what was gone past; false at the end. */
  private async more(): Promise<boolean> {
    if (this.ended) return false;
    const { value, done } = await this.blocks.next();
    this.ended = done === true;
    if (value) this.digest.update(value);
    try {
      this.text = this.text.slice(this.at) + this.decoder.decode(value ?? new Uint8Array(), { stream: !this.ended });
    } catch {
      throw new VerificationError("the JSON is not Unicode text in UTF-8");
    }
    this.at = 0;
    return !this.ended;
  }
}
