// Opens a study in a frame: <script src=".../widget.js" data-study="delivery-check" async></script>
(() => {
  const script = document.currentScript;
  const set = script.dataset;
  const ours = new URL(script.src).origin;
  const mode = ["inline", "page"].includes(set.mode) ? set.mode : "bubble";
  const language = (set.lang || document.documentElement.lang || "en").slice(0, 2);
  const label = set.label || { de: "Ihre Meinung", es: "Su opinión", fr: "Votre avis", pt: "A sua opinião" }[language] || "Your feedback";
  const color = /^#?[\da-f]{6}$/i.test(set.color) ? set.color.replace("#", "") : "0f5132";
  const side = set.position === "left" ? "left" : "right";
  const phone = matchMedia("(max-width: 40rem), (max-height: 34rem)");
  const listeners = {};
  let frame, ready, opening;

  // White or black, whichever can be read on the color (WCAG's contrast).
  const light = [0, 2, 4].map((n) => (parseInt(color.slice(n, n + 2), 16) / 255) ** 2.2).reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const ink = light > 0.179 ? "#000" : "#fff";

  const host = document.createElement("interviewer-widget");
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet(); // allowed where a page's policy forbids inline styles
  style.replaceSync(`
    :host { all: initial !important; display: ${mode === "inline" ? "block" : "contents"} !important; }
    button { position: fixed; inset-block-end: 1rem; ${side}: 1rem; z-index: 2147483000; min-height: 48px; padding: 0 1.25rem; font: 600 16px/1.2 system-ui, sans-serif; color: ${ink}; background: #${color}; border: 2px solid ${ink}; border-radius: 24px; cursor: pointer; }
    button:focus-visible { outline: 3px solid #${color}; outline-offset: 3px; }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: normal; }
    dialog { padding: 0; margin: 0; border: 0; overflow: hidden; background: none; position: fixed; z-index: 2147483001; inset: auto; inset-block-end: 1rem; ${side}: 1rem; width: 25rem; height: min(40rem, calc(100vh - 2rem)); max-width: none; max-height: none; border-radius: 16px; box-shadow: 0 8px 40px #0006; }
    dialog.whole { inset: 0; width: 100%; height: 100%; border-radius: 0; }
    dialog:not([open]), button[hidden] { display: none; }
    .inline { height: 28rem; }`);
  root.adoptedStyleSheets = [style];

  const fire = (name, detail) => {
    for (const listener of listeners[name] || []) listener(detail);
    dispatchEvent(new CustomEvent(`interviewer:${name}`, { detail }));
  };

  const button = Object.assign(document.createElement("button"), { type: "button", textContent: label, onclick: () => open() });
  const box = document.createElement(mode === "inline" ? "div" : "dialog");
  if (mode === "inline") box.className = "inline";
  else box.setAttribute("aria-label", label);
  box.oncancel = close; // Esc, where the focus is still outside the frame

  function load() {
    frame = document.createElement("iframe");
    frame.title = label;
    const query = new URLSearchParams({ origin: location.origin, mode, theme: set.theme || "auto", color: set.color ? color : "", lang: language });
    frame.src = `${ours}/widget/${encodeURIComponent(set.study)}?${query}`;
    box.append(frame);
  }

  const send = () => ready && opening && frame.contentWindow.postMessage({ interviewer: opening }, ours);

  function open({ context = set.context || "", signature = set.signature || "" } = {}) {
    opening = { context: typeof context === "string" ? context : JSON.stringify(context), signature };
    if (!frame) load();
    if (mode !== "inline" && !box.open) {
      const whole = mode === "page" || phone.matches;
      box.className = whole ? "whole" : "";
      whole ? box.showModal() : box.show();
      button.hidden = true;
      frame.focus();
    }
    send();
  }

  function close(event) {
    event?.preventDefault();
    if (mode === "inline") return;
    box.close();
    button.hidden = false;
    button.focus();
    fire("closed");
  }

  const commands = { open, close, on: (name, listener) => (listeners[name] ||= []).push(listener) };

  addEventListener("message", (event) => {
    if (event.origin !== ours || event.source !== frame?.contentWindow) return;
    const said = event.data.interviewer || {};
    if (said.ready) send((ready = true));
    if (said.close) close();
    if (said.opened) {
      fire("opened");
      if (mode !== "inline" && document.activeElement === host) frame.focus(), send(); // to its text box
    }
    if (said.ended) fire({ closed: "completed" }[said.ended] || said.ended);
    if (said.height && mode === "inline") box.style.height = `${said.height}px`;
    if (said.refused) console.error(`interviewer: ${said.refused}`), fire("refused", said.refused);
  });

  root.append(box);
  if (mode === "bubble") root.append(button);
  if (mode === "inline") {
    script.after(host);
    new IntersectionObserver(([seen], observer) => seen.isIntersecting && (observer.disconnect(), open())).observe(box);
  } else {
    (document.body || document.documentElement).append(host);
  }
  const waiting = window.interviewer?.q || [];
  window.interviewer = (command, ...rest) => commands[command](...rest);
  for (const call of waiting) window.interviewer(...call);
})();
