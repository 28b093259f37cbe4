/* The figure of a hotspot as a board: places are drawn, moved and resized with the pointer or the arrow keys. The numbers
   in the rows are what counts; the board shows them and writes them. */

import { add, rowsOf } from "./rows.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const SVG = "http://www.w3.org/2000/svg";
const STEP = 5; // units of the drawing an arrow key moves; 1 with Ctrl
const LEAST = 8; // smaller than this is a click, not a place

function drawn(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function board(form, edited) {
  for (const place of $$("[data-draw]", form)) {
    const select = place.closest("section, fieldset").querySelector('select[name$="figure"]');
    const list = $(`[data-rows="${place.dataset.draw}"]`, form);
    if (!select || !list) continue;
    const load = async () => {
      place.replaceChildren();
      if (!select.value) return;
      const answer = await fetch(form.dataset.boards.replace("FIGURE", encodeURIComponent(select.value)), { headers: { "HX-Request": "true" } }).catch(() => null);
      if (!answer?.ok || answer.redirected) return;
      place.innerHTML = await answer.text();
      for (const svg of $$("svg[data-drawing]", place)) one(svg, list, edited);
    };
    select.addEventListener("change", load);
    load();
  }
}

function one(svg, list, edited) {
  const name = svg.dataset.drawing;
  const layer = svg.appendChild(drawn("g", {}));
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const unit = width / 34;

  const fields = (row) => ["left", "top", "width", "height"].map((side) => $(`[data-box="${name}"] [data-side="${side}"]`, row));
  const read = (row) => fields(row).map((field) => (/^\d+$/.test(field.value.trim()) ? Number(field.value) : NaN));
  const clamp = ([left, top, wide, high]) => {
    wide = Math.min(Math.max(1, Math.round(wide)), Math.floor(width));
    high = Math.min(Math.max(1, Math.round(high)), Math.floor(height));
    return [Math.min(Math.max(0, Math.round(left)), Math.floor(width) - wide), Math.min(Math.max(0, Math.round(top)), Math.floor(height) - high), wide, high];
  };
  const write = (row, box) => {
    const numbers = clamp(box);
    fields(row).forEach((field, n) => (field.value = numbers[n]));
    show();
    edited();
  };
  const at = (event) => {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    return [point.x, point.y];
  };

  function show() {
    const focused = document.activeElement?.dataset?.region;
    layer.replaceChildren(...rowsOf(list).flatMap((row) => {
      const box = read(row);
      if (box.some(Number.isNaN)) return [];
      const [left, top, wide, high] = box;
      const letter = $("[data-mark-of-row]", row).textContent;
      const said = $("textarea", row).value.trim();
      const region = drawn("g", {
        class: $("[data-single]", row)?.checked ? "region is-key" : "region", tabindex: "0", role: "group", "data-region": row.id,
        "aria-label": `Place ${letter}${said ? `, ${said}` : ""}: left ${left}, top ${top}, width ${wide}, height ${high}. Arrows move it, with Shift they resize it.`,
      },
      drawn("rect", { x: left, y: top, width: wide, height: high }),
      drawn("rect", { x: left + wide - unit / 2, y: top + high - unit / 2, width: unit, height: unit, "data-corner": "" }),
      Object.assign(drawn("text", { x: left + unit / 3, y: top + unit * 1.1, "font-size": unit }), { textContent: letter }));
      return [region];
    }));
    if (focused) $(`[data-region="${focused}"]`, layer)?.focus();
  }
  const rowOf = (region) => document.getElementById(region.dataset.region);

  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const region = event.target.closest("[data-region]");
    const [x, y] = at(event);
    const row = region && rowOf(region);
    const begun = row ? read(row) : null;
    const corner = event.target.matches("[data-corner]");
    const frame = row ? null : layer.appendChild(drawn("g", { class: "region" }, drawn("rect", { x, y, width: 0, height: 0 })));
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    const moved = (next) => {
      const [nx, ny] = at(next);
      if (!row) {
        const rect = frame.firstChild;
        const box = { x: Math.min(x, nx), y: Math.min(y, ny), width: Math.abs(nx - x), height: Math.abs(ny - y) };
        for (const [side, value] of Object.entries(box)) rect.setAttribute(side, value);
      } else if (corner) write(row, [begun[0], begun[1], begun[2] + nx - x, begun[3] + ny - y]);
      else write(row, [begun[0] + nx - x, begun[1] + ny - y, begun[2], begun[3]]);
    };
    const done = (last) => {
      svg.removeEventListener("pointermove", moved);
      svg.removeEventListener("pointerup", done);
      svg.removeEventListener("pointercancel", done);
      if (row) return $(`[data-region="${row.id}"]`, layer)?.focus();
      const [nx, ny] = at(last);
      frame.remove();
      if (Math.abs(nx - x) < LEAST || Math.abs(ny - y) < LEAST) return show();
      const free = rowsOf(list).find((one) => read(one).some(Number.isNaN)) ?? add(list);
      if (!free) return show();
      write(free, [Math.min(x, nx), Math.min(y, ny), Math.abs(nx - x), Math.abs(ny - y)]);
      $("textarea", free).focus();
    };
    svg.addEventListener("pointermove", moved);
    svg.addEventListener("pointerup", done);
    svg.addEventListener("pointercancel", done);
  });
  svg.addEventListener("keydown", (event) => {
    const region = event.target.closest("[data-region]");
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!region || !way || event.altKey || event.metaKey) return;
    event.preventDefault();
    const step = event.ctrlKey ? 1 : STEP;
    const [left, top, wide, high] = read(rowOf(region));
    const [x, y] = way.map((one) => one * step);
    write(rowOf(region), event.shiftKey ? [left, top, wide + x, high + y] : [left + x, top + y, wide, high]);
  });
  list.addEventListener("input", show);
  list.addEventListener("change", show);
  new MutationObserver(show).observe(list, { childList: true });
  show();
}
