/* Answering with keys, ruling options out, and moving steps. Every one of these works without this file, by form.
   Events are caught on the document, because htmx replaces the content of the page.

   What a page offers is found by marks in it: form[data-question], [data-options], tr[data-row], [data-order],
   [data-most], [data-spot], button[name="confidence"], [data-mark], [data-zoom], [data-go-on]. */

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

const PAUSE = 400; // ms after a page came in which Enter does not go on: the Enter that answered may still be down
const CONFIDENCE = { q: "guess", w: "fairly_sure", e: "sure" };
const KEYS = [
  ["1–9", "Choose an option; in a table, answer the row"],
  ["Shift + 1–9", "Strike an option out, or restore it"],
  ["Q, W, E", "Submit as a guess, fairly sure, sure"],
  ["Enter", "Submit; after the feedback, go on"],
  ["M", "Mark the question"],
  ["Z", "Zoom the figure"],
  ["?", "This list"],
];

let arrived = performance.now();
document.addEventListener("htmx:after:swap", () => {
  arrived = performance.now();
});

/** Read a sentence out without showing it. */
function say(sentence) {
  let region = $("[data-said]");
  if (!region) {
    region = document.createElement("div");
    region.className = "visually-hidden";
    region.setAttribute("role", "status");
    region.dataset.said = "";
    document.body.append(region);
  }
  region.textContent = sentence;
}
const words = (element) => element.textContent.trim().replace(/\s+/g, " ");

/* Keys ---------------------------------------------------------------------------------------------------------------- */

const typesText = (element) => element.matches("textarea, select, [contenteditable], input:not([type='radio'], [type='checkbox'])");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
  if ($("dialog[open]")) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (typesText(at)) return;
  if (event.key === "Enter") return enter(event, at);
  if (document.body.dataset.singleKeys === "off" || event.repeat) return;
  const form = $("form[data-question]");
  const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const act = digit && form ? (event.shiftKey ? ruleOut : choose)(form, Number(digit), at) : press(event, form);
  if (!act) return;
  event.preventDefault();
  document.documentElement.classList.add("keys");
});
// Not on pointerdown: buttons lose their key caps, and one that moves away under the pointer would not be pressed.
document.addEventListener("click", ({ detail }) => detail && document.documentElement.classList.remove("keys"));

/** Letters press the button they name; nothing happens on a page that does not have it. */
function press(event, form) {
  const key = event.key.toLowerCase();
  if (event.key === "?") return listKeys();
  if (event.shiftKey) return false;
  if (CONFIDENCE[key] && form) return clicked($(`button[name="confidence"][value="${CONFIDENCE[key]}"]`, form));
  if (key === "m") return clicked($("[data-mark]"));
  if (key === "z") return clicked($("#main [data-zoom]"));
  return false;
}
function clicked(button) {
  if (!button || button.disabled) return false;
  button.click();
  return true;
}

function enter(event, at) {
  if (event.repeat) return void event.preventDefault(); // a key held down must not answer the next question too
  if (at.closest("a, button, summary, label")) return;
  const on = $("[data-go-on]");
  const form = $("form[data-question]");
  if (!on && !form) return;
  event.preventDefault();
  if (on && !form && performance.now() - arrived > PAUSE) on.click();
  else if (form && performance.now() - arrived > PAUSE) form.requestSubmit($("button:not([type='button'])", form));
}

function choose(form, digit, at) {
  const inputs = $$("[data-options] input", form);
  if (inputs.length) return clicked(inputs[digit - 1]) && focus(inputs[digit - 1]);
  const rows = $$("tr[data-row]", form);
  const row = at.closest("tr[data-row]") ?? rows.find((one) => !$(":checked", one)) ?? rows[0];
  const cell = row && $$("input", row)[digit - 1];
  if (!clicked(cell)) return false;
  const next = rows.slice(rows.indexOf(row) + 1).find((one) => !$(":checked", one));
  return focus(next ? $("input", next) : cell);
}
function focus(element) {
  element.focus({ preventScroll: false });
  return true;
}

/** The keys, in a dialog that a pointer user never meets. */
function listKeys() {
  const dialog = document.createElement("dialog");
  dialog.className = "key-list";
  dialog.setAttribute("aria-labelledby", "key-list");
  const heading = document.createElement("h2");
  heading.id = "key-list";
  heading.textContent = "Keys";
  const list = document.createElement("dl");
  for (const [key, meaning] of KEYS) {
    const term = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd);
    const description = document.createElement("dd");
    description.textContent = meaning;
    list.append(term, description);
  }
  const hint = document.createElement("p");
  hint.className = "quiet";
  hint.textContent = "Single keys can be turned off in the settings.";
  const close = document.createElement("button");
  close.className = "plain small";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.append(heading, list, hint, close);
  document.body.append(dialog);
  dialog.showModal();
  return true;
}

/* Ruling out ---------------------------------------------------------------------------------------------------------- */

function ruleOut(form, digit) {
  return clicked($$("[data-options] .opt", form)[digit - 1]?.querySelector('button[name="strike"]'));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.('button[name="strike"]');
  if (!button) return;
  event.preventDefault();
  const option = button.closest(".opt");
  const out = option.classList.toggle("out");
  button.setAttribute("aria-pressed", String(out));
  say(`${out ? "Struck out" : "Restored"}: ${words($(".t", option))}`);
  const form = button.form;
  if (form?.method !== "post") return;
  const body = new URLSearchParams(new FormData(form));
  body.set("strike", button.value);
  // A struck option is a pencil mark: if it cannot be kept, it stays on this screen and nothing is lost.
  fetch(form.dataset.save ?? form.action, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
});

/* Ordering ------------------------------------------------------------------------------------------------------------ */

/** Fill the hidden selects from the order seen. They stay empty until the first move: an order nobody made is no answer. */
function settle(list) {
  const steps = $$("[data-element]", list);
  steps.forEach((step, place) => {
    $("select", step).value = String(place + 1);
  });
  edges(list);
  $("select", steps[0]).dispatchEvent(new Event("change", { bubbles: true }));
}
function edges(list) {
  const steps = $$("[data-element]", list);
  steps.forEach((step, place) => {
    $('[data-move="-1"]', step).setAttribute("aria-disabled", String(place === 0));
    $('[data-move="1"]', step).setAttribute("aria-disabled", String(place === steps.length - 1));
  });
}
/** Only the neighbour moves in the document: the step itself keeps focus and finger. */
function swap(step, other, up) {
  up ? step.after(other) : step.before(other);
}
function announce(step) {
  const steps = $$("[data-element]", step.parentElement);
  say(`${words($(".t", step))}: place ${steps.indexOf(step) + 1} of ${steps.length}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-move]");
  if (!button || button.disabled) return;
  const step = button.closest("[data-element]");
  const up = button.dataset.move === "-1";
  const other = up ? step.previousElementSibling : step.nextElementSibling;
  if (!other) return;
  swap(step, other, up);
  settle(step.parentElement);
  announce(step);
});

let held = null;
document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  if (!grip || event.button !== 0 || $("select", grip.closest("[data-element]")).disabled) return;
  const step = grip.closest("[data-element]");
  held = { step, id: event.pointerId, from: event.clientY, order: $$("[data-element]", step.parentElement) };
  step.classList.add("held");
  event.preventDefault();
});
document.addEventListener("pointermove", (event) => {
  if (!held || event.pointerId !== held.id) return;
  if (!held.step.isConnected) return void (held = null);
  const { step } = held;
  let offset = event.clientY - held.from;
  for (const up of [true, false]) {
    const other = up ? step.previousElementSibling : step.nextElementSibling;
    if (!other || (up ? offset > -other.offsetHeight / 2 : offset < other.offsetHeight / 2)) continue;
    const before = step.offsetTop;
    swap(step, other, up);
    held.from += step.offsetTop - before; // the step keeps its place under the finger
    offset = event.clientY - held.from;
  }
  step.style.transform = `translateY(${offset}px)`;
});
function release({ pointerId, type }) {
  if (!held || pointerId !== held.id) return;
  const { step, order } = held;
  held = null;
  step.classList.remove("held");
  step.style.transform = "";
  const list = step.parentElement;
  if (type === "pointercancel") list.append(...order);
  else if ($$("[data-element]", list).some((one, place) => one !== order[place])) {
    settle(list);
    announce(step);
  }
}
document.addEventListener("pointerup", release);
document.addEventListener("pointercancel", release);

/* Key features -------------------------------------------------------------------------------------------------------- */

/** Say how many places are taken; once all are, a further box can be reached but not ticked. */
function count(list) {
  const boxes = $$("input", list);
  const most = Number(list.dataset.most);
  const chosen = boxes.filter((box) => box.checked).length;
  for (const box of boxes) {
    if (!box.checked && chosen >= most) box.setAttribute("aria-disabled", "true");
    else box.removeAttribute("aria-disabled");
  }
  const place = $("[data-count]", list);
  place.textContent = chosen > most ? `${chosen} chosen: take ${chosen - most} back.` : `${chosen} of ${most} chosen.`;
  place.classList.toggle("over", chosen > most);
  return place.textContent;
}
document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-most] input[aria-disabled='true']");
  if (!box) return;
  event.preventDefault(); // the box is ticked until this is over, so it is not counted here
  say(`${$("[data-count]", box.closest("[data-most]")).textContent} Take one back to choose another.`);
});
document.addEventListener("change", ({ target }) => {
  const list = target.closest?.("[data-most]");
  if (list) say(count(list));
});

/* Places in a figure -------------------------------------------------------------------------------------------------- */

const REACH = 22; // px around the middle of a place that belong to it: a fingertip, where less is drawn

/** The place under a click, or the nearest whose reach holds it. A drawing stands in the page and in its enlargement. */
function spotAt(drawing, x, y) {
  let nearest = null;
  for (const spot of $$("[data-spot]", drawing)) {
    const box = $(".extent", spot).getBoundingClientRect();
    const beyond = (at, low, high) => Math.max(low - at, at - high, 0);
    const reached =
      beyond(x, box.left, box.right) <= Math.max(0, REACH - box.width / 2) &&
      beyond(y, box.top, box.bottom) <= Math.max(0, REACH - box.height / 2);
    const far = Math.hypot(beyond(x, box.left, box.right), beyond(y, box.top, box.bottom));
    if (reached && (!nearest || far < nearest.far)) nearest = { spot, far };
  }
  return nearest?.spot;
}
document.addEventListener("click", (event) => {
  const drawing = event.target.closest?.("svg");
  const form = $("form[data-question]");
  if (!drawing || !form) return;
  const spot = event.target.closest("[data-spot]") ?? spotAt(drawing, event.clientX, event.clientY);
  const input = spot && $(`[data-options] input[value="${spot.dataset.spot}"]`, form);
  if (!clicked(input)) return;
  say(`Chosen: ${words($(".t", input.closest("label")))}`);
  if (!drawing.closest("dialog")) input.focus({ preventScroll: true });
});

/** A browser that reloads a page fills the selects again but not the order seen. */
function begin() {
  for (const list of $$("[data-order]")) {
    const place = (step) => Number($("select", step).value);
    const steps = $$("[data-element]", list);
    if (new Set(steps.map(place).filter(Boolean)).size === steps.length) list.append(...steps.sort((a, b) => place(a) - place(b)));
    edges(list);
  }
  $$("[data-most]").forEach(count);
}
document.addEventListener("htmx:after:swap", begin);
begin();
