"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const show = (tab) => {
    for (const other of tabs) {
      const on = other === tab;
      other.setAttribute("aria-selected", on);
      other.tabIndex = on ? 0 : -1;
      by(other.getAttribute("aria-controls")).hidden = !on;
    }
  };
  for (const [i, tab] of tabs.entries()) {
    tab.addEventListener("click", () => show(tab));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(i + step + tabs.length) % tabs.length];
      show(next);
      next.focus();
    });
  }

  let ready = false, waiting = 0;
  const answer = () => {
    if (!ready) return;
    const start = performance.now();
    const got = JSON.parse(isvcAnswer(by("manifests").value));
    if (got.error) { by("said").textContent = got.error; return; }
    // The picture is made by html/template, which escapes what people wrote, and the policy of the page runs no
    // script but its own.
    by("picture").innerHTML = got.picture;
    for (const part of ["explanation", "objects", "findings"]) by(part).textContent = got[part];
    const findings = got.findings.trim().split("\n").length - 1;
    by("count").textContent = `(${findings})`;
    by("said").textContent = `${got.summary} (${Math.round(performance.now() - start)} ms)`;
  };
  const answerSoon = () => { clearTimeout(waiting); waiting = setTimeout(answer, 250); };
  by("manifests").addEventListener("input", answerSoon);

  const take = () => { by("manifests").value = by(by("sample").value).content.textContent.trim() + "\n"; answerSoon(); };
  by("sample").addEventListener("change", take);
  by("files").addEventListener("change", async (event) => {
    const texts = await Promise.all([...event.target.files].map((file) => file.text()));
    by("manifests").value = texts.join("\n---\n");
    answerSoon();
  });
  take();

  globalThis.isvcIsReady = () => { ready = true; answer(); };
  const start = async () => {
    const packed = Uint8Array.from(atob(by("program").content.textContent.trim()), (c) => c.charCodeAt(0));
    const program = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    const go = new Go();
    const { instance } = await WebAssembly.instantiate(program, go.importObject);
    await go.run(instance);
    ready = false;
    by("said").textContent = "The program has ended. Load the page again.";
  };
  start().catch((error) => { by("said").textContent = `The program cannot be started in this browser: ${error.message}`; });
})();
