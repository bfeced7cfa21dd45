// Sends an answer without leaving the page. The server's own page stays the one truth: what it
// answers is read as that page, its new turns are added to the log, its form replaces ours.
const log = document.getElementById("log");
const answer = document.getElementById("answer");
const writing = document.getElementById("writing");

document.addEventListener("submit", (event) => {
  event.preventDefault();
  send(event.target, event.submitter);
});

document.addEventListener("keydown", (event) => {
  const plainEnter = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (plainEnter && event.target.id === "text" && matchMedia("(pointer: fine)").matches) {
    event.preventDefault();
    const form = event.target.form;
    form.requestSubmit(form.querySelector("[value=send]"));
  }
});

async function send(form, button) {
  const fields = new URLSearchParams(new FormData(form));
  fields.set("action", button ? button.value : "send");
  setBusy(form, true);
  try {
    const response = await fetch(location.href, { method: "POST", body: fields });
    show(new DOMParser().parseFromString(await response.text(), "text/html"), form);
  } catch {
    fail(form);
  }
}

function show(page, form) {
  const fresh = page.getElementById("answer");
  if (!fresh) return fail(form);
  writing.textContent = "";
  const known = new Set([...log.children].map((turn) => turn.dataset.seq));
  for (const turn of page.querySelectorAll("#log > li")) {
    if (!known.has(turn.dataset.seq)) log.append(document.importNode(turn, true));
  }
  answer.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  (document.getElementById("text") || log).focus({ preventScroll: true });
  log.lastElementChild.scrollIntoView({ block: "nearest" });
}

function fail(form) {
  setBusy(form, false);
  document.getElementById("error").textContent = form.dataset.failed;
}

function setBusy(form, busy) {
  for (const button of form.querySelectorAll("button")) button.disabled = busy;
  writing.textContent = busy ? writing.dataset.words : "";
}
