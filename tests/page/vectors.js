// What `verifier/vectors/README.md` says, in a browser: contents and files, given to the worker that the page makes of its own script.
(() => {
  const utf8 = new TextEncoder();

  function joined(parts) {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  function repeated(part, times) {
    const whole = new Uint8Array(part.length * times);
    if (part.length === 1) return whole.fill(part[0]);
    for (let at = 0; at < whole.length; at += part.length) whole.set(part, at);
    return whole;
  }

  function content(value, base = new Uint8Array()) {
    if (typeof value === "string") return utf8.encode(value);
    if (Array.isArray(value)) return joined(value.map((part) => content(part)));
    if ("base64" in value) return Uint8Array.from(atob(value.base64), (sign) => sign.charCodeAt(0));
    if ("repeat" in value) return repeated(content(value.repeat), value.times);
    const parts = [];
    let at = 0;
    for (const [start, length, put] of value.splices) {
      parts.push(base.subarray(at, start), content(put));
      at = start + length;
    }
    return joined([...parts, base.subarray(at)]);
  }

  function folder(bases, one) {
    const made = new Map(Object.entries(bases[one.base].files).map(([path, value]) => [path, content(value)]));
    const empty = [];
    for (const [path, value] of Object.entries(one.files ?? {})) {
      if (value === null) made.delete(path);
      else if (value.folder) empty.push(path);
      else made.set(path, content(value, made.get(path)));
    }
    return { files: new Map([...made].map(([path, data]) => [path, new Blob([data])])), empty };
  }

  function anchor(bases, one) {
    const trust = "trust" in one ? one.trust : bases[one.base].trust;
    const keys = trust === null ? [] : trust.split("\n").filter((line) => line.startsWith("log "));
    return keys.length ? { key: keys.at(-1).slice(4) } : null;
  }

  globalThis.judged = async (bases, cases) => {
    const script = [...document.scripts].map((one) => one.textContent).sort((one, other) => other.length - one.length)[0];
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
    const answers = [];
    for (const one of cases) {
      const findings = await new Promise((found, failed) => {
        worker.onmessage = ({ data }) => "findings" in data && found(data.findings);
        worker.onerror = (event) => failed(new Error(`${one.name}: ${event.message}`));
        worker.postMessage({ folder: folder(bases, one), anchor: anchor(bases, one) });
      });
      const { reason = null, step = null, file = null } = findings.fault ?? {};
      answers.push({ verdict: findings.fault ? "refused" : "verified", step, file, reason });
    }
    worker.terminate();
    return answers;
  };
})();
