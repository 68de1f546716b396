"use strict";
(() => {
  const table = document.getElementById("rows");
  const chunks = [...table.tBodies];
  const perChunk = chunks[0].rows.length;
  const heads = [...table.tHead.rows[0].cells];
  const columns = new Map(heads.map((head, index) => [head.dataset.key, index]));
  const rows = chunks.flatMap((chunk) => [...chunk.rows]).map((tr, place) => ({ tr, place, cells: tr.cells, turn: ["owner", "admin"].find((who) => tr.classList.contains(who)) ?? "nobody", texts: [], lists: [], keys: [], hay: null }));
  const listed = rows.slice();

  const search = document.getElementById("search");
  const needing = document.getElementById("needing");
  const sort = document.getElementById("sort");
  const filters = [...document.querySelectorAll("select.filter")];
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const said = table.dataset;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  const fill = (pattern, ...values) => values.reduce((text, value) => text.replace("{}", value), pattern);
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

  // What is searched: the cells, and of what the row opens to all but the names of things. That is set apart only where the
  // word stands in it at all.
  const cells = (row) => (row.hay ??= heads.map((_, index) => text(row, index)).join("\n").toLowerCase());
  const names = /<(h3|dt|summary|strong)\b[^>]*>.*?<\/\1>|&#34;\w+&#34;: |<[^>]*>/gs;
  const inert = (row) => document.getElementById(`row-${row.cells[0].textContent}`)?.textContent.toLowerCase() ?? "";
  const unescaped = (html) => html.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
  const escaped = (word) => word.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const holds = (row, word) =>
    cells(row).includes(word) ||
    (inert(row).includes(escaped(word)) && (row.inside ??= unescaped(inert(row).replace(names, " "))).includes(word));

  const isTurn = {
    "": () => true,
    1: (row) => row.turn !== "nobody",
    0: (row) => row.turn === "nobody",
    owner: (row) => row.turn === "owner",
    admin: (row) => row.turn === "admin",
  };

  // Filters: which rows are there to see. As listed, the first of those whose turn it is has a heading over it.
  let isListed = true;
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = filters
      .filter((select) => select.value !== "")
      .map((select) => [columns.get(select.dataset.key), select.value.slice(1)]);
    let count = 0;
    let turn = null;
    const counts = chunks.map(() => 0);
    const fitting = rows.map((row, place) => {
      const fits =
        isTurn[needing.value](row) &&
        wanted.every(([index, value]) => values(row, index).includes(value)) &&
        words.every((word) => holds(row, word));
      count += fits;
      counts[Math.floor(place / perChunk)] += fits;
      const heading = fits && isListed && row.turn !== turn ? said[row.turn] : undefined;
      if (fits) turn = row.turn;
      if (row.heading !== heading) {
        row.heading = heading;
        if (heading) row.tr.dataset.heading = heading;
        else delete row.tr.dataset.heading;
      }
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
    shown.textContent = count === rows.length ? fill(said.all, all) : fill(said.some, number.format(count), all);
    nothing.hidden = count > 0;
  };

  // An option is known by "=" and its value, so that the empty one is still there for "all". It shows it as first written.
  const offer = (select) => {
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
      made.append(new Option(`\u2068${label || said.empty}\u2069 (${number.format(count)})`, `=${value}`));
    }
    select.append(made);
    select.parentElement.hidden = counts.size < 2;
  };

  // Sorting: an order of the rows, the one in which they are listed breaks ties. Numbers in a text count as numbers, and
  // neither case nor accents count. Such keys are compared many times faster than a collator compares texts.
  const marks = /\p{M}/gu;
  const spelled = (value) =>
    value.slice(0, 300).normalize("NFKD").replace(marks, "").toUpperCase().toLowerCase().replace(/\d+/g, (digits) => digits.padStart(20, "0"));
  const key = (row, index) => (row.keys[index] ??= spelled(row.cells[index].dataset.v ?? text(row, index)));
  const order = (index, down) => {
    isListed = index === undefined;
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
    for (const [suffix, way] of [["u", said.up], ["d", said.down]]) {
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
      cell.textContent = said.loading;
      document.addEventListener("DOMContentLoaded", () => open(cell, line), { once: true });
    }
  };
  const detail = (tr) => tr.querySelector(":scope > td.detail");
  const make = (tr) => {
    const line = tr.cells[0].textContent;
    const cell = document.createElement("td");
    cell.className = "detail";
    cell.id = `detail-${line}`;
    cell.colSpan = heads.length;
    cell.setAttribute("role", "cell");
    open(cell, line);
    cell.hidden = true;
    tr.append(cell);
    tr.querySelector("button.open").setAttribute("aria-controls", cell.id);
    return cell;
  };
  const toggle = (tr) => {
    const button = tr.querySelector("button.open");
    const cell = detail(tr) ?? make(tr);
    cell.hidden = !cell.hidden;
    button.setAttribute("aria-expanded", String(!cell.hidden));
  };
  table.addEventListener("click", (event) => {
    const tr = event.target.closest("tbody tr");
    if (!tr || event.target.closest("td.detail, a")) return;
    const onButton = event.target.closest("button.open");
    if (onButton || document.getSelection().isCollapsed) toggle(tr);
  });

  // On paper there is nothing to open: what the table has no room for is printed below its row.
  addEventListener("beforeprint", () => {
    for (const tr of table.querySelectorAll("tr.long:not([hidden])")) {
      const cell = detail(tr) ?? make(tr);
      if (!cell.hidden) continue;
      cell.hidden = false;
      cell.classList.add("printed");
    }
  });
  addEventListener("afterprint", () => {
    for (const cell of table.querySelectorAll("td.printed")) {
      cell.hidden = true;
      cell.classList.remove("printed");
    }
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
      order(undefined, false);
      const heading = document.getElementById("table");
      heading.scrollIntoView();
      heading.focus({ preventScroll: true });
    });
  }

  filters.forEach(offer);
  search.addEventListener("input", apply);
  for (const select of [needing, ...filters]) select.addEventListener("change", apply);
  const controls = document.querySelector(".controls");
  controls.hidden = false;
  const unfold = () => {
    controls.open = !isNarrow.matches;
  };
  isNarrow.addEventListener("change", unfold);
  unfold();
  document.documentElement.classList.add("ready");
  apply();
  performance.mark("ready");
})();
