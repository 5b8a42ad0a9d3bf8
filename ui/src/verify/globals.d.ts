declare const __VERSION__: string;

declare module "virtual:sentences" {
  /** A sentence for each event type, from `src/vestige/disclosure/sentences.py`. */
  export const SENTENCES: { readonly [type: string]: string };
}
