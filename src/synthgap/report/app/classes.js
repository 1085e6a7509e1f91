"use strict";
// The table of classes: searched, sorted, filtered, and opened by a row.
(() => {
  const [variant, defect, search] = ["class-variant", "class-defect", "class-search"].map(SG.at);
  const WORST = "worst of each class";
  const names = SG.study.variants.map((each) => each.name);
  const rows = SG.rows.map(([number, place, defects, distance, natural, shift, accuracy, difference], rank) => ({
    id: rank, number, rank, variant: names[place], defects, distance, natural, shift, accuracy, difference,
    count: defects.filter((each) => each === 1).length,
    classId: SG.study.classes[number][0], name: SG.study.classes[number][1],
    text: SG.study.classes[number].join(" ").toLowerCase(),
  }));
  // Rows come worst first, so the first of a class is its worst.
  const seen = new Set();
  for (const row of rows) { row.worst = !seen.has(row.number); seen.add(row.number); }

  // What was not measured is no absence of defects.
  const clean = (row) => row.count === 0 && row.defects.some((each) => each === 0);
  const fits = (row) =>
    (variant.value === WORST || row.variant === variant.value) &&
    (defect.value === "" || (defect.value === "none" ? clean(row) && (variant.value !== WORST || row.worst) : row.defects[Number(defect.value)] === 1)) &&
    row.text.includes(search.value.trim().toLowerCase());
  // Of each class the worst of the rows that fit: another variant may be the one with the defect that is looked for.
  const chosen = () => {
    const taken = new Set();
    return new Set(rows.filter((row) => {
      if (!fits(row) || (variant.value === WORST && taken.has(row.number))) return false;
      taken.add(row.number);
      return true;
    }).map((row) => row.id));
  };

  const pictures = (cell) => {
    const row = cell.getRow().getData();
    return SG.make("span", {},
      ...["natural-train", row.variant].map((source) => {
        const box = SG.make("span", { className: "thumb", title: source });
        return SG.thumb(box, row.number, source, 0, 44);
      }));
  };
  const number = (signed) => (cell) => SG.number(cell.getValue(), 3, signed);
  const safe = (text) => (/^[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/.test(text) ? `'${text}` : text);
  const narrow = SG.at("classes").clientWidth < 700;
  const numbers = (title, field, signed = false, tip = "") =>
    ({ title, field, formatter: number(signed), sorter: "number", sorterParams: { alignEmptyValues: "bottom" },
      hozAlign: "right", headerHozAlign: "right", width: 102, headerTooltip: tip, headerWordWrap: true });
  const [by, direction] = (SG.state.get("sort") || "rank,asc").split(",");
  const chips = (cell) => SG.make("span", {}, ...SG.chips(cell.getRow().getData().defects, narrow));
  const columns = [
    { title: "pictures", formatter: pictures, headerSort: false, width: 108, download: false },
    { title: "class", field: "name", ...(narrow ? { width: 132 } : { minWidth: 130 }), tooltip: (event, cell) => SG.study.classes[cell.getRow().getData().number].join(", "),
      formatter: (cell) => SG.make("button", { type: "button", className: "link", textContent: SG.className(cell.getRow().getData().number), dir: "auto" }),
      accessorDownload: safe },
    { title: "class_id", field: "classId", visible: false, download: true, accessorDownload: safe },
    { title: "variant", field: "variant", width: 130, formatter: (cell) => SG.make("span", { textContent: cell.getValue() }), accessorDownload: safe },
    { title: "defects", field: "rank", sorter: "number", width: narrow ? 118 : 328, variableHeight: true, formatter: chips,
      accessorDownload: (value, data) => SG.study.defects.filter((_, place) => data.defects[place] === 1).map((each) => each.name).join("; ") },
    numbers("centroid distance", "distance", false, "higher is more diverse"),
    numbers("natural’s distance", "natural"),
    numbers("centroid shift", "shift", false, "lower is closer to natural images"),
    ...(SG.study.accuracy ? [numbers(SG.study.accuracy, "accuracy"), numbers("minus natural’s", "difference", true)] : []),
  ];
  // On a narrow screen the first three columns are all that one sees.
  if (narrow) columns.splice(2, 0, ...columns.splice(columns.findIndex((column) => column.field === "rank"), 1));
  const table = new Tabulator("#class-table", {
    data: rows, columns, index: "id", layout: narrow ? "fitDataFill" : "fitColumns",
    height: Math.min(640, 70 + 55 * Math.max(3, SG.study.classes.length)), rowHeight: 54, columnDefaults: { vertAlign: "middle" },
    initialSort: columns.some((column) => column.field === by) ? [{ column: by, dir: direction === "desc" ? "desc" : "asc" }] : [],
    initialFilter: [], placeholder: "No class fits.",
  });
  const open = (row) => SG.openClass(row.number, row.variant);
  SG.order = () => table.getRows("active").map((row) => row.getData());
  const filter = () => {
    const ids = chosen();
    table.setFilter((row) => ids.has(row.id));
    const shown = table.getDataCount("active");
    SG.at("class-count").textContent = `${shown.toLocaleString("en")} shown`;
  };
  const changed = () => {
    SG.remember({ in: variant.value === WORST ? "" : variant.value, defect: defect.value, search: search.value });
    filter();
  };
  SG.options(variant, [WORST, ...names].map((name) => [name, name]), SG.state.get("in") || WORST);
  SG.options(defect, [["", "any or none"], ...SG.study.defects.map((each, place) => [String(place), `${each.icon} ${each.name}`]), ["none", "no defect"]],
    SG.state.get("defect") || "");
  search.value = SG.state.get("search") || "";
  [variant, defect].forEach((select) => select.addEventListener("change", changed));
  search.addEventListener("input", changed);
  SG.at("class-csv").addEventListener("click", () => table.download("csv", "classes.csv", { bom: true }, "all"));
  table.on("rowClick", (event, row) => open(row.getData()));
  table.on("dataSorted", (sorters) => {
    if (sorters.length) SG.remember({ sort: sorters[0].field === "rank" && sorters[0].dir === "asc" ? "" : `${sorters[0].field},${sorters[0].dir}` });
  });
  table.on("tableBuilt", () => {
    SG.reachable("class-table");
    filter();
    SG.tableReady = performance.now();
    SG.openFromAddress();
  });
})();
