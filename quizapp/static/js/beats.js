/* While a page of an activity with credit is looked at it says so every half minute: not in a hidden tab, not a minute
   after the last key, touch or scroll. The server counts; what is sent twice counts once. */

const EVERY = 30_000;
const IDLE = 60_000;
let active = performance.now();

function busy() {
  return !document.hidden && performance.now() - active <= IDLE;
}

function beat() {
  const place = document.querySelector("[data-beat]");
  if (!place) return;
  const body = new URLSearchParams({ csrf_token: place.dataset.token, place: place.dataset.place });
  // A beat that is lost is made up for by the next one.
  fetch(place.dataset.beat, { method: "POST", body, keepalive: true, headers: { Accept: "application/json" } }).catch(() => {});
}

for (const sign of ["pointerdown", "pointermove", "keydown", "scroll", "touchmove"]) {
  addEventListener(sign, () => {
    const slept = !busy();
    active = performance.now();
    if (slept && !document.hidden) beat(); // a new stretch begins
  }, { passive: true, capture: true });
}
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) active = performance.now();
  beat(); // the end of a stretch, or the beginning of one
});
setInterval(() => busy() && beat(), EVERY);

/* What a form tells: that the time on this page was measured, so that the server need not guess it. */
function tell() {
  for (const field of document.querySelectorAll("[data-measured]")) field.value = "1";
}
document.addEventListener("htmx:after:swap", tell);
tell();
beat();
