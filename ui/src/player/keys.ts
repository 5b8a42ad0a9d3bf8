/** What the keyboard does while the focus is in the player. */

export interface Act {
  keys: string[];
  shown: string;
  words: string;
  name: "back" | "backLong" | "forward" | "forwardLong" | "frameBack" | "frameForward" | "full" | "mute" | "play" | "rotate" | "faster" | "slower";
}

export const ACTS: readonly Act[] = [
  { keys: ["k", " "], shown: "K, Space", words: "play or pause", name: "play" },
  { keys: ["ArrowLeft"], shown: "←", words: "5 seconds back", name: "back" },
  { keys: ["ArrowRight"], shown: "→", words: "5 seconds on", name: "forward" },
  { keys: ["j"], shown: "J", words: "30 seconds back", name: "backLong" },
  { keys: ["l"], shown: "L", words: "30 seconds on", name: "forwardLong" },
  { keys: [","], shown: ",", words: "one frame back", name: "frameBack" },
  { keys: ["."], shown: ".", words: "one frame on", name: "frameForward" },
  { keys: ["-"], shown: "-", words: "slower", name: "slower" },
  { keys: ["+", "="], shown: "+", words: "faster", name: "faster" },
  { keys: ["m"], shown: "M", words: "sound off or on", name: "mute" },
  { keys: ["r"], shown: "R", words: "turn by 90°", name: "rotate" },
  { keys: ["f"], shown: "F", words: "whole screen", name: "full" },
];

/** The act of a key press, if it is one: not while something is typed, chosen or pressed that uses the key itself. */
export function actOf(event: KeyboardEvent): Act | undefined {
  const target = event.target as HTMLElement;
  const slider = target instanceof HTMLInputElement && target.type === "range";
  if (event.ctrlKey || event.altKey || event.metaKey || target.closest("textarea, select, .purpose") || (target instanceof HTMLInputElement && !slider)) {
    return undefined;
  }
  if ((event.key === " " && target.closest("button, summary")) || (slider && event.key.startsWith("Arrow"))) {
    return undefined;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return ACTS.find((act) => act.keys.includes(key));
}
