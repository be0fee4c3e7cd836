"use strict";
// Everything is readable without this script. It shows what belongs together, opens what a link leads into, and
// finds services among many.
(() => {
  const opened = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    return element;
  };
  const target = () => {
    const element = location.hash && document.getElementById(location.hash.slice(1));
    if (element) opened(element).focus();
  };
  addEventListener("hashchange", target);

  // trace marks a node with everything that it comes from and that comes from it.
  const trace = (drawing, node) => {
    const lines = [...drawing.querySelectorAll("path")];
    const on = new Set([node.id]);
    const follow = (here, there) => {
      const seen = new Set([node.id]), todo = [node.id];
      for (const id of todo) for (const line of lines) {
        if (line.dataset[here] !== id) continue;
        line.classList.add("on");
        const next = line.dataset[there];
        if (!seen.has(next)) { seen.add(next); on.add(next); todo.push(next); }
      }
    };
    follow("from", "to");
    follow("to", "from");
    for (const other of drawing.querySelectorAll(".node")) other.classList.toggle("on", on.has(other.id));
    drawing.classList.add("traced");
  };
  const untrace = (drawing) => {
    drawing.classList.remove("traced");
    for (const on of drawing.querySelectorAll(".on")) on.classList.remove("on");
  };
  const drawingOf = (event) => {
    const node = event.target.closest && event.target.closest(".node");
    return node ? [node.closest(".drawing"), node] : [];
  };
  for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(leave, (event) => { const [drawing] = drawingOf(event); if (drawing) untrace(drawing); });
    document.addEventListener(enter, (event) => {
      const [drawing, node] = drawingOf(event);
      if (drawing) { untrace(drawing); trace(drawing, node); }
    });
  }
  // Arrows move among the nodes of a drawing, as Tab does one by one.
  document.addEventListener("keydown", (event) => {
    const [drawing, node] = drawingOf(event);
    if (!drawing) return;
    const columns = [...drawing.querySelectorAll(".column")].map((c) => [...c.querySelectorAll(".node")]);
    const x = columns.findIndex((c) => c.includes(node)), y = columns[x].indexOf(node);
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    const column = columns[x + step[0]] || [];
    const next = step[0]
      ? column.find((n) => drawing.querySelector(`path[data-from="${step[0] > 0 ? node.id : n.id}"][data-to="${step[0] > 0 ? n.id : node.id}"]`)) || column[Math.min(y, column.length - 1)]
      : column[y + step[1]];
    if (next) next.focus();
  });

  // The field and the button over many drawings; they may come with a picture that is drawn later.
  const graphs = () => [...document.querySelectorAll(".picture .graph")];
  document.addEventListener("input", (event) => {
    if (!event.target.matches(".picture .filter")) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const graph of graphs()) graph.hidden = !graph.textContent.toLowerCase().includes(wanted);
    event.target.closest(".find").querySelector("output").textContent =
      wanted ? `${graphs().filter((g) => !g.hidden).length} of ${graphs().length}` : "";
  });
  document.addEventListener("click", (event) => {
    if (!event.target.matches(".picture .all")) return;
    const open = event.target.textContent === "Open all";
    for (const graph of graphs()) graph.open = open;
    event.target.textContent = open ? "Close all" : "Open all";
  });
  target();
})();
