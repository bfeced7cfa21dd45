// The respondent's page, when scripts run: the same forms, without leaving the page.
//
// An answer is stored here until the server has it, under an id of its own: it survives a lost
// connection, a reload and a restart of the server, and is never taken twice. What the server says
// comes as one `state`, and is shown as text, never as markup.
const at = (id) => document.getElementById(id);
const main = document.querySelector("main");
const [log, form, text, error, writing] = ["log", "answer", "text", "error", "writing"].map(at);
const words = form ? form.dataset : {};
const isPlain = document.body.classList.contains("plain");
const frame = main.dataset.start ? { start: main.dataset.start, origin: main.dataset.origin } : null;
const LONGEST_WAIT = 30000; // milliseconds between two tries
const PHOTO_SIDE = 1600; // pixels; the server keeps no more

const storage = ownStorage();

let path = main.dataset.path;
let kept = { draft: "", pending: [] }; // `pending`: answers that the server may not have
let wait = 1000;
let timer = 0;
let channel = null;

document.documentElement.classList.add("scripted");

// What is kept in this tab

const key = () => `interviewer:${path}`;

// A browser may deny it to a frame of another site; then a reload begins anew.
function ownStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function keep() {
  if (path) storage?.setItem(key(), JSON.stringify(kept));
}

function recall() {
  kept = { ...kept, ...JSON.parse(storage?.getItem(key()) || "{}") };
  if (text && !text.value) text.value = kept.draft;
  const known = new Set([...log.children].map((turn) => turn.dataset.id));
  kept.pending = kept.pending.filter((answer) => !known.has(answer.message_id));
  for (const answer of kept.pending) answer.underway = false;
  for (const answer of kept.pending) showPending(answer);
}

// The log

const lastSeq = () => Math.max(-1, ...[...log.querySelectorAll("[data-seq]")].map((turn) => +turn.dataset.seq));

function turnElement(turn) {
  const item = at("turn").content.firstElementChild.cloneNode(true);
  const [who, said] = item.children;
  item.className = turn.speaker;
  if (turn.speaker === "respondent") item.setAttribute("aria-live", "off"); // own words are known
  who.textContent = `${turn.author || log.dataset[turn.speaker]}: `;
  if (turn.author) who.className = "author"; // a person of ours
  said.textContent = turn.text;
  if (turn.language) said.lang = turn.language;
  return item;
}

function showPending(answer) {
  const item = turnElement({ speaker: "respondent", text: answer.shown });
  item.dataset.pending = answer.message_id;
  item.append(made("small", { textContent: words.sending }));
  log.append(item);
  showLast();
  at("replies").hidden = true;
}

const pendingElement = (answer) => log.querySelector(`[data-pending="${answer.message_id}"]`);

function note(answer, words) {
  const item = pendingElement(answer);
  if (item) item.querySelector("small").textContent = words;
  showLast();
}

function show(state) {
  const known = new Set([...log.children].map((turn) => turn.dataset.seq));
  for (const turn of state.turns.filter((turn) => !known.has(String(turn.seq)))) {
    const item = turnElement(turn);
    item.dataset.seq = turn.seq;
    if (turn.message_id) settle(turn.message_id);
    log.insertBefore(item, log.querySelector("[data-pending]"));
    if (isPlain && turn.speaker === "interviewer") ask(turn);
  }
  at("brand").textContent = state.brand;
  at("disclosure").textContent = state.disclosure;
  at("greeting").textContent = state.greeting ?? "";
  at("greeting").hidden = !state.greeting;
  showReplies(state.replies);
  showProgress(state.progress);
  showOffers(state.actions);
  showLast();
  if (isPlain) document.querySelector(".so-far").hidden = lastSeq() < 1;
  if (state.status !== "open") end(state.status);
}

// The end of the log; of a message that is higher than the log, its beginning.
function showLast() {
  if (isPlain) return;
  const [box, last] = [at("conversation"), log.lastElementChild];
  last?.scrollIntoView({ block: "nearest" });
  box.scrollTop = box.scrollHeight;
  if (last?.offsetHeight > box.clientHeight) box.scrollTop += last.getBoundingClientRect().top - box.getBoundingClientRect().top;
}

function ask(turn) {
  at("lead").textContent = turn.lead;
  at("question").textContent = turn.question;
  for (const part of [at("lead"), at("question")]) part.lang = turn.language;
}

const made = (tag, properties) => Object.assign(document.createElement(tag), properties);

function showReplies(groups) {
  const box = at("replies");
  box.hidden = !groups.length || kept.pending.length > 0;
  box.replaceChildren(...groups.map(({ label, buttons }) => {
    const group = made("div", { className: "replies", role: "group", ariaLabel: label || box.dataset.label });
    if (label) group.append(made("p", { textContent: label, ariaHidden: "true" }));
    group.append(...buttons.map(({ text, name }) => made("button", { name: "reply", value: text, textContent: text, ariaLabel: name, formNoValidate: true })));
    return group;
  }));
}

// What became of a choice stands where its button was.
function showOffers(actions) {
  if (!at("offers")) return;
  at("offers").hidden = !actions.length;
  at("offer-list").replaceChildren(
    ...actions.map((one) => {
      const [name, textContent] = [one.said ? "span" : one.link ? "a" : "button", one.label];
      const shown = Object.assign(document.createElement(name), { textContent });
      if (name === "a") Object.assign(shown, { href: one.link, target: "_blank", rel: "noopener noreferrer" });
      if (name === "button") Object.assign(shown, { name: "action_id", value: one.action_id });
      const item = document.createElement("li");
      item.append(shown, " ", Object.assign(document.createElement("small"), { textContent: one.said || one.until || "" }));
      return item;
    }),
  );
}

async function choose(id) {
  const state = at("choose-state");
  try {
    const body = new URLSearchParams({ action_id: id });
    const response = await fetch(`${path}/actions`, { method: "POST", headers: { Accept: "application/json" }, body });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.errors?.[0]?.message || at("offers").dataset.failed);
    showOffers(answer.actions);
    state.className = "unseen"; // it stands beside the action for who sees
    state.textContent = answer.actions.find((one) => one.action_id === id)?.said || "";
  } catch (problem) {
    state.className = "";
    state.textContent = problem instanceof TypeError ? at("offers").dataset.failed : problem.message;
  }
}

function showProgress(progress) {
  at("progress").hidden = !progress;
  if (!progress) return;
  at("progress").firstElementChild.textContent = progress.text;
  Object.assign(at("progress").lastElementChild, { max: progress.parts, value: progress.part });
}

function end(status) {
  const over = document.querySelector(".over");
  if (!over.hidden) return;
  storage?.removeItem(key());
  for (const gone of [form, error, at("photo"), at("stop"), at("progress")]) gone?.remove();
  for (const each of over.children) each.hidden = each.dataset.when !== status;
  over.dataset.status = status;
  over.hidden = false;
  over.focus({ preventScroll: true });
  if (frame) tell({ ended: status });
}

// Answers on their way

function take(action, said) {
  const label = action === "send" ? "" : document.querySelector(`button[value=${action}]`).textContent;
  const shown = `${said.trim()}\n${label}`.trim();
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const answer = { message_id: id, text: said, action, shown };
  kept.pending.push(answer);
  kept.draft = text.value = "";
  keep();
  error.textContent = "";
  text.removeAttribute("aria-invalid");
  showPending(answer);
  text.focus({ preventScroll: true });
  deliver();
}

// One after the other is accepted, in the order they were written; the server may answer several at once.
async function deliver() {
  clearTimeout(timer);
  const answer = kept.pending.find((each) => !each.underway);
  if (!answer || !path) return;
  answer.underway = true;
  note(answer, words.sending);
  try {
    await post(answer);
    wait = 1000;
  } catch (problem) {
    answer.underway = false;
    note(answer, problem.message === "busy" ? words.busy : words.waiting);
    wait = problem.after || wait * 2;
    clearTimeout(timer);
    timer = setTimeout(deliver, Math.min(wait, LONGEST_WAIT));
  } finally {
    if (!kept.pending.some((each) => each.underway)) writing.textContent = "";
  }
}

async function post(answer) {
  const { message_id, text, action } = answer;
  const response = await fetch(`${path}/messages`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
    body: JSON.stringify({ message_id, text, action, after: lastSeq() }),
  });
  if (response.status === 429) throw Object.assign(new Error("busy"), { after: 1000 * response.headers.get("Retry-After") });
  if (response.status === 404) return location.reload();
  if (response.status >= 500) throw new Error("server");
  if (!response.ok) return giveBack(answer, words.failed);
  for await (const { event, data } of events(response.body)) {
    if (event === "writing") {
      writing.textContent ||= words.writing;
      deliver();
    } else if (event === "failed" && data.final) {
      return giveBack(answer, data.message);
    } else if (event === "state") {
      settle(message_id);
      show(data);
      channel?.postMessage("changed");
      return;
    }
  }
  throw new Error("cut off");
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (held + value).split("\n\n");
    held = parts.pop();
    for (const part of parts) {
      const fields = Object.fromEntries(part.split("\n").map((line) => line.split(/: (.*)/s)));
      if (fields.event) yield { event: fields.event, data: JSON.parse(fields.data || "null") };
    }
  }
}

function settle(id) {
  kept.pending = kept.pending.filter((answer) => answer.message_id !== id);
  keep();
  log.querySelector(`[data-pending="${id}"]`)?.remove();
}

function giveBack(answer, why) {
  settle(answer.message_id);
  text.value ||= answer.text;
  fail(why);
}

function fail(why) {
  error.textContent = why;
  text.setAttribute("aria-invalid", "true");
  text.focus();
}

async function refresh() {
  if (!path || !form?.isConnected) return;
  try {
    const response = await fetch(`${path}/messages?after=${lastSeq()}`);
    if (response.ok) show(await response.json());
  } catch {
    // there will be another chance: the next answer brings the state along
  }
  deliver();
}

// What people do

document.addEventListener("submit", (event) => {
  event.preventDefault();
  if (event.target.id === "photo") return;
  if (event.target.id === "choose") return choose(event.submitter.value);
  const { name, value } = event.submitter || { name: "action", value: "send" };
  if (name === "reply") return take("send", value);
  if (value === "send" && !text.value.trim()) return fail(words.empty);
  take(value, value === "skip" || value === "stop" ? "" : text.value);
});

text?.addEventListener("keydown", (event) => {
  const sends = isPlain ? event.ctrlKey || event.metaKey : !event.shiftKey;
  if (event.key !== "Enter" || !sends || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[value=send]"));
});

text?.addEventListener("input", () => {
  kept.draft = text.value;
  keep();
});

addEventListener("online", refresh);
addEventListener("pageshow", (event) => event.persisted && refresh());
document.addEventListener("visibilitychange", () => document.hidden || refresh());

// Photos

at("photo-file")?.addEventListener("change", async (event) => {
  const { sending, arrived, failed, alt } = at("photo").dataset;
  const [state, list] = [at("photo-state"), at("photos")];
  state.textContent = sending;
  try {
    const body = new FormData();
    body.set("photo", await smaller(event.target.files[0]), "photo.jpg");
    const response = await fetch(`${path}/photos`, { method: "POST", headers: { Accept: "application/json" }, body });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.errors?.[0]?.message || failed);
    const image = Object.assign(new Image(), { src: answer.path, alt: alt.replace("{n}", list.children.length + 1) });
    list.append(document.createElement("li"));
    list.lastElementChild.append(image);
    list.hidden = false;
    state.textContent = arrived;
  } catch (problem) {
    state.textContent = problem instanceof TypeError ? failed : problem.message;
  }
  event.target.value = "";
});

// A phone's photo has some megabytes; what the server would keep of it is a tenth.
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, PHOTO_SIDE / Math.max(picture.width, picture.height));
    const canvas = Object.assign(document.createElement("canvas"), { width: picture.width * scale, height: picture.height * scale });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return (await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85))) || file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

// Framed by another page: the interview begins when that page opens it

function tell(message) {
  parent.postMessage({ interviewer: message }, frame.origin);
}

async function begin(opening) {
  const own = `interviewer:${frame.start}`;
  path ||= storage?.getItem(own) || "";
  if (path) {
    const response = await fetch(`${path}/messages`);
    if (response.ok) return enter(await response.json());
    if (response.status !== 404) throw new Error("server");
    storage?.removeItem(own);
    path = "";
  }
  const response = await fetch(frame.start, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...opening, language: document.documentElement.lang }),
  });
  const answer = await response.json();
  if (!response.ok) {
    tell({ refused: answer.detail });
    throw new Error("refused");
  }
  path = answer.path;
  storage?.setItem(own, path);
  enter(answer.state);
}

function enter(state) {
  for (const part of [form, at("pictures"), at("stop")]) if (part) part.hidden = false;
  show(state);
  join();
  tell({ opened: true });
}

function join() {
  recall();
  channel = new BroadcastChannel(key());
  channel.onmessage = refresh;
  deliver();
}

if (frame) {
  import("./theme.js").then((theme) => theme.paint());
  let isOpen = false;
  addEventListener("message", async (event) => {
    if (event.origin !== frame.origin || !event.data.interviewer) return;
    if (isOpen) return text.focus();
    isOpen = true;
    error.textContent = "";
    writing.textContent = words.writing;
    try {
      await begin(event.data.interviewer);
    } catch {
      isOpen = false;
      error.textContent = words.unbegun;
    } finally {
      writing.textContent = "";
    }
  });
  at("close")?.addEventListener("click", () => tell({ close: true }));
  addEventListener("keydown", (event) => event.key === "Escape" && tell({ close: true }));
  new ResizeObserver(() => tell({ height: Math.ceil(document.body.getBoundingClientRect().height) })).observe(document.body);
  tell({ ready: true });
} else if (form) {
  join();
}
if (form) new ResizeObserver(showLast).observe(at("conversation"));
else showLast();
