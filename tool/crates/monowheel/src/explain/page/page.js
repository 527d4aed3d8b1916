"use strict";
const { report, tree, largest } = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") element.className = value;
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < 4) { value /= 1000; unit += 1; }
  return `${value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)} ${["kB", "MB", "GB", "TB", "PB"][unit]}`;
}

// ---- what it is ----
function facts() {
  const entry = report.entry.kind === "attr" ? `${report.entry.module}:${report.entry.attr}` : report.entry.path;
  const unpacked = tree.s;
  const rows = [
    ["Runs", [entry, ...report.args].join(" ")],
    ["Python", `CPython ${report.pythons}`],
    ...(report.interpreter ? [["Interpreter inside", `CPython ${report.interpreter.version}`]] : []),
    ["Platform", report.platform ?? "any"],
    ["Size", `${size(report.size)} (unpacked ${size(unpacked)})`],
    ["Packages", `${report.packages.length}, ${report.packages.filter((one) => one.native.length).length} with native code`],
    ["First-party files", String(report.code.files.length)],
    ...Object.entries(report.stamp ?? {}).map(([key, value]) => [`Stamp ${key}`, value]),
    ["SHA-256 of the file", report.sha256, "wide"],
    ["Digest of the application", report.digest, "wide"],
  ];
  at("file").textContent = report.file;
  for (const [name, value, wide] of rows) {
    const text = wide ? make("span", { class: "hash" }, value) : value;
    at("facts").append(make("div", { class: wide ?? "" }, make("dt", {}, name), make("dd", {}, text)));
  }
}

// ---- treemap: squarified (Bruls, Huizing, van Wijk 2000) ----
function squarify(nodes, x, y, w, h) {
  const sum = nodes.reduce((total, node) => total + node.s, 0);
  const placed = [];
  if (sum <= 0 || w <= 0 || h <= 0) return placed;
  const scale = (w * h) / sum;
  let rest = nodes.filter((node) => node.s > 0).sort((a, b) => b.s - a.s);
  while (rest.length) {
    const side = Math.min(w, h);
    let count = 0;
    let area = 0;
    let worst = Infinity;
    while (count < rest.length) {
      const next = area + rest[count].s * scale;
      const [large, small] = [rest[0].s * scale, rest[count].s * scale];
      const ratio = Math.max((side * side * large) / (next * next), (next * next) / (side * side * small));
      if (ratio > worst) break;
      worst = ratio;
      area = next;
      count += 1;
    }
    const depth = area / side;
    let along = 0;
    for (const node of rest.slice(0, count)) {
      const length = (node.s * scale) / depth;
      placed.push(w >= h ? { node, x, y: y + along, w: depth, h: length } : { node, x: x + along, y, w: length, h: depth });
      along += length;
    }
    if (w >= h) { x += depth; w -= depth; } else { y += depth; h -= depth; }
    rest = rest.slice(count);
  }
  return placed;
}

let shown = [tree];

function tile(box, trail, depth) {
  const { node, x, y, w, h } = box;
  if (w < 3 || h < 3) return;
  const children = node.c ?? [];
  const nested = children.length > 0 && depth < 3 && w > 46 && h > 40;
  const names = [...trail.slice(1), node].map((part) => part.n).join(" / ");
  const share = ((100 * node.s) / tree.s).toFixed(1);
  const button = make("button", {
    type: "button",
    class: `${node.k}${nested ? " head" : ""}`,
    style: `left:${x}px;top:${y}px;width:${w}px;height:${h}px;padding:0 ${Math.max(0, Math.min(5, w / 4 - 1))}px`,
    "data-open": children.length ? "" : undefined,
    "data-name": names,
    "aria-label": `${names}, ${size(node.s)}, ${share} %`,
    tabindex: depth === 1 ? 0 : -1,
  });
  if (w > 30 && h > 17) {
    const label = nested ? `${node.n} · ${size(node.s)}` : node.n;
    button.append(make("span", {}, label));
    if (!nested && h > 36 && w > 56) button.append(make("small", {}, size(node.s)));
  }
  const say = () => { at("hint").textContent = `${names}: ${size(node.s)}, ${share} % of all`; };
  button.addEventListener("mouseenter", say);
  button.addEventListener("focus", say);
  button.addEventListener("click", () => {
    if (children.length) { shown = [...trail, node]; draw(); }
  });
  at("map").append(button);
  if (nested) {
    for (const inner of squarify(children, x + 3, y + 20, w - 6, h - 23)) tile(inner, [...trail, node], depth + 1);
  }
}

function draw() {
  const map = at("map");
  map.replaceChildren();
  const path = at("path");
  path.replaceChildren();
  shown.forEach((node, index) => {
    if (index) path.append(make("span", {}, "/"));
    const button = make("button", { type: "button" }, index ? node.n : "all");
    button.addEventListener("click", () => { shown = shown.slice(0, index + 1); draw(); });
    path.append(shown.length > 1 ? button : "");
  });
  const last = shown[shown.length - 1];
  for (const box of squarify(last.c ?? [], 0, 0, map.clientWidth, map.clientHeight)) tile(box, shown, 1);
}

// ---- tables ----
function table(id, columns, rows, start) {
  const element = at(id);
  let order = start;
  const body = make("tbody");
  const heads = columns.map((column, index) => {
    const button = make("button", { type: "button" }, column.name);
    const head = make("th", { scope: "col", class: column.number ? "number" : "" }, button);
    button.addEventListener("click", () => {
      order = { index, down: order.index === index ? !order.down : Boolean(column.number) };
      fill();
    });
    return head;
  });
  element.append(make("thead", {}, make("tr", {}, ...heads)), body);

  const text = (row) => columns.map((column) => String(column.text(row))).join("\n").toLowerCase();
  const indexed = rows.map((row) => ({ row, text: text(row) }));
  let words = [];

  function marked(value) {
    const lower = value.toLowerCase();
    const word = words.find((one) => lower.includes(one));
    if (!word || lower.length !== value.length) return [value];
    const from = lower.indexOf(word);
    return [value.slice(0, from), make("mark", {}, value.slice(from, from + word.length)), value.slice(from + word.length)];
  }

  function fill() {
    heads.forEach((head, index) => {
      if (index === order.index) head.setAttribute("aria-sort", order.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const { value, text: shownText } = columns[order.index];
    const key = value ?? shownText;
    const found = indexed.filter((one) => words.every((word) => one.text.includes(word))).map((one) => one.row);
    found.sort((a, b) => {
      const [left, right] = [key(a), key(b)];
      const result = typeof left === "number" ? left - right : String(left).localeCompare(String(right), "en", { numeric: true });
      return order.down ? -result : result;
    });
    body.replaceChildren(...found.slice(0, 2000).map((row) => make("tr", {}, ...columns.map((column) => {
      const value = String(column.text(row));
      const content = column.hash ? [make("span", { class: "hash", title: value }, ...marked(value).map((part) => part))] : marked(value);
      return make("td", { class: `${column.number ? "number" : ""}${column.bad?.(row) ? " missing" : ""}` }, ...content);
    }))));
    return found.length;
  }
  fill();
  return (query) => { words = query.toLowerCase().split(/\s+/).filter(Boolean); return fill(); };
}

function tables() {
  const packages = table("packages", [
    { name: "Package", text: (row) => row.name },
    { name: "Version", text: (row) => row.version },
    { name: "Wheel", text: (row) => size(row.size), value: (row) => row.size, number: true },
    { name: "Unpacked", text: (row) => size(row.unpacked), value: (row) => row.unpacked, number: true },
    { name: "Files", text: (row) => row.files, value: (row) => row.files, number: true },
    { name: "Native", text: (row) => row.native.length || "", value: (row) => row.native.length, number: true },
    { name: "Licence", text: (row) => row.licence.expression ?? row.licence.name ?? "not stated", bad: (row) => !row.licence.source },
    { name: "Needs", text: (row) => row.requires.join(", ") },
    { name: "SHA-256", text: (row) => row.sha256.slice(0, 16), hash: true },
  ], report.packages, { index: 3, down: true });
  const files = table("files", [
    { name: "File", text: (row) => row.path },
    { name: "Size", text: (row) => size(row.size), value: (row) => row.size, number: true },
    { name: "Mode", text: (row) => (row.executable ? "executable" : "") },
  ], report.code.files, { index: 0, down: false });
  table("large", [
    { name: "File", text: (row) => row.name },
    { name: "Size", text: (row) => size(row.size), value: (row) => row.size, number: true },
  ], largest, { index: 1, down: true });
  const code = at("code");
  const say = (count) => { code.querySelector("summary").textContent = `First-party files: ${count}`; };
  say(report.code.files.length);
  at("search").addEventListener("input", (event) => {
    const query = event.target.value;
    const [found, foundFiles] = [packages(query), files(query)];
    at("count").textContent = query.trim() ? `${found} of ${report.packages.length} packages, ${foundFiles} of ${report.code.files.length} first-party files` : "";
    say(foundFiles);
    if (query.trim() && foundFiles && !found) code.open = true;
  });
}

facts();
tables();
draw();
addEventListener("resize", draw);
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && shown.length > 1) { shown = shown.slice(0, -1); draw(); }
});
