"use strict";
(() => {
  const table = document.getElementById("rows");
  const chunks = [...table.tBodies];
  const perChunk = chunks[0].rows.length;
  const heads = [...table.tHead.rows[0].cells];
  const columns = new Map(heads.map((head, index) => [head.dataset.key, index]));
  const rows = chunks.flatMap((chunk) => [...chunk.rows]).map((tr, place) => ({ tr, place, cells: tr.cells, needs: tr.classList.contains("needs"), texts: [], lists: [], keys: [], hay: null }));
  const listed = rows.slice();

  const search = document.getElementById("search");
  const needing = document.getElementById("needing");
  const sort = document.getElementById("sort");
  const filters = [...document.querySelectorAll("select.filter")];
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const number = new Intl.NumberFormat("en");
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  const isNarrow = matchMedia("(max-width: 62rem)");

  // The person's own values are one in all their spellings, as in the numbers above the table.
  const own = new Set(heads.filter((head) => "own" in head.dataset).map((head) => head.cellIndex));
  const unseen = /^[\s\u200b-\u200d\u2060]+|[\s\u200b-\u200d\u2060]+$/g;
  const same = (value, index) =>
    own.has(index) ? value.replace(unseen, "").replace(/\s+/g, " ").toUpperCase().toLowerCase() : value.trim();

  // A column of many values holds a list; what is picked is a row that has one of them.
  const many = new Set(heads.filter((head) => "many" in head.dataset).map((head) => head.cellIndex));
  const none = [""];
  const values = (row, index) => {
    if (row.lists[index] === undefined) {
      const items = many.has(index)
        ? [...row.cells[index].querySelectorAll("li")].map((item) => item.textContent.trim())
        : [same(text(row, index), index)];
      row.lists[index] = items.length > 0 ? items : none;
    }
    return row.lists[index];
  };
  const text = (row, index) => (row.texts[index] ??= row.cells[index].textContent.trim());
  const hay = (row) => (row.hay ??= heads.map((_, index) => text(row, index)).join("\n").toLowerCase());

  // Filters: which rows are there to see.
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = filters
      .filter((select) => select.value !== "")
      .map((select) => [columns.get(select.dataset.key), select.value.slice(1)]);
    let count = 0;
    const counts = chunks.map(() => 0);
    const fitting = rows.map((row, place) => {
      const fits =
        (needing.value === "" || row.needs === (needing.value === "1")) &&
        wanted.every(([index, value]) => values(row, index).includes(value)) &&
        words.every((word) => hay(row).includes(word));
      count += fits;
      counts[Math.floor(place / perChunk)] += fits;
      return fits;
    });
    // The browser leaves out chunks that are out of sight: about so high would they be.
    const height = isNarrow.matches ? 190 : 76;
    chunks.forEach((chunk, at) => {
      chunk.hidden = counts[at] === 0;
      chunk.style.containIntrinsicSize = `none ${counts[at] * height}px`;
      // In a hidden chunk rows may stay as they are: to hide thousands one by one takes long.
      if (chunk.hidden) return;
      const from = at * perChunk;
      rows.slice(from, from + perChunk).forEach(({ tr }, place) => {
        if (tr.hidden === fitting[from + place]) tr.hidden = !tr.hidden;
      });
    });
    const all = number.format(rows.length);
    shown.textContent = count === rows.length ? `${all} rows` : `${number.format(count)} of ${all} rows`;
    nothing.hidden = count > 0;
  };

  // An option is known by "=" and its value, so that the empty one is still there for "all". It shows it as first written.
  const fill = (select) => {
    const index = columns.get(select.dataset.key);
    const counts = new Map();
    for (const row of rows) {
      for (const value of values(row, index)) {
        const counted = counts.get(value);
        if (counted) counted.rows += 1;
        else counts.set(value, { rows: 1, written: own.has(index) ? text(row, index).replace(unseen, "") : value });
      }
    }
    const options = [...counts].sort((one, other) => collator.compare(one[0], other[0]));
    const made = document.createDocumentFragment();
    for (const [value, { rows: count, written }] of options) {
      const label = written.length > 60 ? `${written.slice(0, 60)}…` : written;
      // An isolate keeps right-to-left text from moving the number.
      made.append(new Option(`\u2068${label || "(empty)"}\u2069 (${number.format(count)})`, `=${value}`));
    }
    select.append(made);
    select.disabled = counts.size < 2;
  };

  // Sorting: an order of the rows, the one in which they are listed breaks ties. Numbers in a text count as numbers, and
  // neither case nor accents count. Such keys are compared many times faster than a collator compares texts.
  const marks = /\p{M}/gu;
  const spelled = (value) =>
    value.slice(0, 300).normalize("NFKD").replace(marks, "").toUpperCase().toLowerCase().replace(/\d+/g, (digits) => digits.padStart(20, "0"));
  const key = (row, index) => (row.keys[index] ??= spelled(row.cells[index].dataset.v ?? text(row, index)));
  const order = (index, down) => {
    if (index === undefined) {
      rows.splice(0, rows.length, ...listed);
    } else {
      const way = down ? -1 : 1;
      rows.sort((one, other) => {
        const a = key(one, index);
        const b = key(other, index);
        if (a === b) return one.place - other.place;
        // What is empty comes last, whichever way.
        if (a === "" || b === "") return a === "" ? 1 : -1;
        return a < b ? -way : way;
      });
    }
    chunks.forEach((chunk, at) => {
      chunk.append(...rows.slice(at * perChunk, (at + 1) * perChunk).map((row) => row.tr));
    });
    apply();
    heads.forEach((head, at) => {
      if (at === index) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    sort.value = index === undefined ? "" : `${index}${down ? "d" : "u"}`;
  };

  heads.forEach((head, index) => {
    const label = head.textContent;
    for (const [suffix, way] of [["u", "up"], ["d", "down"]]) {
      sort.append(new Option(`\u2068${label}\u2069, ${way}`, `${index}${suffix}`));
    }
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => order(index, head.getAttribute("aria-sort") === "ascending"));
    head.append(button);
  });
  sort.addEventListener("change", () => {
    order(sort.value === "" ? undefined : Number.parseInt(sort.value, 10), sort.value.endsWith("d"));
  });

  // Opening: the row's inert text, which may still be on its way, becomes its last cell.
  const open = (cell, line) => {
    const inert = document.getElementById(`row-${line}`);
    if (inert) {
      cell.innerHTML = inert.textContent;
    } else {
      cell.textContent = "Still loading …";
      document.addEventListener("DOMContentLoaded", () => open(cell, line), { once: true });
    }
  };
  const toggle = (tr) => {
    const button = tr.querySelector("button.open");
    const line = tr.cells[0].textContent;
    let cell = tr.querySelector(":scope > td.detail");
    if (!cell) {
      cell = document.createElement("td");
      cell.className = "detail";
      cell.id = `detail-${line}`;
      cell.colSpan = heads.length;
      cell.setAttribute("role", "cell");
      open(cell, line);
      cell.hidden = true;
      tr.append(cell);
      button.setAttribute("aria-controls", cell.id);
    }
    cell.hidden = !cell.hidden;
    button.setAttribute("aria-expanded", String(!cell.hidden));
  };
  table.addEventListener("click", (event) => {
    const tr = event.target.closest("tbody tr");
    if (!tr || event.target.closest("td.detail")) return;
    const onButton = event.target.closest("button.open");
    if (onButton || document.getSelection().isCollapsed) toggle(tr);
  });

  const reset = () => {
    search.value = needing.value = "";
    for (const select of filters) select.value = "";
  };
  for (const button of document.querySelectorAll("button.reset")) {
    button.addEventListener("click", () => {
      reset();
      order(undefined, false);
      search.focus();
    });
  }
  for (const button of document.querySelectorAll("button.pick")) {
    button.addEventListener("click", () => {
      reset();
      needing.value = button.dataset.needing ?? "";
      const select = filters.find((filter) => filter.dataset.key === button.dataset.key);
      const value = `=${same(button.dataset.value, columns.get(button.dataset.key))}`;
      select.value = value;
      // Counted above, but not among the rows that this page shows.
      if (select.value !== value) select.append(new Option(`\u2068${button.dataset.value}\u2069 (0)`, value, false, true));
      apply();
      const heading = document.getElementById("table");
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    });
  }

  filters.forEach(fill);
  search.addEventListener("input", apply);
  for (const select of [needing, ...filters]) select.addEventListener("change", apply);
  document.querySelector(".controls").hidden = false;
  document.documentElement.classList.add("ready");
  apply();
  performance.mark("ready");
})();
