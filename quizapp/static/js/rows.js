/* Lists of an editor: rows are added, moved and taken away at once, and the form stays as the server would draw it.
   Names carry the place of a row ("options-2-text"), so every change renumbers its list. */

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const ATTRIBUTES = ["id", "name", "for", "formaction", "aria-labelledby", "aria-describedby", "data-rows", "data-labels", "data-cloze", "data-draw"];

export const rowsOf = (list) => [...list.children].filter((child) => child.matches("[data-row]"));
export const listOf = (row) => row.parentElement.closest("[data-rows]");

function rename(node, from, to) {
  const there = new RegExp(`(^|[\\s:#])${from}(?=$|[-:\\s])`, "g");
  const all = [node, ...$$("*", node)];
  for (const element of all) {
    for (const name of ATTRIBUTES) {
      const value = element.getAttribute?.(name);
      if (value) element.setAttribute(name, value.replace(there, `$1${to}`));
    }
    if (element.name === "do") element.value = element.value.replace(there, `$1${to}`);
    if (element.localName === "template") for (const child of element.content.children) rename(child, from, to);
  }
}

const letter = (place) => String.fromCharCode(65 + place);
function title(list, place) {
  const counted = list.dataset.lettered && place < 26 ? letter(place) : place + 1;
  return [`${list.dataset.one} ${counted}`, String(counted)];
}

export function renumber(list) {
  rowsOf(list).forEach((row, place) => {
    const name = `${list.dataset.rows}-${place}`;
    if (row.id !== name) rename(row, row.id, name);
    const [full, mark] = title(list, place);
    for (const said of $$("[data-title]", row)) if (said.closest("[data-row]") === row) said.textContent = full;
    $("[data-mark-of-row]", row).textContent = mark;
  });
  refreshLabels();
}

/* A permanent id follows the highest that ever stood in the list, so that none is used twice. */
const ids = new WeakMap();
function number(name) {
  return /^[a-z]{1,2}$/.test(name) ? [...name].reduce((sum, one) => sum * 26 + one.charCodeAt(0) - 96, 0) : 0;
}
function nextId(list) {
  const there = rowsOf(list).map((row) => number($("[data-id]", row)?.value ?? ""));
  let next = Math.max(0, ids.get(list) ?? 0, ...there) + 1;
  ids.set(list, next);
  let name = "";
  while (next) {
    name = String.fromCharCode(97 + ((next - 1) % 26)) + name;
    next = Math.floor((next - 1) / 26);
  }
  return name;
}
function remember(list) {
  const there = rowsOf(list).map((row) => number($("[data-id]", row)?.value ?? ""));
  ids.set(list, Math.max(0, ids.get(list) ?? 0, ...there));
}

export function add(list, after = null) {
  const rows = rowsOf(list);
  if (rows.length >= Number(list.dataset.most)) return null;
  const pattern = [...list.children].find((child) => child.matches("template[data-pattern]"));
  const row = pattern.content.firstElementChild.cloneNode(true);
  const last = list.dataset.rows.split("-").pop();
  rename(row, `${list.dataset.rows}-__${last}__`, `${list.dataset.rows}-new`);
  const own = [...$$("[data-id]", row)].find((field) => field.closest("[data-row]") === row);
  if (own) own.value = nextId(list);
  const before = after ?? rows.at(-1);
  before ? before.after(row) : list.insertBefore(row, list.querySelector(":scope > .add-row"));
  renumber(list);
  return row;
}

export function move(row, step) {
  const list = listOf(row);
  const other = rowsOf(list)[rowsOf(list).indexOf(row) + step];
  if (!other) return false;
  step < 0 ? other.before(row) : other.after(row);
  renumber(list);
  return true;
}

/** Take a row away; gives a function that puts it back. */
export function remove(row) {
  const list = listOf(row);
  const next = row.nextElementSibling;
  remember(list);
  row.remove();
  renumber(list);
  return () => {
    list.insertBefore(row, next?.isConnected ? next : list.querySelector(":scope > .add-row"));
    renumber(list);
    return row;
  };
}

export function isEmpty(row) {
  return $$("textarea, input:not([type=hidden], [type=checkbox])", row).every((field) => !field.value.trim());
}

/* Lists that offer the rows of another list (“Right response”) follow what is typed there. */
export function refreshLabels() {
  for (const select of $$("select[data-labels]")) {
    const list = $(`[data-rows="${select.dataset.labels}"]`);
    if (!list) continue;
    const chosen = select.value;
    const options = rowsOf(list).map((row) => {
      const text = $("textarea", row)?.value.trim() ?? "";
      return new Option(`${$("[data-mark-of-row]", row).textContent}  ${text}`.trim(), $("[data-id]", row).value);
    });
    const first = select.options[0];
    if (chosen && !options.some((option) => option.value === chosen)) options.unshift(new Option(`${chosen} (gone)`, chosen));
    select.replaceChildren(...(first?.value === "" ? [first] : []), ...options);
    select.value = chosen;
  }
}
