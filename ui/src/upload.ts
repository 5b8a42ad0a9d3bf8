import { mount } from "svelte";
import Upload from "./upload/Upload.svelte";

for (const target of document.querySelectorAll<HTMLElement>("[data-island=upload]")) {
  const data = document.getElementById(target.dataset["offer"] ?? "");
  if (data?.textContent) {
    target.replaceChildren();
    mount(Upload, { target, props: { offer: JSON.parse(data.textContent) } });
  }
}
