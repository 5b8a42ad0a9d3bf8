/** Coasts and borders of the world (Natural Earth, public domain), out of the package world-atlas. Comes with this site; loaded when it is needed. */

interface Topology {
  arcs: [number, number][][];
  transform: { scale: [number, number]; translate: [number, number] };
}

const HALF = 180;

/** Lines of longitudes and latitudes in degrees. TopoJSON keeps each arc as steps of whole numbers. */
export async function outline(): Promise<[number, number][][]> {
  const { arcs, transform } = (await import("world-atlas/countries-50m.json")).default as unknown as Topology;
  const [scale, start] = [transform.scale, transform.translate];
  return arcs.flatMap((arc) => {
    let [x, y] = [0, 0];
    const lines: [number, number][][] = [[]];
    for (const [right, up] of arc) {
      if (Math.abs(right * scale[0]) > HALF) {
        lines.push([]); // over the 180th meridian: a new line on the other side
      }
      x += right;
      y += up;
      lines.at(-1)?.push([x * scale[0] + start[0], y * scale[1] + start[1]]);
    }
    return lines;
  });
}
