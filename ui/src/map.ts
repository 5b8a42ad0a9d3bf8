import { mount } from "svelte";
import Map from "./map/Map.svelte";
import type { Place } from "./map/view";

for (const target of document.querySelectorAll<HTMLElement>("[data-island=map]")) {
  const data = document.getElementById(target.dataset["places"] ?? "");
  const given = data?.textContent ? (JSON.parse(data.textContent) as { tracks: Place[][]; zone: string }) : null;
  if (given?.tracks.some((track) => track.length)) {
    target.replaceChildren();
    mount(Map, { target, props: { ...given, tracks: given.tracks.filter((track) => track.length) } });
  }
}
