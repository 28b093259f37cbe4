/* The editors of the studio: preview and findings as one writes, drafts that save themselves, keys. Everything works
   without this file, by buttons that send the form. */

import { board } from "./board.js";
import { add, isEmpty, listOf, move, refreshLabels, remove, rowsOf } from "./rows.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const sprite = $("svg.icon use")?.getAttribute("href").split("#")[0];

const PREVIEW_AFTER = 450; // milliseconds after the last key
const SAVE_AFTER = 1800;
const RETRY_AFTER = 8000;

let form = null;

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
function button(words, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "text-button", textContent: words });
  made.addEventListener("click", act);
  return made;
}
function say(tone, sentence, ...buttons) {
  const box = Object.assign(document.createElement("div"), { className: `notice ${tone}` });
  const inner = document.createElement("div");
  inner.append(Object.assign(document.createElement("p"), { textContent: sentence }), ...buttons);
  box.append(icon({ good: "check", bad: "triangle-alert", careful: "triangle-alert" }[tone] ?? "info"), inner);
  $("[data-notices]")?.replaceChildren(box);
}
function quiet() {
  $("[data-notices]")?.replaceChildren();
}
const body = (extra = {}) => {
  const sent = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(extra)) sent.set(name, value);
  return sent;
};
const words = () => {
  const sent = body();
  for (const name of [...sent.keys()]) if (name === "csrf_token" || name === "revision" || name.startsWith("find-")) sent.delete(name);
  return String(sent);
};

/* --- Preview and findings ------------------------------------------------------------------------------------------ */

let previewTimer = null;
let asked = null;
function previewSoon(pause = PREVIEW_AFTER) {
  clearTimeout(previewTimer);
  previewTimer = setTimeout(preview, pause);
}
async function preview() {
  const live = $("[data-live]");
  if (!form?.dataset.preview || !live) return;
  asked?.abort();
  asked = new AbortController();
  let html;
  try {
    const answer = await fetch(form.dataset.preview, { method: "POST", body: body(), signal: asked.signal, headers: { "HX-Request": "true" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    html = await answer.text();
  } catch (error) {
    if (error.name !== "AbortError") live.classList.add("is-behind");
    return;
  }
  live.classList.remove("is-behind");
  const open = new Set($$("details[data-keep][open]", live).map((part) => part.dataset.keep));
  const active = live.contains(document.activeElement) ? document.activeElement.id : "";
  const before = $("#findings", live)?.textContent;
  const top = live.scrollTop;
  live.innerHTML = html;
  for (const part of $$("details[data-keep]", live)) part.open = open.has(part.dataset.keep);
  live.scrollTop = top;
  if (active) document.getElementById(active)?.focus({ preventScroll: true });
  if ($("#findings", live)?.textContent !== before) announce($("#findings", live)?.textContent ?? "");
  showFaults(live);
}
let announceTimer = null;
function announce(sentence) {
  clearTimeout(announceTimer);
  announceTimer = setTimeout(() => {
    const region = $("[data-announce]") ?? document.body.appendChild(
      Object.assign(document.createElement("div"), { className: "visually-hidden" }),
    );
    region.setAttribute("role", "status");
    region.dataset.announce = "";
    region.textContent = sentence;
  }, 1200);
}

/* What is wrong is said at its field too; what is merely open is not, while one writes. */
function showFaults(live) {
  const wrong = new Map();
  for (const item of $$("[data-at]", live)) if (item.dataset.at) wrong.set(item.dataset.at, $("[data-sentence]", item).textContent);
  const open = new Set($$("[data-open]", live).map((link) => link.dataset.open));
  for (const said of $$(".field-error", form)) {
    const id = said.id.replace(/-error\d*$/, "");
    if (!wrong.has(id) && !open.has(id)) said.remove();
  }
  for (const field of $$("[aria-invalid]", form)) {
    if (!wrong.has(field.id) && !open.has(field.id)) {
      field.removeAttribute("aria-invalid");
      describe(field, false);
    }
  }
  for (const [id, sentence] of wrong) {
    const field = document.getElementById(id);
    if (!field || !form.contains(field) || !field.matches("input, textarea, select")) continue;
    let said = document.getElementById(`${id}-error`);
    if (!said) {
      said = Object.assign(document.createElement("p"), { className: "field-error", id: `${id}-error` });
      said.append(icon("triangle-alert"), document.createElement("span"));
      field.closest(".f, .box")?.append(said);
    }
    if ($("span", said).textContent !== sentence) $("span", said).textContent = sentence;
    field.setAttribute("aria-invalid", "true");
    describe(field, true);
  }
}
function describe(field, on) {
  const own = `${field.id}-error`;
  const ids = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== own);
  if (on) ids.push(own);
  ids.length ? field.setAttribute("aria-describedby", ids.join(" ")) : field.removeAttribute("aria-describedby");
}

/* --- Saving -------------------------------------------------------------------------------------------------------- */

const KEPT = "draft:";
let saved = null;
let saveTimer = null;
let sending = null;
let stopped = false;

const store = {
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value); } catch { /* full or off */ } },
};
function state(kind, sentence) {
  const place = $("[data-save-state]");
  if (!place) return;
  place.dataset.state = kind;
  place.replaceChildren(icon(kind === "waiting" ? "cloud-off" : "cloud-check"), sentence);
}
const mayWrite = () => Boolean($("[data-save-now]"));
function changed() {
  if (!form || !mayWrite()) return;
  const now = words();
  if (now === saved) return;
  store.set(KEPT + form.dataset.edit, JSON.stringify({ words: now, at: Date.now() }));
  clearTimeout(saveTimer);
  saveTimer = setTimeout(save, SAVE_AFTER);
}
async function save() {
  clearTimeout(saveTimer);
  if (!form || stopped || !mayWrite()) return false;
  if (sending) {
    await sending;
    return save();
  }
  const now = words();
  if (now === saved) {
    state("saved", $("[data-save-state]").textContent || "Nothing has changed");
    return true;
  }
  state("sending", "Saving …");
  sending = send(now).finally(() => (sending = null));
  return sending;
}
async function send(now) {
  const own = form;
  let answer;
  try {
    answer = await fetch(own.dataset.edit, { method: "POST", body: body({ do: "save" }), headers: { Accept: "application/json" }, signal: AbortSignal.timeout(20000) });
  } catch {
    state("waiting", "Not saved: no connection. What you typed is kept on this device and sent when there is one.");
    saveTimer = setTimeout(save, RETRY_AFTER);
    return false;
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok && told.saved) {
    saved = now;
    $("[data-revision]", own).value = told.revision;
    state("saved", `Saved ${told.saved}`);
    if (words() === now) store.set(KEPT + own.dataset.edit, null);
    else changed();
    return true;
  }
  if (answer.status === 409) {
    stopped = true;
    state("waiting", "Not saved");
    say("careful", `${told.error ?? "Somebody has changed this meanwhile."} Nothing was overwritten.`, button("See both versions", () => submit("save")));
    return false;
  }
  if (answer.status === 422) {
    state("waiting", told.error ?? "This cannot be kept.");
    return false;
  }
  state("waiting", answer.status === 401 || answer.status === 400
    ? "Not saved: you are no longer signed in. Sign in again in another tab; what you typed is kept on this device."
    : "Not saved: the server did not take it. What you typed is kept on this device.");
  saveTimer = setTimeout(save, RETRY_AFTER);
  return false;
}
addEventListener("online", save);
addEventListener("beforeunload", (event) => {
  if (form && mayWrite() && saved !== null && words() !== saved && !leaving) event.preventDefault();
});
let leaving = false;

/* Send the form as the button would; the page comes back with everything in it. */
function submit(wish) {
  const pressed = Object.assign(document.createElement("button"), { name: "do", value: wish, hidden: true });
  form.append(pressed);
  form.requestSubmit(pressed);
  pressed.remove();
}

/* Send the form and go where the answer leads, to a page of its own. */
function goOn(wish) {
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "do", value: wish }));
  leaving = true;
  form.submit();
}

/* What was typed and never arrived, because the page was closed or the device lost its connection. */
function offerKept() {
  const raw = store.get(KEPT + form.dataset.edit);
  if (!raw) return;
  let kept;
  try {
    kept = JSON.parse(raw);
  } catch {
    kept = null;
  }
  const drop = () => {
    store.set(KEPT + form.dataset.edit, null);
    quiet();
  };
  if (!kept?.words || kept.words === words() || !mayWrite()) return drop();
  const at = new Date(kept.at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  say("careful", `Something you typed on this device (${at}) was never saved.`,
    button("Bring it back", () => {
      const back = Object.assign(document.createElement("form"), { method: "post", action: form.dataset.edit, hidden: true });
      const field = (name, value) => back.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      for (const [name, value] of new URLSearchParams(kept.words)) field(name, value);
      field("csrf_token", $('[name="csrf_token"]', form).value);
      field("revision", $("[data-revision]", form).value);
      field("do", "show");
      document.body.append(back);
      leaving = true;
      back.submit();
    }),
    " ",
    button("Throw it away", drop),
  );
}

/* --- Rows ---------------------------------------------------------------------------------------------------------- */

function intoRow(row) {
  $("textarea, input:not([type=hidden]), select", row)?.focus();
}
function edited() {
  refreshLabels();
  changed();
  previewSoon(120);
}
function addRow(list, after) {
  const row = add(list, after);
  if (!row) return say("", `${list.dataset.most} are as many as fit.`);
  intoRow(row);
  edited();
}
function takeAway(row) {
  const list = listOf(row);
  const place = rowsOf(list).indexOf(row);
  const said = $("[data-title]", row).textContent;
  const worth = !isEmpty(row);
  const putBack = remove(row);
  const next = rowsOf(list)[Math.min(place, rowsOf(list).length - 1)];
  next ? intoRow(next) : $("[data-add]", list).focus();
  if (worth) say("", `${said} is taken away.`, button("Put it back", () => {
    intoRow(putBack());
    quiet();
    edited();
  }));
  edited();
}
document.addEventListener("click", (event) => {
  const pressed = event.target.closest("button");
  if (!pressed || !form) return;
  const row = pressed.closest("[data-row]");
  if (pressed.matches("[data-add]")) addRow(pressed.closest("[data-rows]"));
  else if (pressed.dataset.rowDo === "remove" && row) takeAway(row);
  else if (pressed.dataset.rowDo && row) {
    if (move(row, pressed.dataset.rowDo === "up" ? -1 : 1)) edited();
    pressed.focus();
  } else if (pressed.matches("[data-pick-this], [data-unpick]")) pick(pressed);
  else if (pressed.matches("[data-save-now]")) save();
  else if (pressed.matches("[data-make-blank]")) makeBlank(pressed);
  else if (pressed.name === "do" && pressed.value === "ask") save().then(() => stopped || goOn("ask")); // what is on its way would make this form stale
  else return;
  event.preventDefault();
});
document.addEventListener("change", ({ target }) => {
  if (!form?.contains(target)) return;
  if (target.matches("[data-single]") && target.checked) {
    for (const row of rowsOf(listOf(target.closest("[data-row]")))) {
      const other = $("[data-single]", row);
      if (other && other !== target) other.checked = false;
    }
  }
  edited();
});
document.addEventListener("input", ({ target }) => {
  if (!form?.contains(target)) return;
  if (target.matches("[data-find]")) return find(target);
  refreshLabels();
  changed();
  previewSoon();
});

/* A blank of a cloze, made of the words that are marked in its text. */
function makeBlank(pressed) {
  const holder = pressed.closest("[data-cloze]");
  const text = $("textarea", holder);
  const marked = text.value.slice(text.selectionStart, text.selectionEnd).trim();
  if (!marked) return say("", "Mark the words in the text first; they become the accepted answer.");
  const row = add($(`[data-rows="${holder.dataset.cloze}"]`));
  if (!row) return say("", "A cloze has at most 12 blanks.");
  const id = $("[data-id]", row).value;
  text.setRangeText(`{{${id}}}`, text.selectionStart, text.selectionEnd, "end");
  $("[data-blank-name]", row).textContent = `{{${id}}}`;
  const accept = $("textarea", row);
  accept.value = marked;
  accept.focus();
  edited();
}

/* --- Picking entries ------------------------------------------------------------------------------------------------ */

let findTimer = null;
let finding = null;
function find(field) {
  clearTimeout(findTimer);
  findTimer = setTimeout(async () => {
    const picks = field.closest("[data-picks]");
    const query = new URLSearchParams({ kind: picks.dataset.picks, name: picks.dataset.name, q: field.value, pool: $('[name="pool"]', form)?.value ?? "practice" });
    for (const taken of $$("[data-picked] [data-pick]", picks)) query.append("taken", taken.dataset.pick);
    finding?.abort();
    finding = new AbortController();
    const answer = await fetch(`${form.dataset.finder}?${query}`, { signal: finding.signal, headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) $("[data-found]", picks).innerHTML = await answer.text();
  }, 200);
}
function pick(pressed) {
  const entry = pressed.closest("[data-pick]");
  const picks = pressed.closest("[data-picks]");
  if (picks.dataset.insert) return put(picks.dataset.insert.replace("ID", entry.dataset.pick));
  if (pressed.matches("[data-unpick]")) {
    entry.remove();
    $("[data-find]", picks).focus();
  } else {
    const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: picks.dataset.name, value: entry.dataset.pick });
    entry.prepend(hidden);
    $("[data-unpick]", entry).hidden = false;
    pressed.hidden = true;
    $("[data-picked]", picks).append(entry);
    const search = $("[data-find]", picks);
    search.focus();
    search.select();
  }
  edited();
}

/* --- The text of a lesson ------------------------------------------------------------------------------------------- */

/* Put a mark at the cursor, around what is marked where it has a “…”. */
function put(mark) {
  const text = $("#body", form);
  const [start, end] = [text.selectionStart, text.selectionEnd];
  const made = mark.replace("…", text.value.slice(start, end) || "…");
  text.setRangeText(made, start, end, "end");
  text.focus();
  const open = made.indexOf("…");
  if (open >= 0) text.setSelectionRange(start + open, start + open + 1);
  edited();
}
document.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-mark-text]");
  if (mark && form) put(mark.dataset.markText);
  const place = event.target.closest("[data-line]");
  const text = $("#body", form ?? document);
  if (!place || !text) return;
  event.preventDefault();
  const lines = text.value.split("\n");
  const start = lines.slice(0, Number(place.dataset.line) - 1).join("\n").length + (place.dataset.line > 1 ? 1 : 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[place.dataset.line - 1]?.length ?? 0));
  text.scrollTop = (text.scrollHeight * (place.dataset.line - 3)) / lines.length;
});

/* --- Keys ---------------------------------------------------------------------------------------------------------- */

document.addEventListener("keydown", (event) => {
  if (!form) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    save();
    return;
  }
  if (event.target.matches?.("[data-find]") && event.key === "Enter") return event.preventDefault();
  if (!event.altKey || event.ctrlKey || event.metaKey) return;
  const row = event.target.closest?.("[data-row]");
  if (event.code === "KeyJ") $("#findings")?.focus();
  else if (row && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const field = document.activeElement;
    const mark = [field.selectionStart, field.selectionEnd];
    if (move(row, event.key === "ArrowUp" ? -1 : 1)) edited();
    field.focus();
    if (field.setSelectionRange && mark[0] !== null && mark[0] !== undefined) field.setSelectionRange(...mark);
  } else if (row && event.code === "KeyN") addRow(listOf(row), row);
  else if (row && event.code === "KeyK") {
    const tick = $("[data-single], .ticks input", row);
    if (!tick) return;
    tick.checked = !tick.checked;
    tick.dispatchEvent(new Event("change", { bubbles: true }));
  } else return;
  event.preventDefault();
});

/* --- Beginning ----------------------------------------------------------------------------------------------------- */

function begin({ opened = false } = {}) {
  form = $("form[data-edit]");
  stopped = leaving = false;
  clearTimeout(saveTimer);
  if (!form) return;
  refreshLabels();
  saved = "dirty" in form.dataset ? null : words();
  board(form, edited);
  if (opened) offerKept();
  if (saved === null) {
    saved = "";
    changed();
  }
  const target = document.getElementById($("[data-editor]")?.dataset.goTo ?? "");
  if (!target) return;
  const into = target.matches("fieldset") ? $("textarea, input:not([type=hidden]), select", target) ?? target : target;
  into.focus({ preventScroll: true });
  into.scrollIntoView({ block: "center" });
}
document.addEventListener("htmx:before:request", () => clearTimeout(saveTimer));
document.addEventListener("htmx:after:swap", () => begin());
document.addEventListener("submit", () => (leaving = true));
begin({ opened: true });
