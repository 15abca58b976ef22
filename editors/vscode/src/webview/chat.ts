// The chat view: it draws what the extension says and tells it what the user does. It keeps a draft, nothing else.

import { applyEvent, type Chat, type FromView, type ToView } from "../turns.js";
import { createComposer, type Draft } from "./composer.js";
import { fill, h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { createTurn, type TurnView } from "./turn.js";

const vscode = acquireVsCodeApi<Draft>();
const post = (message: FromView) => vscode.postMessage(message);

const views = new Map<string, TurnView>();
const dirty = new Set<string>();
let chat: Chat = { chat: "", title: "", turns: [] };
let model = "";
let server = "starting";
let frame = 0;
let following = true;

const transcript = h("div.turns");
const welcome = h("section.welcome", { "aria-label": "Welcome" });
const scroll = h("main", { tabindex: "0", "aria-label": "Chat" }, welcome, transcript);
const news = h("div.unseen", { role: "status", "aria-live": "polite" });
const banner = h("div.banner", { role: "status", hidden: true });
const latest = iconButton("Go to the latest", icon("down"), () => {
  following = true;
  follow();
});
latest.classList.add("latest");
latest.hidden = true;
const composer = createComposer(post, vscode.getState() ?? { text: "", named: [] }, () =>
  vscode.setState(composer.draft()),
);
document.body.append(scroll, h("div.dock", {}, latest, banner, composer.element), news);

function follow() {
  if (following) {
    scroll.scrollTop = scroll.scrollHeight;
  }
  latest.hidden = following;
}

scroll.addEventListener("scroll", () => {
  following = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 24;
  latest.hidden = following;
});
new ResizeObserver(follow).observe(scroll);

/** One paint per frame, however many events came; a hidden view has no frames, and draws when it is shown. */
function paint() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    for (const name of dirty) {
      const turn = chat.turns.find(({ turn }) => turn === name);
      if (turn) {
        views.get(name)?.update(turn);
      }
    }
    dirty.clear();
    follow();
  });
}

function drawChat() {
  views.clear();
  dirty.clear();
  for (const turn of chat.turns) {
    views.set(turn.turn, createTurn(turn, post));
  }
  fill(transcript, ...[...views.values()].map(view => view.element));
  drawWelcome();
  drawRunning();
  following = true;
  requestAnimationFrame(follow);
}

function drawRunning() {
  composer.setRunning(chat.turns.some(turn => turn.state === "running"));
}

function drawWelcome() {
  welcome.hidden = chat.turns.length > 0;
  const ask = (text: string) =>
    h(
      "button.starter",
      {
        type: "button",
        onclick: () => post({ type: "send", text, named: [{ kind: "file", label: "file" }] }),
      },
      text,
    );
  const command = (name: Extract<FromView, { type: "command" }>["command"], label: string) =>
    h("button.link", { type: "button", onclick: () => post({ type: "command", command: name }) }, label);
  const demo = model.startsWith("demo/");
  fill(
    welcome,
    h("h1", {}, "Ask beside your code"),
    h(
      "p",
      {},
      demo
        ? "You are talking to the built-in demo. It works offline, needs no key, and nothing leaves this machine."
        : `What you send goes to ${model}, and nowhere else.`,
    ),
    h(
      "div.starters",
      {},
      ask("What does this file do?"),
      ask("What could go wrong in this file?"),
      ask("How would I test this file?"),
    ),
    h(
      "p",
      {},
      command("chooseModel", "Choose a model"),
      " · ",
      command("saveKey", "Save a key"),
      " · ",
      command("settings", "Settings"),
    ),
  );
}

function drawBanner() {
  banner.hidden = server === "running";
  const restart = h(
    "button",
    { type: "button", onclick: () => post({ type: "command", command: "restart" }) },
    "Start it now",
  );
  fill(
    banner,
    server === "starting" ? "The server is starting…" : "The server is not running; your chats are kept. ",
    server === "stopped" && restart,
  );
}

function hear(message: ToView) {
  switch (message.type) {
    case "chat":
      chat = message.chat;
      drawChat();
      break;
    case "event": {
      const turn = message.chat === chat.chat && chat.turns.find(({ turn }) => turn === message.turn);
      if (!turn) {
        break;
      }
      const before = turn.state;
      applyEvent(turn, message.event);
      dirty.add(turn.turn);
      paint();
      if (turn.state !== before) {
        drawRunning();
        const words = turn.answer.split(/\s+/).length;
        news.textContent = turn.state === "done" ? `The answer is complete, ${words} words.` : "The answer ended.";
      } else if (message.event.kind === "context") {
        news.textContent = "Asked. The answer is coming.";
      }
      break;
    }
    case "context":
      composer.setContext(message.context);
      break;
    case "preview":
      composer.setPreview(message);
      break;
    case "status":
      model = message.model;
      server = message.server;
      composer.setModel(model);
      drawBanner();
      drawWelcome();
      break;
    case "compose":
      composer.compose(message);
      break;
    case "focus":
      composer.focus();
      break;
  }
}

function act(event: Event) {
  const target = event.target instanceof Element ? event.target : undefined;
  const link = target?.closest<HTMLElement>("[data-href]");
  const button = target?.closest<HTMLElement>("[data-act]");
  if (link) {
    post({ type: "link", href: link.dataset.href ?? "" });
    return true;
  }
  const block = button?.closest<HTMLElement>(".code");
  if (!button || !block) {
    return false;
  }
  const text = block.querySelector("code")?.textContent ?? "";
  switch (button.dataset.act) {
    case "copy":
      post({ type: "copy", text });
      break;
    case "insert":
      post({ type: "insert", text });
      break;
    case "apply":
      post({ type: "apply", text, language: block.dataset.language ?? "" });
      break;
  }
  return true;
}

document.addEventListener("click", act);
document.addEventListener("keydown", event => {
  if (event.key === "Enter" && event.target instanceof Element && event.target.matches("a[data-href]")) {
    act(event);
  } else if (event.key === "Escape" && chat.turns.some(turn => turn.state === "running")) {
    post({ type: "stop" });
  }
});
window.addEventListener("message", event => hear(event.data as ToView));
post({ type: "ready" });
