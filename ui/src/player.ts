import { mount } from "svelte";
import type { Stage } from "./player/api";
import Root from "./player/Root.svelte";

for (const target of document.querySelectorAll<HTMLElement>("[data-island=player]")) {
  const data = document.getElementById(target.dataset["stage"] ?? "");
  if (data?.textContent) {
    target.replaceChildren();
    mount(Root, { target, props: { stage: JSON.parse(data.textContent) as Stage } });
  }
}
