"use strict";
// Tables of numbers sort by a click on a heading, by their first number or else by their text.
SG.sortable = (table) => {
  const key = (cell) => {
    const text = (cell?.firstChild?.textContent ?? "").trim();
    const number = Number.parseFloat(text.replace(/^[[+]+/, "").replace("−", "-").replace(/(\d),(?=\d{3})/g, "$1"));
    return Number.isNaN(number) ? text : number;
  };
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, place) => {
    heading.tabIndex = 0;
    heading.setAttribute("aria-sort", "none");
    const sort = () => {
      const down = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      headings.forEach((other) => other.setAttribute("aria-sort", "none"));
      heading.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
      for (const body of table.tBodies) {
        // What spans the table, such as the name of a family, would say nothing of other rows.
        const rows = [...body.rows].filter((row) => row.cells.length === headings.length);
        rows.sort((a, b) => {
          const [one, other] = [key(a.cells[place]), key(b.cells[place])];
          if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
          return down * (typeof one === "number" ? one - other : one.localeCompare(other));
        });
        [...body.rows].filter((row) => row.cells.length !== headings.length).forEach((row) => row.remove());
        body.append(...rows);
      }
    };
    heading.addEventListener("click", sort);
    heading.addEventListener("keydown", (event) => event.key === "Enter" && sort());
  });
};
// Of Tabulator's tables: a grid may hold nothing but rows; rows are reached by their names, and headings by the keyboard too.
SG.reachable = (id) => {
  const box = SG.at(id);
  box.querySelector(".tabulator-tableholder").removeAttribute("tabindex");
  box.querySelectorAll(".tabulator-col.tabulator-sortable").forEach((heading) => {
    heading.tabIndex = 0;
    heading.addEventListener("keydown", (event) => event.key === "Enter" && heading.click());
  });
};
