// What is wrong with the text, said while it is written; without this script the button does it.
const form = document.getElementById("editor");
const source = document.getElementById("source");
const problems = document.getElementById("problems");
const WAIT = 800; // milliseconds after the last key
let timer, asked = "", busy = false;

async function check() {
  if (busy || source.value === asked) return;
  busy = true;
  asked = source.value;
  problems.setAttribute("aria-busy", "true");
  const about = new URLSearchParams({ form_token: form.elements.form_token.value, source: asked });
  try {
    const answer = await fetch("/studies/check", { method: "POST", body: about });
    if (answer.ok && !answer.redirected) {
      const said = new DOMParser().parseFromString(await answer.text(), "text/html");
      problems.replaceChildren(...said.body.childNodes);
    }
    else problems.textContent = "It cannot be checked now; save keeps what you wrote.";
  } catch {
    problems.textContent = "The server does not answer; your text is still here.";
  }
  problems.removeAttribute("aria-busy");
  busy = false;
  if (source.value !== asked) later();
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(check, WAIT);
}

source.addEventListener("input", later);
problems.addEventListener("click", (event) => {
  const line = Number(event.target.dataset?.line);
  if (!line) return;
  event.preventDefault();
  const lines = source.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  source.focus();
  source.setSelectionRange(start, start + lines[line - 1].length);
  source.scrollTop = (source.scrollHeight / lines.length) * Math.max(0, line - 4);
});
let saving = false;
form.addEventListener("submit", () => { saving = true; });
addEventListener("beforeunload", (event) => {
  if (!saving && source.value !== source.defaultValue) event.preventDefault();
});
check();
