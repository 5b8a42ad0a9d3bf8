/** A part of the earth on a sheet of fixed size, in Mercator's projection: what the map shows, and where on it a place lies. */

export const WIDTH = 800;
export const HEIGHT = 450;
export const SMALLEST = 0.0005;
const HIGHEST = 84;
const METRES = 111_195;

/** A place: milliseconds UTC or null, latitude and longitude in degrees. */
export type Place = readonly [at: number | null, latitude: number, longitude: number];

/** The middle (x in degrees of longitude, y as Mercator has it, likewise in degrees) and the width in degrees. */
export interface View {
  x: number;
  y: number;
  span: number;
}

const flat = (latitude: number): number => {
  const within = Math.max(-HIGHEST, Math.min(HIGHEST, latitude));
  return (Math.log(Math.tan(Math.PI / 4 + (within * Math.PI) / 360)) * 180) / Math.PI;
};

const round = (y: number): number => (Math.atan(Math.exp((y * Math.PI) / 180)) * 360) / Math.PI - 90;

export const WORLD: View = { x: 0, y: 20, span: 360 };

/** Where on the sheet a place lies, from its upper left corner. */
export function put(view: View, latitude: number, longitude: number): [number, number] {
  const scale = WIDTH / view.span;
  return [WIDTH / 2 + (longitude - view.x) * scale, HEIGHT / 2 - (flat(latitude) - view.y) * scale];
}

/** Longitudes as one stretch: those beyond the 180th meridian go on counting. */
export function unrolled(places: readonly Place[]): Place[] {
  const first = places[0]?.[2] ?? 0;
  return places.map(([at, latitude, longitude]) => [at, latitude, longitude - 360 * Math.round((longitude - first) / 360)]);
}

/** The view that holds all places with a margin, never narrower than some streets. */
export function around(places: readonly Place[]): View {
  const xs = places.map((place) => place[2]);
  const ys = places.map((place) => flat(place[1]));
  const [west, east] = [Math.min(...xs), Math.max(...xs)];
  const [south, north] = [Math.min(...ys), Math.max(...ys)];
  const span = Math.max(east - west, ((north - south) * WIDTH) / HEIGHT) * 1.25;
  return { x: (west + east) / 2, y: (south + north) / 2, span: Math.min(360, Math.max(span, 0.004)) };
}

export function zoomed(view: View, by: number): View {
  return { ...view, span: Math.min(360, Math.max(SMALLEST, view.span * by)) };
}

/** Moved by parts of the sheet's width and height. */
export function moved(view: View, right: number, up: number): View {
  const y = view.y + (up * view.span * HEIGHT) / WIDTH;
  return { ...view, x: view.x + right * view.span, y: Math.max(-180, Math.min(180, y)) };
}

/** Metres that a pixel stands for in the middle of the sheet. */
export function metresPerPixel(view: View): number {
  return ((view.span * METRES) / WIDTH) * Math.cos((round(view.y) * Math.PI) / 180);
}

/** 1, 2 or 5 times a power of ten, the largest that is not above. */
export function nice(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return [5, 2, 1].map((one) => one * power).find((one) => one <= most) ?? power;
}

export interface Line {
  at: number;
  words: string;
}

/** Meridians and parallels at round degrees, where they cross the sheet, with their words. */
export function grid(view: View): { across: Line[]; up: Line[] } {
  const step = nice(view.span / 3);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const named = (value: number, plus: string, minus: string): string =>
    `${Math.abs(value).toFixed(digits)}° ${value > 1e-9 ? plus : value < -1e-9 ? minus : ""}`.trim();
  const high = (view.span * HEIGHT) / WIDTH / 2;
  const [south, north] = [round(view.y - high), round(view.y + high)];
  const up: Line[] = [];
  const across: Line[] = [];
  for (let k = Math.ceil((view.x - view.span / 2) / step); k * step < view.x + view.span / 2; k++) {
    const around = k * step - 360 * Math.round((k * step) / 360);
    up.push({ at: put(view, 0, k * step)[0], words: named(around, "E", "W") });
  }
  for (let k = Math.ceil(south / step); k * step < north; k++) {
    across.push({ at: put(view, k * step, 0)[1], words: named(k * step, "N", "S") });
  }
  return { across, up };
}

/** `250 m` or `2 km`. */
export function length(metres: number): string {
  return metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
}

/** The place at that time, of places in the order of time: the last before it. Null before the first and after the last. */
export function at(places: readonly Place[], time: number): Place | null {
  let found: Place | null = null;
  for (const place of places) {
    if (place[0] === null) {
      continue;
    }
    if (place[0] > time) {
      return found;
    }
    found = place;
  }
  return found && found[0] !== null && time - found[0] < 5000 ? found : null;
}
