"use strict";
// One class: its pictures beside natural ones, its numbers among those of all classes, what to try.
(() => {
  const box = SG.at("class-view");
  const VIEWS = [["drawn", "as drawn"], ["typical", "most typical"], ["far", "farthest from natural"], ["taken", "taken by another class"]];
  let shown = null;

  const rowOf = (number, variant) => {
    const place = SG.study.variants.findIndex((each) => each.name === variant);
    return SG.rows.find((row) => row[0] === number && row[1] === place);
  };
  const link = (number, variant) => SG.make("a", { href: `#class=${encodeURIComponent(SG.study.classes[number][0])}&variant=${encodeURIComponent(variant)}`,
    textContent: SG.className(number), dir: "auto", onclick: (event) => { event.preventDefault(); SG.openClass(number, variant); } });

  const said = (number, data, source, cell) => {
    const { rows, prompts } = data.sources[source];
    const nearest = rows.nearest[cell];
    const parts = [`${source}, image ${rows.index[cell]}`];
    if (rows.prompt[cell] != null) parts.push(`prompt: ${prompts[rows.prompt[cell]]}`);
    if (rows.seed[cell] != null) parts.push(`seed ${rows.seed[cell]}`);
    parts.push(nearest === number ? "nearest to its own class" : `nearest to ${SG.className(nearest)}`);
    parts.push(`${SG.number(rows.natural[cell])} from the natural mean`);
    return parts.join(" · ");
  };
  const pictures = (number, data, source, view, tell) => {
    const cells = data.sources[source].views[view] || data.sources[source].views.drawn;
    if (!cells.length) return SG.make("p", { className: "note", textContent: "None." });
    const size = matchMedia("(max-width: 52rem)").matches ? 72 : 96;
    return SG.make("div", { className: "grid" }, ...cells.map((cell) => {
      const text = said(number, data, source, cell);
      const taken = data.sources[source].rows.nearest[cell] !== number;
      const button = SG.make("button", { type: "button", title: text, "aria-label": text, "aria-pressed": "false", className: taken ? "taken" : "" });
      button.addEventListener("click", () => {
        box.querySelectorAll("[aria-pressed=true]").forEach((each) => each.setAttribute("aria-pressed", "false"));
        button.setAttribute("aria-pressed", "true");
        tell(text);
      });
      return SG.thumb(button, number, source, cell, size);
    }));
  };

  const counts = ({ images, taken }) => SG.make("p", { className: "note", textContent: `${images.toLocaleString("en")} images, ${taken.toLocaleString("en")} nearest to another class` });

  // A tick a class, and a thick one where this class is.
  const among = (title, place, variant, number, hint) => {
    const which = SG.study.variants.findIndex((each) => each.name === variant);
    const all = SG.rows.filter((row) => row[1] === which && row[place] != null);
    const own = rowOf(number, variant)?.[place];
    if (own == null) return null;
    const values = all.map((row) => row[place]);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const x = (value) => (high > low ? 3 + (294 * (value - low)) / (high - low) : 150);
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 300 26");
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const tick = (value, width, colour, top) => {
      const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
      for (const [name, set] of Object.entries({ x1: x(value), x2: x(value), y1: top, y2: 26 - top, stroke: colour, "stroke-width": width })) line.setAttribute(name, set);
      svg.append(line);
    };
    values.forEach((value) => tick(value, 1, "#aab2ba", 8));
    tick(own, 4, "#0b5cad", 2);
    const below = values.filter((value) => value < own).length;
    return SG.make("div", {}, SG.make("p", {}, `${title}: `, SG.make("b", { textContent: SG.number(own) }),
      ` (${below} of ${values.length} classes lower; ${hint})`), svg);
  };

  const verdicts = (data, variant) => SG.make("div", { className: "verdicts" }, ...SG.study.defects.map((defect) => {
    const found = data.verdicts[variant]?.[defect.cause];
    const state = found?.suffers == null ? "not measured" : found.suffers ? "yes" : "not decided";
    return SG.make("div", { className: `d-${defect.cause}${found?.suffers ? " has" : ""}` },
      SG.make("b", { textContent: `${defect.icon} ${defect.name}: ${state}` }),
      SG.make("p", { textContent: found?.reason || "", dir: "auto" }),
      found?.q_value != null ? SG.make("p", { className: "note", textContent: found.q_value < 0.001 ? "q < 0.001" : `q = ${SG.number(found.q_value)}` }) : null,
      found?.other_class != null ? SG.make("p", {}, "Taken by ", link(found.other_class, variant)) : null,
      found?.advice && !data.proposals[variant]?.[defect.cause] ? SG.make("p", {}, SG.make("b", { textContent: "Try: " }), found.advice) : null,
      ...(data.proposals[variant]?.[defect.cause] || []).flatMap(proposed));
  }));
  const proposed = ({ status, proposal, other_defects, prompt, fragment, command }) => [
    SG.make("p", { dir: "auto" }, SG.make("b", { textContent: "Try: " }), proposal, " ", SG.make("span", { className: "chip status", textContent: status })),
    status === "shown" ? SG.make("p", { className: "note", textContent: other_defects ? `There it is found to have: ${other_defects}` : "There it is found to have no other defect, either." }) : null,
    prompt ? SG.make("p", { className: "note", dir: "auto", textContent: `prompt: ${prompt}` }) : null,
    ...copied(fragment, "Copy what to add to the study file"), ...copied(command, "Copy the command"),
  ];
  const copied = (text, label) => {
    if (!text) return [];
    const button = SG.make("button", { type: "button", textContent: label });
    button.addEventListener("click", () => navigator.clipboard?.writeText(text).then(() => { button.textContent = "Copied"; }, () => {}));
    return [SG.make("pre", { tabIndex: 0, textContent: text }), SG.make("p", {}, button)];
  };

  const render = (number, variant, data) => {
    const view = SG.state.get("view") || "drawn";
    const [id, name, definition] = SG.study.classes[number];
    if (!data) {
      box.replaceChildren(SG.make("h2", { id: "class-title", textContent: name }), SG.make("p", { textContent: `classes/${number}.js is missing beside this page.` }));
      return;
    }
    const detail = SG.make("p", { className: "note", role: "status", dir: "auto", textContent: "Framed pictures are nearest to another class. Choose one to read its prompt, seed and nearest class." });
    const tell = (text) => { detail.textContent = text; };
    const variants = SG.make("select", { id: "view-variant" });
    SG.options(variants, SG.study.variants.map((each) => [each.name, each.name]), variant);
    variants.addEventListener("change", () => SG.openClass(number, variants.value));
    const views = SG.make("select", { id: "view-kind" });
    SG.options(views, data.full ? VIEWS : VIEWS.slice(0, 1), view);
    views.addEventListener("change", () => { SG.remember({ view: views.value === "drawn" ? "" : views.value }); render(number, variant, data); });
    const button = (text, label, act) => SG.make("button", { type: "button", textContent: text, "aria-label": label, onclick: act });
    const chosen = data.sources[variant];
    const natural = view === "taken" ? "taken" : view === "typical" ? "typical" : "drawn";
    const confused = chosen.confused.flatMap(([other, count]) => [" ", link(other, variant), ` (${count})`]);
    const parts = [
      SG.make("div", { className: "head" }, SG.make("h2", { id: "class-title", textContent: name, dir: "auto" }),
        SG.make("span", {}, button("←", "previous class", () => step(-1)), " ", button("→", "next class", () => step(1)), " ", button("Close", "close", () => box.close()))),
      SG.make("p", { className: "note", dir: "auto", textContent: [id, definition].filter(Boolean).join(": ") }),
      SG.make("p", { className: "controls" }, SG.make("label", {}, "variant ", variants), SG.make("label", {}, "show ", views), ...SG.chips(rowOf(number, variant)?.[2] || [])),
      SG.make("div", { className: "view" }, SG.make("div", {}, SG.make("div", { className: "pair" },
        SG.make("div", {}, SG.make("h3", { textContent: "natural" }), counts(data.sources["natural-train"]), pictures(number, data, "natural-train", natural, tell)),
        SG.make("div", {}, SG.make("h3", { textContent: variant, dir: "auto" }), counts(chosen), pictures(number, data, variant, view, tell))),
      detail,
      ...(data.full ? [] : [SG.make("p", { className: "note", textContent: "Of a study with many classes only the worst, and those that it names under report.classes, are shown with all views." })]),
      SG.make("p", {}, chosen.confused.length ? "Nearest to" : "No image is nearer to another class.", ...confused),
      SG.make("h3", { textContent: "Among all classes" }),
      SG.make("div", { className: "numbers" },
        among("centroid distance", 3, variant, number, "higher is more diverse"), among("centroid shift", 5, variant, number, "lower is closer to natural"),
        SG.study.accuracy ? among(SG.study.accuracy, 6, variant, number, "higher is better") : null,
        SG.study.accuracy ? among("minus natural’s", 7, variant, number, "below 0 is lost") : null)),
      SG.make("div", {}, SG.make("h3", { textContent: "Defects" }), verdicts(data, variant), SG.make("p", { className: "note", textContent: "Decided over all classes at a false-discovery rate of 5 %: q is below 0.05." }))),
    ];
    // What had the focus is replaced: without any, keys would not reach the dialog.
    const focused = box.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") || document.activeElement.id : null;
    box.replaceChildren(...parts.filter((part) => part != null));
    if (box.open) ([...box.querySelectorAll("button, select")].find((each) => focused && (each.getAttribute("aria-label") || each.id) === focused) || box.querySelector("button"))?.focus();
  };

  const step = (by) => {
    const order = SG.order();
    if (!order.length || !shown) return;
    const at = order.findIndex((row) => row.number === shown.number);
    const next = order[(at + by + order.length) % order.length];
    SG.openClass(next.number, at < 0 || next.variant === shown.variant ? next.variant : SG.state.get("in") ? shown.variant : next.variant);
  };
  SG.openClass = (number, variant) => {
    shown = { number, variant };
    SG.remember({ class: SG.study.classes[number][0], variant });
    SG.load(number, (data) => {
      if (shown?.number !== number || shown.variant !== variant) return;
      render(number, variant, data);
      if (!box.open) box.showModal();
      box.scrollTop = 0;
    });
  };
  SG.openFromAddress = () => {
    const number = SG.study.classes.findIndex((each) => each[0] === SG.state.get("class"));
    if (number < 0) return;
    const known = SG.study.variants.map((each) => each.name);
    SG.openClass(number, known.includes(SG.state.get("variant")) ? SG.state.get("variant") : known[0]);
  };
  box.addEventListener("close", () => { shown = null; SG.remember({ class: "", variant: "", view: "" }); });
  box.addEventListener("keydown", (event) => {
    if (event.target.tagName === "SELECT") return;
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
})();
