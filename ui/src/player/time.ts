/** Times as people read them. */

/** `1:02:03.4` or `2:03.4` of seconds. */
export function offset(seconds: number): string {
  const tenths = Math.floor(seconds * 10 + 1e-6);
  const parts = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60, Math.floor(tenths / 10) % 60] as const;
  const tail = `${String(parts[2]).padStart(2, "0")}.${tenths % 10}`;
  return parts[0] ? `${parts[0]}:${String(parts[1]).padStart(2, "0")}:${tail}` : `${parts[1]}:${tail}`;
}

/** `1 minute 3 seconds`, for screen readers. */
export function spoken(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts: string[] = [];
  for (const [count, word] of [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ] as const) {
    if (count || (word === "second" && parts.length === 0)) {
      parts.push(`${count} ${word}${count === 1 ? "" : "s"}`);
    }
  }
  return parts.join(" ");
}

/** The wall clock of the recording, in the agency's time zone, written as the pages write it: `24 Nov 2026, 08:13:05 EST`. */
export function clock(milliseconds: number, zone: string): string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  const part = Object.fromEntries(format.formatToParts(milliseconds).map(({ type, value }) => [type, value]));
  return `${part["day"]} ${part["month"]} ${part["year"]}, ${part["hour"]}:${part["minute"]}:${part["second"]} ${part["timeZoneName"]}`;
}
