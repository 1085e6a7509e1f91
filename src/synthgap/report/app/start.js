"use strict";
// The page's data, which the files in data/ and classes/ fill, and what several parts of the page use.
const SG = { class: [] };

// Text is never markup: names and prompts of a study may say anything.
SG.make = (tag, properties = {}, ...children) => {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "style" || name.startsWith("aria-")) made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child != null));
  return made;
};
SG.at = (id) => document.getElementById(id);

SG.number = (value, decimals = 3, signed = false) => {
  if (value == null) return "–";
  let text = value.toFixed(decimals);
  if (Number(text) === 0) text = text.replace("-", "");
  return (signed && value >= 0 ? "+" : "") + text.replace("-", "−");
};
// As many decimals as give the largest of some numbers three digits.
SG.decimals = (values) => {
  const largest = Math.max(0, ...values.filter((value) => value != null).map(Math.abs));
  return largest > 0 ? Math.max(0, 2 - Math.floor(Math.log10(largest))) : 3;
};

SG.options = (select, pairs, chosen) => {
  select.replaceChildren(...pairs.map(([value, text]) => SG.make("option", { value, textContent: text })));
  if (pairs.some(([value]) => value === chosen)) select.value = chosen;
};

// What is chosen stands behind the address's #, so that a link shows the same.
SG.state = new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");
SG.remember = (changes) => {
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === "") SG.state.delete(name);
    else SG.state.set(name, value);
  }
  const text = SG.state.toString();
  try {
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  } catch {
    location.hash = text;
  }
};

SG.sources = () => ["natural-train", ...SG.study.variants.map((variant) => variant.name)];
// Of classes with the same name, as two cranes, the id says which one is meant.
SG.className = (number) => {
  SG.named ??= SG.study.classes.reduce((seen, [, name]) => seen.set(name, (seen.get(name) || 0) + 1), new Map());
  const [id, name] = SG.study.classes[number];
  return SG.named.get(name) > 1 ? `${name} (${id})` : name;
};

// A picture of a class and source, which stands in its sprite of eight columns.
SG.thumb = (element, number, source, cell, size) => {
  const place = SG.sources().indexOf(source);
  element.style.backgroundImage = `url("classes/${number}-${place}.webp")`;
  element.style.backgroundSize = `${8 * size}px auto`;
  element.style.backgroundPosition = `${-(cell % 8) * size}px ${-Math.floor(cell / 8) * size}px`;
  if (SG.study.small.includes(source)) element.style.imageRendering = "pixelated";
  return element;
};

// Reads a file of a class; from disk a page may run scripts, but not fetch.
SG.load = (number, then) => {
  if (SG.class[number]) return then(SG.class[number]);
  const script = SG.make("script", { src: `classes/${number}.js` });
  script.onload = () => then(SG.class[number]);
  script.onerror = () => then(null);
  document.head.append(script);
};

SG.chips = (defects, short = false) =>
  SG.study.defects
    .filter((_, place) => defects[place] === 1)
    .map((defect) =>
      SG.make("span", { className: `chip d-${defect.cause}`, title: defect.name, role: "img", "aria-label": defect.name, textContent: short ? defect.icon : `${defect.icon} ${defect.name}` }));

SG.chart = (id, height) => {
  const box = SG.at(id);
  box.style.height = `${height}px`;
  const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { renderer: "canvas" });
  chart.resize();
  if (!box.dataset.watched) {
    box.dataset.watched = "yes";
    new ResizeObserver(() => chart.resize()).observe(box);
  }
  return chart;
};
document.documentElement.classList.add("scripted");
// Another address typed or pasted into the same window.
addEventListener("hashchange", () => {
  if (location.hash.includes("=") && location.hash.slice(1) !== SG.state.toString()) location.reload();
});
