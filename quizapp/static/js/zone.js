/* Suggests the browser's time zone where none has been chosen; the form keeps it only when it is sent. */

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
for (const control of document.querySelectorAll('[data-zone="open"]')) {
  const kept = control.value;
  control.value = zone;
  if (control.value !== zone) control.value = kept; // an older name that our list does not hold
}
