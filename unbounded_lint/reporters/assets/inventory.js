"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const BOX = 208, GAP = 32, LINE = 15, PAD = 8, SPACE = 12, TOP = 22, CHARS = 28, MOST = 6;
  const data = JSON.parse(document.getElementById("data").textContent);
  const table = document.querySelector("table.all");
  const rows = data.map((item, number) => ({ item, body: document.getElementById(`c${number}`), number }));
  for (const row of rows) row.text = [row.item.symbol, row.item.at, row.item.verdict, row.item.by, row.item.kind,
    row.item.owner, row.item.keys, ...row.item.reports.map((report) => report.code)].join(" ").toLowerCase();

  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text) element.textContent = text;
    if (className) element.className = className;
    return element;
  };

  // --- what is shown: of what matches the first so many, since a browser takes seconds for thousands of rows ---

  const search = document.getElementById("search"), show = document.getElementById("show");
  const boxes = [...document.querySelectorAll("#verdicts input")];
  const count = document.getElementById("count"), nothing = document.getElementById("nothing");
  const more = document.getElementById("more"), page = Number(table.dataset.page);
  const matches = { all: () => true, open: (item) => item.open, bounded: (item) => !item.open,
    reported: (item) => item.reported };
  let limit = page, visible = new Set(rows.slice(0, page));
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const found = rows.filter((row) => chosen.has(row.item.verdict) && matches[show.value](row.item)
      && words.every((word) => row.text.includes(word)));
    const shown = new Set(found.slice(0, limit)), ordered = document.createDocumentFragment();
    for (const row of visible) if (!shown.has(row)) row.body.hidden = true;
    for (const row of shown) {
      row.body.hidden = false;
      ordered.append(row.body);
    }
    table.append(ordered);
    visible = shown;
    count.textContent = `${found.length} of ${rows.length} match`
      + (shown.size < found.length ? `, the first ${shown.size} are shown` : "");
    nothing.hidden = found.length > 0;
    more.hidden = shown.size === found.length;
  };
  const restart = () => {
    limit = page;
    update();
  };
  search.addEventListener("input", restart);
  show.addEventListener("change", restart);
  for (const box of boxes) box.addEventListener("change", restart);
  more.querySelector("button.next").addEventListener("click", () => {
    limit += page;
    update();
  });
  more.querySelector("button.every").addEventListener("click", () => {
    limit = rows.length;
    update();
  });

  const compare = (a, b) => (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0);
  const sortBy = (head) => {
    const key = head.dataset.key;
    const current = head.getAttribute("aria-sort");
    const down = current ? current === "ascending" : head.dataset.first === "descending";
    for (const other of table.querySelectorAll("thead th")) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    rows.sort((a, b) => sign * compare(a.item.sort[key], b.item.sort[key]) || a.number - b.number);
    restart();
  };
  for (const head of table.querySelectorAll("thead th")) {
    head.querySelector("button").addEventListener("click", () => sortBy(head));
  }
  update();

  // --- the life of one container ---

  const cut = (text, atStart, room = CHARS) => {
    const chars = [...text];
    if (chars.length <= room) return text;
    return atStart ? `\u2026${chars.slice(1 - room).join("")}` : `${chars.slice(0, room - 1).join("")}\u2026`;
  };
  // A name is cut to one line, of which the end tells most; a sentence goes on in the next.
  const wrapped = (text) => {
    if (text.startsWith("> ")) return [`> ${cut(text.slice(2), true, CHARS - 2)}`];
    if (!text.includes(" ")) return [cut(text, true)];
    const lines = [""];
    for (const word of text.split(" ")) {
      const last = lines[lines.length - 1];
      if (!last) lines[lines.length - 1] = word;
      else if (last.length + word.length < CHARS) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines.map((line) => cut(line, false));
  };
  const draw = (parent, name, attributes, text) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text) element.textContent = text;
    parent.append(element);
    return element;
  };
  // An empty step stands for what is left out.
  const chain = (way) => way.drawn.map((step) => `> ${step || "\u2026"}`);
  const named = (way) => `${way.words}${way.timer ? ` (${way.timer})` : ""}`;
  const some = (list, what) => (list.length <= MOST ? list
    : [...list.slice(0, MOST - 1), { more: `${list.length - MOST + 1} more ${what}` }]);

  // A box has lines of text, the first of which is its title; `to` is the box that an arrow leads to.
  const boxesOf = (item) => {
    const core = { lines: [item.symbol.split(":").pop(), item.kind], className: "core", column: 2 };
    const all = [core];
    for (const insert of some(item.inserts, "inserts")) {
      const box = insert.more ? { lines: [insert.more] } : { lines: [insert.function, insert.at,
        ...(insert.grows ? [`keys: ${insert.keys}`] : ["does not make it grow"])] };
      all.push({ ...box, column: 1, to: core, className: insert.grows || insert.more ? "" : "none" });
      const target = all[all.length - 1];
      for (const way of (insert.ways || []).slice(0, 2)) {
        all.push({ lines: [named(way), ...chain(way)], column: 0, to: target });
      }
    }
    if (!item.removals.length) all.push({ lines: ["nothing takes entries out"], column: 3, from: core,
      className: item.open ? "bad none" : "none" });
    for (const removal of some(item.removals, "removals")) {
      const box = removal.more ? { lines: [removal.more] } : { lines: [removal.function, removal.at, removal.does] };
      const works = removal.more || removal.works;
      all.push({ ...box, column: 3, from: core, className: !works ? "bad none" : removal.sure ? "good" : "" });
      const target = all[all.length - 1];
      if (removal.more) continue;
      const way = removal.ways[0] || { drawn: [], words: "", timer: "" };
      all.push({ lines: [removal.when, way.timer,
        ...chain(way)], column: 4, to: target, className: works ? "" : "bad none" });
    }
    return all;
  };

  const place = (boxes) => {
    const used = [0, 0, 0, 0, 0];
    for (const box of boxes) {
      box.full = box.lines.filter(Boolean);
      box.drawn = box.full.flatMap((line, index) => wrapped(line).map((text) => ({ text, soft: index > 0 })));
      box.height = box.drawn.length * LINE + PAD * 1.5;
      box.x = box.column * (BOX + GAP);
      // What leads to a box stands beside it, where there is room.
      const y = box.to && box.column !== 1 ? Math.max(used[box.column], box.to.y) : used[box.column];
      box.y = y;
      used[box.column] = y + box.height + SPACE;
      if (box.column === 0) used[1] = Math.max(used[1], used[0]);
      if (box.column === 4) used[3] = Math.max(used[3], used[4]);
    }
    const heights = [Math.max(used[0], used[1]), used[2], Math.max(used[3], used[4])], height = Math.max(...heights);
    for (const box of boxes) box.y += TOP + (height - heights[[0, 0, 1, 2, 2][box.column]]) / 2;
    return height + TOP;
  };

  const arrow = (svg, from, to, className, id) => {
    const right = from.x < to.x;
    const x1 = right ? from.x + BOX : from.x, x2 = right ? to.x - 3 : to.x + BOX + 3;
    const y1 = from.y + from.height / 2, y2 = to.y + to.height / 2, bend = (x1 + x2) / 2;
    draw(svg, "path", { class: `flow ${className}`, d: `M${x1} ${y1} C${bend} ${y1} ${bend} ${y2} ${x2} ${y2}`,
      "marker-end": `url(#${id})` });
  };

  const summary = (item) => {
    const grows = item.inserts.filter((insert) => insert.grows).length;
    const works = item.removals.filter((removal) => removal.works).length;
    return `${item.symbol}: ${grows} of ${item.inserts.length} inserts make it grow, ${works} of ${item.removals.length} `
      + `removals run while the program is at work; bounded by: ${item.by}. The lists below say the same in words.`;
  };

  const diagram = (item, number) => {
    const boxes = boxesOf(item), height = place(boxes), width = 5 * BOX + 4 * GAP, id = `tip${number}`;
    const frame = make("div", "", "diagram");
    frame.tabIndex = 0;
    frame.setAttribute("role", "group");
    frame.setAttribute("aria-label", "Diagram, can be scrolled sideways");
    const svg = draw(frame, "svg", { viewBox: `-2 0 ${width + 4} ${height}`, role: "img", "aria-label": summary(item) });
    const marker = draw(draw(svg, "defs", {}), "marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7,
      markerHeight: 7, orient: "auto" });
    draw(marker, "path", { class: "tip", d: "M0 0 L8 4 L0 8 z" });
    ["what leads to an insert", "inserts", "container", "removals", "when they run"].forEach((head, column) =>
      draw(svg, "text", { class: "head", x: column * (BOX + GAP), y: 12 }, head));
    for (const box of boxes) {
      const dashed = (box.className || "").includes("none") ? "none" : "";
      if (box.to) arrow(svg, box, box.to, dashed, id);
      if (box.from) arrow(svg, box.from, box, dashed, id);
    }
    for (const box of boxes) {
      const group = draw(svg, "g", {});
      draw(group, "title", {}, box.full.join("\n"));
      draw(group, "rect", { class: `box ${box.className || ""}`, x: box.x, y: box.y, width: BOX, height: box.height, rx: 6 });
      box.drawn.forEach((line, index) => draw(group, "text", { class: line.soft ? "soft" : "", x: box.x + PAD,
        y: box.y + PAD + 8 + index * LINE }, line.text));
    }
    return frame;
  };

  const list = (title, entries) => {
    const section = make("section");
    section.append(make("h2", title));
    if (!entries.length) section.append(make("p", "none"));
    const items = make("ul");
    for (const [text, below, className] of entries) {
      const entry = make("li", text, className);
      if (below && below.length) {
        const inner = make("ul");
        for (const line of below) inner.append(make("li", line));
        entry.append(inner);
      }
      items.append(entry);
    }
    if (entries.length) section.append(items);
    return section;
  };
  const told = (way, last) => (way.told.length
    ? `${named(way)}: ${[...way.told.map((step) => step || "\u2026"), last].join(" \u2192 ")}` : named(way));

  const detail = (item, number) => {
    const cell = make("td");
    cell.colSpan = table.querySelectorAll("thead th").length;
    cell.append(diagram(item, number));
    const facts = make("div", "", "facts");
    facts.append(
      list("Findings", item.reports.map((report) => [`${report.code} ${report.name}, ${report.probability}: `
        + `${report.message}${report.hidden ? ` (not shown by check: ${report.hidden})` : ""}`,
        report.advice ? [`help: ${report.advice}`] : []])),
      list("Inserts", item.inserts.map((insert) => [`${insert.function} at ${insert.at}`
        + insert.about,
        insert.ways.map((way) => told(way, insert.function))])),
      list("Removals", item.removals.map((removal) => [`${removal.function} at ${removal.at} ${removal.does}, ${removal.when}`,
        removal.ways.map((way) => told(way, removal.function)), removal.works ? "" : "found"])),
      list("What is known", [[`it lasts ${item.lasts}`], [`bounded by: ${item.by}`], ...item.reasons.map((reason) => [reason]),
        ...item.declared.map((words) => [`declared ${words}`])]),
      list("What was weighed", item.weights.map((weight) => [`${weight.weight > 0 ? "+" : "\u2212"}`
        + `${Math.abs(weight.weight).toFixed(2)} ${weight.words}`, [], weight.weight > 0 ? "up" : "down"])),
    );
    if (item.remedies.length) facts.append(list("To silence it", item.remedies.map((remedy) =>
      [`${remedy.comment} at ${item.at}, ${remedy.where}`])));
    cell.append(facts);
    return cell;
  };

  table.addEventListener("click", (event) => {
    const button = event.target.closest("button.toggle");
    if (!button) return;
    const body = button.closest("tbody"), opened = button.getAttribute("aria-expanded") === "true";
    let row = body.querySelector("tr.detail");
    if (!row) {
      const number = Number(body.id.slice(1));
      row = make("tr", "", "detail");
      row.id = `d${number}`;
      row.append(detail(data[number], number));
      body.append(row);
      button.setAttribute("aria-controls", row.id);
    }
    row.hidden = opened;
    button.setAttribute("aria-expanded", String(!opened));
  });
})();
