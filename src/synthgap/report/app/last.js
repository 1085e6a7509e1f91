"use strict";
// Links within the page keep what is chosen in the address.
document.querySelectorAll("nav a").forEach((anchor) => anchor.addEventListener("click", (event) => {
  event.preventDefault();
  document.querySelector(anchor.getAttribute("href")).scrollIntoView();
}));
document.querySelectorAll("a.open-class").forEach((anchor) => anchor.addEventListener("click", (event) => {
  event.preventDefault();
  SG.state = new URLSearchParams(anchor.getAttribute("href").slice(1));
  SG.openFromAddress();
}));
if (SG.study.small.includes("natural-train")) document.querySelectorAll(".strip img").forEach((image) => { image.style.imageRendering = "pixelated"; });
document.querySelectorAll("table.sortable").forEach(SG.sortable);
document.querySelectorAll("#all table").forEach((table) => {
  if (table.tHead) SG.sortable(table);
});
document.querySelectorAll("button.copy").forEach((button) => button.addEventListener("click", () => {
  const text = SG.at(button.dataset.of).textContent;
  navigator.clipboard?.writeText(text).then(() => { button.textContent = "Copied"; }, () => {});
}));
SG.at("times").tBodies[0].append(...(SG.times || []).map((cells) =>
  SG.make("tr", {}, ...cells.map((textContent) => SG.make("td", { textContent })))));
SG.at("times-box").hidden = !SG.times?.length;
