"use strict";
// The map: each variant over natural images, and one of them large, with a lasso.
(() => {
  let started = false;
  const [variant, axes, category] = ["map-variant", "map-axes", "map-class"].map(SG.at);
  const NATURAL = "natural-train";

  const start = () => {
    if (started) return;
    started = true;
    const script = SG.make("script", { src: "data/map.js" });
    script.onload = show;
    document.head.append(script);
  };
  const points = (source, of = SG.map.sources[source], gap = axes.value === "gap") => {
    const only = category.value === "" ? null : Number(category.value);
    return of.class.map((number, place) => ({ value: gap ? [of.along[place], of.across[place]] : [of.x[place], of.y[place]], number, cell: of.cell?.[place], source }))
      .filter((point) => only == null || point.number === only);
  };
  const hover = (params) => {
    const { number, cell, source, prompt } = params.data;
    if (number == null) return "";
    return SG.make("div", {}, cell == null ? null : SG.thumb(SG.make("div", { style: "width:96px;height:96px;background-color:#eee" }), number, source, cell, 96),
      SG.make("div", { textContent: `${SG.className(number)} · ${prompt ? "prompt of " : ""}${source}` }));
  };

  // Where thousands of points lie one over another, they are drawn smaller.
  const crowded = () => SG.map.images / Object.keys(SG.map.sources).length > 1500;
  const multiples = () => {
    const names = SG.study.variants.map((each) => each.name).filter((name) => SG.map.sources[name]);
    const width = SG.at("multiples").clientWidth || 800;
    const across = Math.max(1, Math.min(names.length, Math.floor(width / 165)));
    const size = width / across;
    const lines = Math.ceil(names.length / across);
    const ends = ["x", "y"].map((axis) => {
      const all = Object.values(SG.map.sources).flatMap((of) => of[axis]);
      const [low, high] = all.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
      return { min: low, max: high };
    });
    const dots = (source) => { const of = SG.map.sources[source]; return of ? of.x.map((x, place) => [x, of.y[place]]) : []; };
    const chart = SG.chart("multiples", lines * 220);
    const [dot, opacity] = crowded() ? [2, 0.45] : [3, 1];
    const bare = { axisLabel: { show: false }, axisTick: { show: false }, splitLine: { show: false }, axisLine: { onZero: false, lineStyle: { color: "#d9dde1" } } };
    chart.setOption({
      animation: false,
      title: names.map((name, place) => ({ text: name.length > size / 9 ? `${name.slice(0, size / 9 - 1)}…` : name, left: (place % across) * size + 8, top: Math.floor(place / across) * 220, textStyle: { fontSize: 13, color: "#1d2329" } })),
      grid: names.map((name, place) => ({ left: (place % across) * size + 8, top: Math.floor(place / across) * 220 + 22, width: size - 18, height: 184 })),
      xAxis: names.map((name, place) => ({ gridIndex: place, type: "value", ...ends[0], ...bare })),
      yAxis: names.map((name, place) => ({ gridIndex: place, type: "value", ...ends[1], ...bare })),
      series: names.flatMap((name, place) => [
        { type: "scatter", xAxisIndex: place, yAxisIndex: place, data: dots(NATURAL), symbolSize: dot, itemStyle: { color: "#b7bec5" }, silent: true, large: true },
        { type: "scatter", xAxisIndex: place, yAxisIndex: place, data: dots(name), symbolSize: dot, itemStyle: { color: "#0b5cad", opacity }, silent: true, large: true }]),
    }, true);
    chart.getZr().off("click");
    chart.getZr().on("click", (event) => {
      const chosen = names[Math.floor(event.offsetY / 220) * across + Math.floor(event.offsetX / size)];
      if (chosen) { variant.value = chosen; large(); }
    });
  };

  const large = () => {
    const gap = axes.value === "gap";
    const prompts = gap && SG.map.prompts[variant.value];
    const box = SG.chart("canvas", Math.min(620, Math.max(360, SG.at("canvas").clientWidth * 0.62)));
    const title = (text, share) => (share == null ? text : `${text}, ${(100 * share).toFixed(0)} % of the variance`);
    const dot = crowded() && category.value === "" ? 3.5 : 5;
    const drawn = [SG.map.sources[NATURAL] ? points(NATURAL) : [], points(variant.value)];
    SG.at("map-share").textContent = gap ? "a part" : `${(100 * (SG.map.shares[0] + SG.map.shares[1])).toFixed(0)} %`;
    box.off("brushselected");
    box.setOption({
      animation: false,
      grid: { left: 50, right: 16, top: 44, bottom: 46 }, legend: { top: 4, left: 0 },
      toolbox: { right: 4, top: 0, feature: { brush: { type: ["polygon", "clear"], title: { polygon: "lasso", clear: "clear" } } } },
      brush: { toolbox: ["polygon", "clear"], xAxisIndex: 0, yAxisIndex: 0, throttleType: "debounce", throttleDelay: 200, outOfBrush: { colorAlpha: 0.25 } },
      tooltip: { trigger: "item", formatter: hover, confine: true, padding: 6 },
      dataZoom: [{ type: "inside", xAxisIndex: 0 }, { type: "inside", yAxisIndex: 0 }],
      xAxis: { type: "value", scale: true, name: gap ? "from the mean prompt to the mean image" : title("first axis", SG.map.shares[0]), nameLocation: "middle", nameGap: 26, splitLine: { show: false }, axisLine: { onZero: false } },
      yAxis: { type: "value", scale: true, name: gap ? "across that direction" : title("second axis", SG.map.shares[1]), nameLocation: "middle", nameGap: 36, splitLine: { show: false }, axisLine: { onZero: false } },
      series: [
        { name: "natural", type: "scatter", data: drawn[0], symbolSize: dot, itemStyle: { color: "#9aa4ad" } },
        { name: variant.value, type: "scatter", data: drawn[1], symbolSize: dot, itemStyle: { color: "#0b5cad", opacity: 0.7 } },
        ...(prompts ? [{ name: "prompts", type: "scatter", symbol: "triangle", symbolSize: 9, itemStyle: { color: "#b3400a" },
          data: points(variant.value, prompts, true).map((point) => ({ ...point, prompt: true })) }] : []),
      ],
    }, true);
    box.on("brushselected", (event) => {
      lassoed(event.batch[0].selected.slice(0, 2).flatMap((one) => one.dataIndex.map((place) => drawn[one.seriesIndex][place])));
    });
    lassoed(null);
  };
  SG.lassoed = (found) => lassoed(found);
  const MOST = 60;
  const lassoed = (found) => {
    SG.at("map-count").textContent = !found?.length ? `${SG.map.images.toLocaleString("en")} of ${SG.map.of.toLocaleString("en")} projected images are on the map: of each class and source as many, or all that there are.`
      : `${found.length.toLocaleString("en")} images in the lasso${found.length > MOST ? `; ${MOST} of them, evenly drawn, are shown` : ""}.`;
    const step = Math.max(1, (found?.length || 0) / MOST);
    const shown = Array.from({ length: Math.min(MOST, found?.length || 0) }, (_, place) => found[Math.floor(place * step)]);
    SG.at("lassoed").replaceChildren(...shown.map((point) => {
      const text = `${SG.className(point.number)}, ${point.source}`;
      const button = SG.make("button", { type: "button", title: text, "aria-label": text });
      button.addEventListener("click", () => SG.openClass(point.number, point.source === NATURAL ? variant.value : point.source));
      return SG.thumb(button, point.number, point.source, point.cell, matchMedia("(max-width: 52rem)").matches ? 72 : 96);
    }));
  };

  const show = () => {
    const known = SG.study.variants.map((each) => each.name).filter((name) => SG.map.sources[name]);
    SG.options(variant, known.map((name) => [name, name]), SG.state.get("map") || known[0]);
    SG.options(category, [["", "all classes"], ...SG.study.classes.map((each, place) => [String(place), `${each[1]} (${each[0]})`])], "");
    if (!Object.keys(SG.map.prompts).length) axes.querySelector("[value=gap]").remove();
    multiples();
    large();
    variant.addEventListener("change", () => { SG.remember({ map: variant.value }); large(); });
    [axes, category].forEach((select) => select.addEventListener("change", large));
    let width = innerWidth;
    addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; multiples(); } });
  };
  // Drawn when it comes near the screen: first paint does not wait for it.
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && start(), { rootMargin: "600px" }).observe(SG.at("map"));
})();
