declare module "@uswds/uswds/js/*" {
  const behavior: { on(target: HTMLElement): void; off(target: HTMLElement): void };
  export default behavior;
}
