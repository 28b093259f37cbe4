/* Comfort on every page: nothing here is needed to read, answer or hand in.
   Events are caught on the document, because htmx replaces the content of the page. */

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
// The address that the page uses, version and all: another one would fetch the icons twice.
const sprite = $("svg.icon use")?.getAttribute("href").split("#")[0] ?? "";

function remembered(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is off: the page works, it only forgets
  }
}
function remember(key, value) {
  try {
    value === null ? localStorage.removeItem(key) : localStorage.setItem(key, value);
  } catch {
    /* as above */
  }
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Show a sentence above the content and read it out. */
function notice(tone, sentence) {
  const signs = { good: icon("check"), bad: icon("triangle-alert") };
  $("[data-notices]")?.replaceChildren(
    element("div", { class: `notice ${tone}` }, signs[tone] ?? icon("info"), element("p", {}, sentence)),
  );
}

/** Read a sentence out without showing it. */
function announce(sentence) {
  const region = $("[data-announce]") ?? document.body.appendChild(
    element("div", { class: "visually-hidden", role: "status", "data-announce": "" }),
  );
  region.textContent = sentence;
}

/* Settings of the look show at once; they are kept when the form is sent. */
document.addEventListener("change", ({ target }) => {
  if (target.name === "theme") document.documentElement.dataset.theme = target.value;
  if (target.name === "text_size") document.documentElement.dataset.textSize = target.value;
});

/* A file that the server would refuse is named before it is sent with all that was typed beside it. */
document.addEventListener("change", ({ target }) => {
  const most = Number(target.dataset.most);
  if (target.type !== "file" || !most) return;
  const size = Math.max(0, ...[...target.files].map((file) => file.size));
  const inMegabytes = (bytes) => (bytes / 1e6).toFixed(1).replace(/\.0$/, "");
  target.setCustomValidity(size > most
    ? `This file has ${inMegabytes(size)} MB; ${inMegabytes(most)} MB are the most. Make it smaller, or choose another.`
    : "");
  target.reportValidity();
});

/* Menus close as people expect. */
document.addEventListener("click", ({ target }) => {
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details[data-menu][open]")) {
    menu.open = false;
    $("summary", menu).focus();
  }
});

/* What a reader unfolds stays unfolded, page after page. */
document.addEventListener("toggle", ({ target }) => {
  if (target.dataset?.remember) remember(`open:${target.dataset.remember}`, target.open ? "1" : null);
}, true);
function unfold() {
  for (const part of $$("details[data-remember]")) {
    if (remembered(`open:${part.dataset.remember}`)) part.open = true;
  }
}

/* Figures. */
function zoom(figure) {
  const source = $$("svg", $(".stage", figure)).find((svg) => svg.getBoundingClientRect().width > 0);
  if (!source) return;
  const drawing = source.cloneNode(true);
  drawing.removeAttribute("aria-labelledby"); // ids of the copy would stand twice on the page
  for (const named of $$("title[id], desc[id]", drawing)) named.removeAttribute("id");
  const heading = element("h2", { tabindex: "-1" }, $("[data-title]", figure)?.textContent ?? "Figure");
  const scale = (step) => {
    const button = element("button", { type: "button", class: "plain small" }, icon(step > 0 ? "zoom-in" : "zoom-out"), step > 0 ? "Larger" : "Smaller");
    button.addEventListener("click", () => {
      dialog.dataset.scale = Math.min(3, Math.max(1, Number(dialog.dataset.scale) + step));
    });
    return button;
  };
  const labels = element("button", { type: "button", class: "plain small", "data-labels": "", "aria-pressed": String(figure.classList.contains("hide-labels")) }, icon("eye-off"), "Hide labels");
  const close = element("button", { type: "button", class: "plain small" }, icon("x"), "Close");
  const sheet = element("div", { class: "sheet", tabindex: "0", role: "group", "aria-label": "The figure, enlarged" }, drawing);
  const dialog = element("dialog", { class: "zoom", "data-scale": "1", "aria-label": heading.textContent }, element("div", { class: "zoom-bar" }, heading, scale(-1), scale(1), ...($(".fig-label", drawing) ? [labels] : []), close), sheet);
  dialog.classList.toggle("hide-labels", figure.classList.contains("hide-labels"));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    $("[data-zoom]", figure)?.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  heading.focus();
}
document.addEventListener("click", (event) => {
  const zoomed = event.target.closest("[data-zoom]");
  if (zoomed && !event.metaKey && !event.ctrlKey && !event.shiftKey) {
    event.preventDefault();
    zoom(zoomed.closest("figure"));
  }
  const labels = event.target.closest("[data-labels]");
  if (labels) {
    const hidden = labels.closest("figure, dialog").classList.toggle("hide-labels");
    labels.setAttribute("aria-pressed", String(hidden));
  }
  if (event.target.closest("[data-print]")) print();
});

/* Contents of a lesson: the section in view is marked. */
let watcher = null;
function watchSections() {
  watcher?.disconnect();
  const links = new Map($$("[data-contents] a").map((link) => [link.hash.slice(1), link]));
  if (!links.size) return;
  watcher = new IntersectionObserver((entries) => {
    const seen = entries.find((entry) => entry.isIntersecting);
    if (!seen) return;
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(seen.target.id)?.setAttribute("aria-current", "true");
  }, { rootMargin: "-10% 0px -75% 0px" });
  for (const id of links.keys()) {
    const section = document.getElementById(id);
    if (section) watcher.observe(section);
  }
}

/* Focus after a swap: the new heading, or the sentence that says what to mend, is where reading goes on. */
function arrive(root) {
  const target = $("[data-focus]", root) ?? $("h1", root);
  if (!target) return;
  if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
  target.focus({ preventScroll: true });
  if (target.matches("h1")) scrollTo({ top: 0, behavior: "instant" });
  else target.scrollIntoView({ block: "center" });
}
document.addEventListener("htmx:after:swap", () => {
  begin();
  arrive($("#main"));
});
/* A form that came back keeps the address of its page: the one it was sent to cannot be opened again. */
document.addEventListener("htmx:before:history:update", (event) => {
  const { sourceElement, response } = event.detail;
  if (sourceElement.matches("form") && !response.raw.redirected) event.preventDefault();
});
document.addEventListener("htmx:error", () => {
  notice("bad", "Nothing came back from the server. Your answer is still in the form: check the connection and send it again.");
});

/* The clock of an exam. The server keeps the true time; this only shows it, and can be hidden. */
const SAID_AT = [300, 60]; // seconds
let clock = null;
function startClock() {
  clearInterval(clock);
  const timer = $("[data-seconds-left]");
  if (!timer) return;
  const end = Date.now() + Number(timer.dataset.secondsLeft) * 1000;
  const shown = $("[data-clock]", timer);
  let before = Infinity;
  const tick = () => {
    if (!timer.isConnected) return clearInterval(clock);
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
    const two = (n) => String(n).padStart(2, "0");
    shown.textContent = hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
    for (const mark of SAID_AT) {
      if (before > mark && left <= mark && left > 0) announce(mark === 60 ? "One minute left." : `${mark / 60} minutes left.`);
    }
    before = Math.min(before, left);
    if (left === 0) {
      clearInterval(clock);
      announce("Time is up. What was saved counts.");
      save.settled().then(() => location.reload());
    }
  };
  before = Number(timer.dataset.secondsLeft); // a page opened with four minutes left does not announce five
  tick();
  clock = setInterval(tick, 1000);
  hideClock((remembered("clock") ?? timer.dataset.clockShown) === "hidden");
}
function hideClock(hidden) {
  const button = $("[data-hide-clock]");
  if (!button) return;
  $("[data-clock]").hidden = hidden;
  button.setAttribute("aria-pressed", String(hidden));
  $("span", button).textContent = hidden ? "Show the time" : "Hide";
}
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-hide-clock]");
  if (!button) return;
  const hidden = button.getAttribute("aria-pressed") !== "true";
  remember("clock", hidden ? "hidden" : "shown");
  hideClock(hidden);
});

/* Time on a question: only while it can be seen. */
let seenSince = 0;
let seenBefore = 0;
function elapsed() {
  return Math.round(seenBefore + (seenSince ? performance.now() - seenSince : 0));
}
function startElapsed() {
  seenBefore = 0;
  seenSince = document.hidden ? 0 : performance.now();
}
document.addEventListener("visibilitychange", () => {
  seenBefore = elapsed();
  seenSince = document.hidden ? 0 : performance.now();
});
function stampElapsed(form) {
  const field = $("[data-elapsed]", form);
  if (field) field.value = elapsed();
}
document.addEventListener("submit", ({ target }) => stampElapsed(target), true);

/* Saving the choices of an exam. What could not be sent is kept on this device and sent again, oldest first. */
const save = (() => {
  const KEPT = "unsaved:";
  let timer = null;
  let sending = null;
  let wait = 2000;

  const token = () => $('input[name="csrf_token"]')?.value ?? "";
  const waiting = () => {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(KEPT));
    } catch {
      return [];
    }
  };
  const memory = new Map(); // stands in where the device has no storage
  const keep = (url, body) => (memory.set(KEPT + url, body), remember(KEPT + url, body));
  const drop = (key) => (memory.delete(key), remember(key, null));
  const keys = () => [...new Set([...waiting(), ...memory.keys()])];

  function say(state, sentence) {
    const place = $("[data-saved]");
    if (!place || place.textContent === sentence) return;
    place.dataset.state = state;
    place.replaceChildren(icon({ saved: "cloud-check", waiting: "cloud-off", sending: "cloud-check" }[state]), sentence);
  }
  async function send(key) {
    const kept = memory.get(key) ?? remembered(key);
    if (kept === null) return true;
    const body = new URLSearchParams(kept);
    body.set("csrf_token", token());
    let answer;
    try {
      answer = await fetch(key.slice(KEPT.length), { method: "POST", body, headers: { Accept: "application/json" }, signal: AbortSignal.timeout(15000) });
    } catch {
      say("waiting", "Not saved yet: no connection. Your choice is kept on this device and sent as soon as there is one.");
      return false;
    }
    if (answer.ok && !answer.redirected) {
      if ((memory.get(key) ?? remembered(key)) === kept) drop(key); // a newer choice made meanwhile stays
      const { saved } = await answer.json().catch(() => ({}));
      say("saved", `Saved ${saved ?? new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}`);
      return true;
    }
    const here = key === KEPT + $("form[data-save]")?.dataset.save;
    const { error } = await answer.json().catch(() => ({}));
    if ([404, 409, 422].includes(answer.status)) {
      drop(key);
      if (here && answer.status === 422) say("waiting", `${error ?? "This cannot be read."} What was saved before stands.`);
      else if (here) notice("careful", error ?? "This session is closed. What was saved before counts.");
      return true;
    }
    say("waiting", "Not saved yet. If you were signed out, sign in again in another tab: your choice is kept on this device.");
    return false;
  }
  async function flush() {
    clearTimeout(timer);
    sending ??= (async () => {
      let done = true;
      for (const key of keys()) done = (await send(key)) && done;
      return done;
    })().finally(() => (sending = null));
    const done = await sending;
    wait = done ? 2000 : Math.min(wait * 2, 30000);
    if (keys().length) timer = setTimeout(flush, done ? 0 : wait);
    return done;
  }
  function note(form) {
    stampElapsed(form);
    const body = new URLSearchParams(new FormData(form));
    body.delete("csrf_token"); // a fresh one is put in when it is sent
    keep(form.dataset.save, String(body));
  }
  function later(form, pause) {
    note(form);
    say("sending", "Saving …");
    clearTimeout(timer);
    timer = setTimeout(flush, pause);
  }
  addEventListener("online", flush);
  addEventListener("beforeunload", (event) => {
    if ($("form[data-save]") && memory.size) event.preventDefault();
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.form?.closest("form[data-save]");
    if (form) later(form, 0);
  });
  document.addEventListener("input", ({ target }) => {
    const form = target.matches('textarea, input[type="text"], input:not([type])') && target.form?.closest("form[data-save]");
    if (form) later(form, 1000);
  });
  // The form carries everything itself: no second sending, and no question about leaving the page.
  document.addEventListener("submit", ({ target }) => {
    if (!target.dataset.save) return;
    clearTimeout(timer);
    memory.clear();
  });
  document.addEventListener("htmx:after:swap", () => $("form[data-save]") || memory.clear());
  return {
    settled: () => (keys().length ? Promise.race([flush(), new Promise((resolve) => setTimeout(resolve, 5000))]) : Promise.resolve()),
    resume() {
      if ($("form[data-save]") && keys().length) flush();
    },
    sent: (form) => drop(KEPT + form.dataset.save),
  };
})();
document.addEventListener("htmx:after:request", ({ target, detail }) => {
  const form = target.closest?.("form[data-save]");
  if (form && detail.ctx.response.status < 400) save.sent(form);
});

/* Marking a question keeps the page, and what was chosen on it, as they are. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-mark]");
  if (!button) return;
  event.preventDefault();
  event.stopPropagation();
  const marked = button.getAttribute("aria-pressed") !== "true";
  const body = new URLSearchParams({ csrf_token: $('[name="csrf_token"]', button.form).value, marked: marked ? "1" : "0" });
  const answer = await fetch(button.formAction, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) {
    notice("bad", "The mark was not kept: no connection. Try again in a moment.");
    return;
  }
  button.setAttribute("aria-pressed", String(marked));
  button.value = marked ? "0" : "1";
  $("span", button).textContent = marked ? "Marked" : "Mark";
  announce(marked ? "Marked." : "Mark removed.");
});

/* A row of pages that is wider than the screen begins with the page that is open. */
function showPlace() {
  for (const here of document.querySelectorAll(":is(.inside, .entry-nav) [aria-current]")) {
    const row = here.closest("ul");
    row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }
}

function begin() {
  unfold();
  showPlace();
  watchSections();
  startClock();
  startElapsed();
  save.resume();
}
begin();
if ($("[data-focus]")) arrive($("#main"));
