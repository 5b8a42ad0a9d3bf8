/** One script for both: the page, and the worker that is made from it. */
import { open } from "./page";
import { serve } from "./work";

if (typeof document === "undefined") {
  serve();
} else {
  open(document.currentScript?.textContent ?? "");
}
