/** Narrowing JSON values to what a format says; everything else is refused with the name of the value. */
import { unhex, type Bytes } from "./bytes";
import type { Json } from "./canonical";
import { VerificationError } from "./errors";

export type Record_ = { [key: string]: Json };

export function isObject(value: unknown): value is Record_ {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object with exactly these keys. */
export function record<K extends string>(value: Json | undefined, ...keys: K[]): { [key in K]: Json } {
  if (!isObject(value)) throw new VerificationError(`an object with the keys ${keys.join(", ")} is missing`);
  const there = Object.keys(value);
  const wrong = [...there.filter((key) => !(keys as string[]).includes(key)), ...keys.filter((key) => !there.includes(key))].sort()[0];
  if (wrong !== undefined) throw new VerificationError(`an object must have exactly the keys ${keys.join(", ")}; wrong: ${wrong.slice(0, 40)}`);
  return value as { [key in K]: Json };
}

export function array(value: Json, name: string): Json[] {
  if (!Array.isArray(value)) throw new VerificationError(`\`${name}\` is no list`);
  return value;
}

export function text(value: Json, name: string): string {
  if (typeof value !== "string") throw new VerificationError(`\`${name}\` is no text`);
  return value;
}

/** An integer from 0. */
export function natural(value: Json, name: string): number {
  if (typeof value !== "number" || value < 0) throw new VerificationError(`\`${name}\` is no whole number from 0`);
  return value;
}

export function boolean(value: Json, name: string): boolean {
  if (typeof value !== "boolean") throw new VerificationError(`\`${name}\` is neither true nor false`);
  return value;
}

/** A uuid, lower case with hyphens. */
export function uuid(value: Json, name: string): string {
  if (typeof value !== "string" || !/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) throw new VerificationError(`\`${name}\` is no uuid`);
  return value;
}

/** 32 bytes in lower-case hex. */
export function digest(value: Json, name: string): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw new VerificationError(`\`${name}\` is no SHA-256 in hex`);
  return value;
}

/** 16 bytes from lower-case hex. */
export function salt(value: Json): Bytes {
  if (typeof value !== "string" || !/^[0-9a-f]{32}$/.test(value)) throw new VerificationError("a salt is not 16 bytes in hex");
  return unhex(value);
}

export function oneOf<T extends string>(value: Json, name: string, ...allowed: T[]): T {
  if (typeof value !== "string" || !(allowed as string[]).includes(value)) throw new VerificationError(`\`${name}\` is none of: ${allowed.join(", ")}`);
  return value as T;
}
