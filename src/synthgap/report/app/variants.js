"use strict";
// Sources against each other: a measure of one's choice, paired differences, curves against guidance.
(() => {
  const [measure, encoder, one, other] = ["measure", "encoder", "one", "other"].map(SG.at);
  const names = SG.study.variants.map((variant) => variant.name);
  const all = () => SG.study.encoders.find((each) => each.name === encoder.value);
  const axis = { nameLocation: "middle", nameGap: 28, scale: true, splitLine: { lineStyle: { color: "#e4e7ea" } } };

  // A line from one end of an interval to the other, with caps.
  const whisker = (params, api) => {
    const [from, to] = [api.coord([api.value(1), api.value(0)]), api.coord([api.value(2), api.value(0)])];
    const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: "#1d2329", lineWidth: 1.5 } });
    return { type: "group", children: [
      line(from[0], from[1], to[0], to[1]),
      line(from[0], from[1] - 4, from[0], from[1] + 4), line(to[0], to[1] - 4, to[0], to[1] + 4)] };
  };

  const dots = () => {
    const chosen = all().measures.find((each) => each.key === measure.value);
    const sources = Object.keys(all().values).filter((source) => all().values[source][chosen.key]);
    const rows = sources.map((source) => all().values[source][chosen.key]);
    const decimals = SG.decimals(rows.flat());
    const natural = all().values["natural-train"]?.[chosen.key];
    SG.at("measure-text").textContent = chosen.text;
    SG.at("dots").setAttribute("aria-label", `${chosen.name}: ` + sources.map((source, place) =>
      `${source} ${SG.number(rows[place][0], decimals)}`).join(", "));
    const narrow = SG.at("dots").clientWidth < 520;
    SG.chart("dots", 70 + 30 * sources.length).setOption({
      animation: false,
      grid: { left: 8, right: narrow ? 70 : 190, top: 8, bottom: 44, containLabel: true },
      xAxis: { type: "value", name: chosen.name, ...axis },
      yAxis: { type: "category", data: sources, inverse: true, axisTick: { show: false },
        axisLabel: { color: "#1d2329", width: narrow ? 90 : 220, overflow: "truncate" } },
      series: [
        { type: "scatter", symbolSize: 10, data: rows.map((row, place) => ({ value: [row[0], place],
            itemStyle: { color: sources[place].startsWith("natural-") ? "#7b858f" : "#0b5cad" } })),
          label: { show: true, position: "right", distance: 14, align: "left", color: "#1d2329",
            formatter: (point) => narrow || rows[point.dataIndex][1] == null ? SG.number(rows[point.dataIndex][0], decimals)
              : `${SG.number(rows[point.dataIndex][0], decimals)} [${SG.number(rows[point.dataIndex][1], decimals)}, ${SG.number(rows[point.dataIndex][2], decimals)}]` },
          labelLayout: { x: "100%", align: "right", verticalAlign: "middle" },
          markArea: natural && natural[1] != null ? { silent: true, itemStyle: { color: "#e4e7ea88" },
            data: [[{ xAxis: natural[1] }, { xAxis: natural[2] }]] } : undefined },
        { type: "custom", renderItem: whisker, silent: true, z: 1,
          encode: { x: [1, 2], y: 0 },
          data: rows.map((row, place) => [place, row[1], row[2]]).filter((row) => row[1] != null) },
      ],
    }, true);
    curves(chosen);
  };

  const pairs = () => {
    const found = new Map();
    for (const [key, source, second, value, low, high] of all().differences) {
      if (source === other.value && second === one.value) found.set(key, [value, low, high]);
      if (source === one.value && second === other.value) found.set(key, [-value, -high, -low]);
    }
    // What is decided stands first; both parts keep the order of the measures.
    const open = (each) => { const [, low, high] = found.get(each.key); return !(low > 0 || high < 0); };
    const known = all().measures.filter((each) => found.has(each.key));
    const rows = [...known.filter((each) => !open(each)), ...known.filter(open)].map((each) => {
      const [value, low, high] = found.get(each.key);
      const decimals = SG.decimals([value, low, high]);
      const decided = low > 0 || high < 0;
      const text = SG.number(value, decimals, true);
      return SG.make("tr", {}, SG.make("td", { textContent: each.name, title: each.text }),
        SG.make("td", {}, decided ? SG.make("b", { textContent: text }) : text),
        SG.make("td", { textContent: `[${SG.number(low, decimals, true)}, ${SG.number(high, decimals, true)}]`, className: "interval" }),
        SG.make("td", { textContent: decided ? (value > 0 ? "higher" : "lower") : "not decided" }));
    });
    const decided = known.filter((each) => !open(each)).length;
    SG.at("pairs-count").textContent = known.length ? `${decided} of ${known.length} measures differ beyond their interval.` : "";
    if (!rows.length) rows.push(SG.make("tr", {}, SG.make("td", { colSpan: 4, textContent: one.value === other.value ? "Choose two different sources." : "Nothing was measured of both." })));
    SG.at("pairs").tBodies[0].replaceChildren(...rows);
  };

  const curves = (chosen) => {
    const found = SG.study.sweeps || [];
    SG.at("curves-box").hidden = !found.length;
    if (!found.length) return;
    const natural = all().values["natural-train"]?.[chosen.key];
    SG.chart("curves", 320).setOption({
      animation: false, color: ["#0b5cad", "#b3400a", "#0a6b57", "#7a3e9d"],
      grid: { left: 60, right: 30, top: 34, bottom: 46 }, legend: { top: 0 },
      tooltip: { trigger: "item", renderMode: "richText" },
      xAxis: { type: "value", name: "guidance scale", ...axis }, yAxis: { type: "value", name: chosen.name, ...axis, nameGap: 44 },
      series: found.flatMap(([name, members], place) => {
        const points = members.filter(([source]) => all().values[source]?.[chosen.key])
          .map(([source, scale]) => [scale, ...all().values[source][chosen.key]]);
        return [
          { name, type: "line", symbolSize: 8, data: points.map((point) => [point[0], point[1]]),
            markLine: natural && place === 0 ? { silent: true, symbol: "none", lineStyle: { color: "#7b858f" },
              data: [{ yAxis: natural[0], label: { formatter: "natural", position: "insideEndTop" } }] } : undefined },
          { name, type: "custom", silent: true, data: points.filter((point) => point[2] != null).map((point) => [point[0], point[2], point[3]]),
            encode: { x: 0, y: [1, 2] },
            renderItem: (params, api) => {
              const [from, to] = [api.coord([api.value(0), api.value(1)]), api.coord([api.value(0), api.value(2)])];
              return { type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style: { stroke: api.visual("color"), lineWidth: 1.5 } };
            } }];
      }),
    }, true);
  };

  const measures = () => {
    const families = new Map();
    for (const each of all().measures) families.set(each.family, [...(families.get(each.family) || []), each]);
    const before = measure.value || SG.state.get("measure");
    measure.replaceChildren(...[...families].map(([family, members]) => SG.make("optgroup", { label: family },
      ...members.map((each) => SG.make("option", { value: each.key, textContent: each.name })))));
    const keys = all().measures.map((each) => each.key);
    measure.value = [before, "top1", "knn_accuracy", keys[0]].find((key) => keys.includes(key));
  };
  const show = () => { dots(); pairs(); };

  SG.options(encoder, SG.study.encoders.map((each) => [each.name, each.name]), SG.state.get("encoder") || SG.study.encoder);
  SG.at("encoder-label").hidden = SG.study.encoders.length < 2;
  measures();
  const sources = Object.keys(all().values);
  SG.options(one, sources.map((name) => [name, name]), names.at(-1));
  SG.options(other, sources.map((name) => [name, name]), names.length > 1 ? names[0] : "natural-train");
  measure.addEventListener("change", () => { SG.remember({ measure: measure.value }); dots(); });
  encoder.addEventListener("change", () => { SG.remember({ encoder: encoder.value }); measures(); show(); });
  [one, other].forEach((select) => select.addEventListener("change", pairs));
  show();
})();
