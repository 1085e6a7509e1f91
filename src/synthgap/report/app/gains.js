"use strict";
// What helps in single classes: classes by variants, coloured by the gain.
(() => {
  const [part, kind, shown, search] = ["gains", "gains-kind", "gains-shown", "gains-search"].map(SG.at);
  const said = (cell, [variant, over], number) =>
    `${SG.className(number)}: ${variant} over ${over} ${SG.number(cell[0], 3, true)} [${SG.number(cell[1], 3, true)}, ${SG.number(cell[2], 3, true)}], `
    + `corrected chance ${cell[3] < 0.001 ? "below 0.001" : SG.number(cell[3])}${cell[4] ? ": found" : ""}`;

  const show = () => {
    const { columns, rows } = SG.gains[Number(kind.value)];
    const data = rows.map(([number, ...cells]) => ({
      number, cells, name: SG.className(number), text: SG.study.classes[number].join(" ").toLowerCase(),
      found: cells.filter((cell) => cell[4]).length,
      ...Object.fromEntries(cells.map((cell, place) => [`gain${place}`, cell[0]])) }));
    const largest = Math.max(0.001, ...rows.flatMap(([, ...cells]) => cells.map((cell) => Math.abs(cell[0]))));
    const narrow = part.clientWidth < 700;
    const coloured = (place) => (cell) => {
      const row = cell.getRow().getData();
      const found = row.cells[place];
      // By the root, so that small ones are told from nothing beside large ones.
      const strength = 0.5 * Math.sqrt(Math.abs(found[0]) / largest);
      return SG.make("button", {
        type: "button", className: found[4] ? "gain found" : "gain", textContent: SG.number(found[0], narrow ? 2 : 3, true),
        title: said(found, columns[place], row.number), style: `background:rgba(${found[0] >= 0 ? "11,92,173" : "179,64,10"},${strength.toFixed(3)})`,
        onclick: () => { SG.at("gains-said").textContent = said(found, columns[place], row.number); },
      });
    };
    const table = new Tabulator("#gains-table", {
      data, index: "number", layout: narrow ? "fitDataFill" : "fitColumns", height: Math.min(520, (narrow ? 110 : 76) + 35 * Math.max(3, data.length)), rowHeight: 34,
      columnDefaults: { vertAlign: "middle" }, placeholder: "No class fits.",
      columns: [
        { title: "class", field: "name", frozen: true, ...(narrow ? { width: 104 } : { minWidth: 130 }),
          formatter: (cell) => SG.make("button", { type: "button", className: "link", dir: "auto", textContent: cell.getValue(),
            onclick: () => SG.openClass(cell.getRow().getData().number, columns[0][0]) }) },
        ...columns.map(([variant], place) => ({ title: variant, field: `gain${place}`, sorter: "number", headerWordWrap: true, headerSortStartingDir: "desc",
          hozAlign: "right", headerHozAlign: "right", formatter: coloured(place), ...(narrow ? { width: 100 } : { minWidth: 100 }) })),
      ],
    });
    const filter = () => table.setFilter((row) => (shown.value === "all" || row.found > 0) && row.text.includes(search.value.trim().toLowerCase()));
    shown.onchange = filter;
    search.oninput = filter;
    table.on("tableBuilt", () => { SG.reachable("gains-table"); filter(); });
  };

  // Its data are read when it is opened: of many classes they are many.
  part.addEventListener("toggle", () => {
    if (!part.open || SG.gains) return;
    const script = SG.make("script", { src: "data/gains.js" });
    script.onload = () => {
      SG.options(kind, SG.gains.map((each, place) => [String(place), each.name]), "0");
      kind.addEventListener("change", show);
      show();
    };
    document.head.append(script);
  });
})();
