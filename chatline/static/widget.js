/* A button, and behind it the chat in a frame that this page can neither read nor record.
   <script src="https://line.example/widget.js" data-site="KEY" data-label="Talk to us" async></script> */
(() => {
  const WORDS = {
    en: ["Talk to someone", "Chat", "The chat did not open here.", "Open it in its own window", "New message"],
    es: ["Habla con alguien", "Chat", "El chat no se abrió aquí.", "Abrirlo en su propia ventana", "Mensaje nuevo"],
    ar: ["تحدّث مع شخص ما", "محادثة", "لم تُفتح المحادثة هنا.", "افتحها في نافذتها", "رسالة جديدة"],
  };
  const STYLE = `
:host {
  all: initial !important; position: fixed !important; z-index: 2147483647 !important; color-scheme: light dark !important;
  --back: #fffefb; --ink: #1c2a2e; --accent: #0d5a61; --on: #fff;
}
@media (prefers-color-scheme: dark) {
  :host { --back: #172123; --ink: #e8eeec; --accent: #84ccc6; --on: #04292c; }
}
* { box-sizing: border-box; font: 1em/1.4 system-ui, sans-serif; }
button, div { position: fixed; inset-inline-end: 16px; border: 1px solid #7d8583; box-shadow: 0 4px 20px #0004; }
button {
  inset-block-end: 16px; z-index: 1; display: flex; gap: 10px; align-items: center; max-width: calc(100vw - 32px);
  min-width: 48px; min-height: 48px; padding: 10px 20px; border: 2px solid var(--on); border-radius: 26px;
  background: var(--accent); color: var(--on); font-weight: 600; text-align: start; cursor: pointer;
}
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
svg { flex: none; width: 24px; height: 24px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
span {
  position: fixed; z-index: 2; inset-block-end: 52px; inset-inline-end: 20px; width: 16px; height: 16px; overflow: hidden;
  border: 2px solid var(--on); border-radius: 8px; background: #c2410c; text-indent: 99px;
}
div {
  inset-block-end: 80px; display: flex; flex-direction: column; visibility: hidden; overflow: hidden; border-radius: 14px;
  width: min(400px, 100vw - 32px); height: min(660px, 100vh - 96px); background: var(--back); color: var(--ink);
}
.open { visibility: visible; }
iframe { flex: 1; width: 100%; min-height: 0; border: 0; }
p { margin: 0; padding: 16px; }
a { color: var(--accent); }
p:empty { display: none; }
span:empty { opacity: 0; }
@media (max-width: 480px), (max-height: 500px) {
  div { inset: var(--top, 0) 0 auto; width: auto; height: 100vh; height: var(--height, 100dvh); border: 0; border-radius: 0; }
  .there { visibility: hidden; }
}
@media (prefers-reduced-motion: no-preference) {
  div { opacity: 0; transition: opacity .15s, visibility .15s; }
  .open { opacity: 1; }
}
@media print { :host { display: none !important; } }`;

  const script = document.currentScript || document.querySelector("script[data-site][src*='/widget.js']");
  const { site, label } = script.dataset;
  const { origin } = new URL(script.src);
  const page = document.documentElement;
  const language = page.lang.slice(0, 2);
  const [talk, title, lost, own, fresh] = WORDS[language] || WORDS.en;
  const check = location.hash.split("#chatline-check=")[1];
  const address = `${origin}/embed/${site}/`;
  const TAG = "chatline-launcher";
  let frame, open, there, timer;

  const make = (tag, attributes, ...children) => {
    const element = document.createElementNS(`http://www.w3.org/${/svg|path/.test(tag) ? "2000/svg" : "1999/xhtml"}`, tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    element.append(...children);
    return element;
  };
  const icon = make("path");
  const mark = make("span", { role: "status" });
  const button = make("button", { type: "button", "aria-controls": "panel" }, make("svg", { viewBox: "0 0 24 24", "aria-hidden": true }, icon), label || talk);
  const notice = make("p", { role: "alert" });
  const panel = make("div", { id: "panel" }, notice);

  const show = () => {
    icon.setAttribute("d", open ? "M5 9l7 7 7-7" : "M4 5h16v11h-9l-5 4v-4H4z");
    button.setAttribute("aria-expanded", open);
    panel.className = open ? "open" : "";
    button.className = open && there ? "there" : "";
  };
  const tell = () => frame.contentWindow.postMessage({ chatline: open ? "open" : "minimised" }, origin);
  const turn = (to) => {
    open = to;
    if (!frame) load();
    show();
    if (there) tell();
    if (open) frame.focus();
    (open ? frame.contentWindow : button).focus();
  };
  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      notice.replaceChildren(lost, " ", make("a", { href: address, target: "_blank", rel: "noreferrer" }, own));
    }, seconds * 1000);
  };
  const load = () => {
    frame = make("iframe", {
      title, src: check ? `${address}check/?token=${check}` : `${address}?language=${language}`, referrerpolicy: "no-referrer",
      sandbox: "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads allow-top-navigation-by-user-activation",
    });
    frame.onload = () => {
      if (frame.matches(":focus")) frame.contentWindow.focus();
      there = false;
      tell();
      wait(2);
    };
    panel.append(frame);
    wait(12);
  };
  const hear = ({ source, origin: from, data }) => {
    if (!frame || source !== frame.contentWindow || from !== origin) return;
    if (data.chatline === "open") {
      clearTimeout(timer);
      notice.textContent = "";
      there = true;
      show();
    }
    if (data.chatline === "close" && open) turn(false);
    if (data.chatline === "unread") mark.textContent = data.unread ? fresh : "";
  };

  const start = () => {
    if (document.querySelector(TAG)) return;
    const host = make(TAG, { dir: getComputedStyle(page).direction });
    const root = host.attachShadow({ mode: "open" });
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
      root.adoptedStyleSheets = [sheet];
    } catch (older) {
      root.append(make("style", {}, STYLE));
    }
    root.append(button, mark, panel);
    button.onclick = () => turn(!open);
    root.onkeydown = ({ key }) => key === "Escape" && open && turn(false);
    addEventListener("message", hear);
    const view = window.visualViewport;
    const fit = () => {
      if (view.scale !== 1) return; // somebody looks closer
      panel.style.setProperty("--height", `${view.height}px`);
      panel.style.setProperty("--top", `${view.offsetTop}px`);
    };
    if (view) ["resize", "scroll"].map((what) => view.addEventListener(what, fit));
    document.body.append(host);
    open = false;
    show();
    if (check) turn(true);
  };
  if (document.body) start();
  else addEventListener("DOMContentLoaded", start);
})();
