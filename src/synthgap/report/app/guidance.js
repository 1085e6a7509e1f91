"use strict";
// Sweeps of the guidance scale: the curves and the frontier of a class of one's choice.
(() => {
  const [part, ofClass, ofSweep] = ["guidance", "guidance-class", "guidance-sweep"].map(SG.at);
  const axis = { nameLocation: "middle", nameGap: 26, scale: true, splitLine: { lineStyle: { color: "#e4e7ea" } } };
  const whisker = (params, api) => {
    const [from, to] = [api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)])];
    return { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: "#0b5cad", lineWidth: 1.5 } };
  };

  const curves = (sweep, rows) => {
    const narrow = SG.at("guidance-curves").clientWidth < 620;
    const across = narrow ? 1 : Math.min(3, sweep.measures.length);
    const deep = Math.ceil(sweep.measures.length / across);
    const log = rows.every(([scale]) => scale > 0);
    const box = (place) => ({ left: `${(100 / across) * (place % across) + (narrow ? 13 : 5)}%`, width: `${100 / across - (narrow ? 18 : 8)}%`,
      top: 34 + 210 * Math.floor(place / across), height: 130 });
    SG.chart("guidance-curves", 210 * deep + 10).setOption({
      animation: false, tooltip: { trigger: "item", renderMode: "richText" },
      title: sweep.measures.map(([, name], place) => ({ text: name, textStyle: { fontSize: 13, color: "#1d2329" }, left: box(place).left, top: box(place).top - 30 })),
      grid: sweep.measures.map((_, place) => box(place)),
      xAxis: sweep.measures.map((_, gridIndex) => ({ type: log ? "log" : "value", logBase: 2, gridIndex, name: "guidance scale", ...axis })),
      yAxis: sweep.measures.map((_, gridIndex) => ({ type: "value", gridIndex, ...axis, axisLabel: { formatter: (value) => String(Number(value.toPrecision(3))) } })),
      series: sweep.measures.flatMap(([, name], place) => {
        const points = rows.map((row) => [row[0], ...row[2 + place]]).filter((point) => point[1] != null);
        const where = { xAxisIndex: place, yAxisIndex: place };
        return [
          { ...where, name, type: "line", symbolSize: 7, itemStyle: { color: "#0b5cad" }, data: points.map((point) => [point[0], point[1]]) },
          { ...where, type: "custom", silent: true, renderItem: whisker, encode: { x: 0, y: [1, 2] },
            data: points.filter((point) => point[2] != null).map((point) => [point[0], point[2], point[3]]) }];
      }),
    }, true);
  };

  const frontier = (sweep, rows) => {
    const [up, right] = ["adherence", "centroid_distance"].map((key) => sweep.measures.findIndex((each) => each[0] === key));
    SG.at("guidance-frontier").hidden = up < 0 || right < 0;
    if (up < 0 || right < 0) return;
    const at = (row) => [row[2 + right][0], row[2 + up][0]];
    const best = rows.filter((row) => row[1]).map(at).sort((one, other) => one[0] - other[0]);
    SG.chart("guidance-frontier", 300).setOption({
      animation: false, tooltip: { trigger: "item", renderMode: "richText" },
      title: { text: "frontier: adherence against centroid distance, by guidance scale", textStyle: { fontSize: 13, color: "#1d2329", width: SG.at("guidance-frontier").clientWidth - 20, overflow: "break" } },
      grid: { left: 60, right: 30, top: 54, bottom: 44 },
      // High scales lie close together.
      xAxis: { type: rows.every((row) => at(row)[0] > 0) ? "log" : "value", logBase: 2, name: "centroid distance (further right: more diverse)", ...axis,
        axisLabel: { formatter: (value) => String(Number(value.toPrecision(2))) } },
      yAxis: { type: "value", name: "adherence", ...axis, nameGap: 44 },
      series: [
        { type: "line", symbol: "none", silent: true, lineStyle: { color: "#0b5cad" }, data: best },
        { type: "scatter", symbolSize: 9,
          data: rows.map((row) => ({ value: at(row), name: String(row[0]), itemStyle: { color: row[1] ? "#0b5cad" : "#7b858f" } })),
          label: { show: true, position: "top", color: "#1d2329", formatter: (point) => point.name } }],
    }, true);
  };

  const show = () => {
    const sweep = SG.guidance[Number(ofSweep.value)];
    const rows = sweep.classes[ofClass.value];
    const names = new Map(sweep.measures);
    const said = sweep.best.filter(([place]) => place === Number(ofClass.value)).map(([, key, scale]) => `${names.get(key)} chooses ${scale}`);
    SG.at("guidance-said").textContent = [...new Set(said)].join(", ");
    for (const id of ["guidance-curves", "guidance-frontier"]) {
      SG.at(id).setAttribute("aria-label", `${sweep.name}, ${ofClass.selectedOptions[0].textContent}: ` + rows.map((row) =>
        `at ${row[0]} ` + sweep.measures.map(([, name], place) => `${name} ${SG.number(row[2 + place][0])}`).join(", ")).join("; "));
    }
    curves(sweep, rows);
    frontier(sweep, rows);
  };
  const start = () => {
    SG.options(ofSweep, SG.guidance.map((sweep, place) => [String(place), sweep.name]), "0");
    SG.at("guidance-sweep-label").hidden = SG.guidance.length < 2;
    SG.options(ofClass, [["-1", "all classes"], ...SG.study.classes.map((_, number) => [String(number), SG.className(number)])], "-1");
    [ofClass, ofSweep].forEach((select) => select.addEventListener("change", show));
    show();
  };
  // Its data are read when it is opened: of many classes they are many.
  part.addEventListener("toggle", () => {
    if (!part.open || SG.guidance) return;
    const script = SG.make("script", { src: "data/guidance.js" });
    script.onload = start;
    document.head.append(script);
  });
})();
