// Times in the reader's own zone; the page says UTC without this script.
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
for (const time of document.querySelectorAll("time[datetime]")) {
  time.title = time.textContent;
  time.textContent = format.format(new Date(time.dateTime));
}

// Keys: j and k go down and up a list, or to the interview beside this one; / goes to the search.
const rows = [...document.querySelectorAll("a[data-row]")];
function step(by) {
  if (!rows.length) return document.querySelector(`a[rel=${by > 0 ? "next" : "prev"}]`)?.click();
  const place = rows.indexOf(document.activeElement) + by;
  rows[Math.max(0, Math.min(place, rows.length - 1))].focus();
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else {
    const field = event.key.length === 1 && document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!field) return;
    event.preventDefault();
    field.focus();
  }
});
