// The chat view: it draws what the extension says and tells it what the user does. It keeps a draft, nothing else.

import type { Chat, Command, Draft, FromView, Handlers, Post, ToView } from "../turns.js";
import { applyEvent, handle } from "../turns.js";
import { createComposer } from "./composer.js";
import { button, fill, h, iconButton } from "./dom.js";
import { icon } from "./icons.js";
import { createTurn, type TurnView } from "./turn.js";

const vscode = acquireVsCodeApi<Draft>();
const post: Post<FromView> = (type, body) => vscode.postMessage({ type, body });
const command = (name: Command) => () => post("command", name);

const views = new Map<string, TurnView>();
const dirty = new Set<string>();
let chat: Chat = { chat: "", title: "", turns: [] };
let model = "";
let frame: number | undefined;
let following = true;
let lastTop = 0;

const transcript = h("div.turns");
const welcome = h("section.welcome", { "aria-label": "Welcome" });
const scroll = h("main", { tabindex: "0", "aria-label": "Chat" }, h("h1.unseen", {}, "Aside"), welcome, transcript);
const news = h("div.unseen", { role: "status" });
const banner = h("div.banner", { role: "status", hidden: true });
const latest = iconButton("Go to the latest", icon("down"), () => follow(true));
const composer = createComposer(post, vscode.getState() ?? { text: "", named: [] }, draft => vscode.setState(draft));
latest.classList.add("latest");
document.body.append(scroll, h("section.dock", { "aria-label": "Your next question" }, latest, banner, composer.element), news);

/** Keeps the end in sight while the user has not scrolled away from it. */
function follow(now = following) {
  following = now;
  if (following) scroll.scrollTop = scroll.scrollHeight;
  latest.hidden = following;
}

/** One paint per frame, however many events came; a hidden view has no frames, and draws when it is shown. */
function paint() {
  if (frame !== undefined) return;
  frame = requestAnimationFrame(() => {
    frame = undefined;
    for (const turn of chat.turns.filter(({ turn }) => dirty.delete(turn))) {
      if (views.get(turn.turn)?.update(turn)) dirty.add(turn.turn);
    }
    follow();
    if (dirty.size > 0) paint();
  });
}

function drawChat(next: Chat) {
  chat = next;
  views.clear();
  for (const turn of chat.turns) {
    views.set(turn.turn, createTurn(turn, post));
    dirty.add(turn.turn);
  }
  fill(transcript, ...[...views.values()].map(({ element }) => element));
  drawWelcome();
  drawRunning();
  following = true;
  paint();
}

function drawRunning() {
  composer.setRunning(chat.turns.some(({ state }) => state === "running"));
}

function drawWelcome() {
  const ask = (text: string) =>
    button(".starter", text, () => post("send", { text, named: [{ kind: "file", label: "file" }] }));
  const where = model.startsWith("demo/")
    ? "You are talking to the built-in demo. It works offline, needs no key, and nothing leaves this machine."
    : `What you send goes to ${model}, and nowhere else.`;
  const links = [
    button(".link", "Choose a model", command("chooseModel")),
    button(".link", "Save a key", command("saveKey")),
    button(".link", "Settings", command("settings")),
  ];
  const starters = ["What does this file do?", "What could go wrong in this file?", "How would I test this file?"].map(ask);
  welcome.hidden = chat.turns.length > 0;
  const paragraphs = [h("h2", {}, "Ask beside your code"), h("p", {}, where)];
  fill(welcome, ...paragraphs, h("div.starters", {}, ...starters), h("p.links", {}, ...links));
}

function drawStatus({ model: next, server }: ToView["status"]) {
  model = next;
  composer.setModel(model);
  banner.hidden = server === "running";
  const stopped = server === "stopped";
  const words = stopped ? "The server is not running. Your chats are kept." : "The server is starting…";
  fill(banner, words, stopped && button("", "Start it now", command("restart")));
  drawWelcome();
}

function drawEvent(message: ToView["event"]) {
  const turn = message.chat === chat.chat && chat.turns.find(({ turn }) => turn === message.turn);
  if (!turn) return;
  applyEvent(turn, message.event);
  dirty.add(turn.turn);
  paint();
  if (turn.state !== "running") {
    drawRunning();
    const words = turn.answer.split(/\s+/).length;
    news.textContent = turn.state === "done" ? `The answer is complete, ${words} words.` : "The answer ended.";
  } else if (message.event.kind === "context") {
    news.textContent = "Asked. The answer is coming.";
  }
}

const handlers: Handlers<ToView> = {
  chat: drawChat,
  event: drawEvent,
  offers: composer.setOffers,
  preview: composer.setPreview,
  status: drawStatus,
  compose: composer.compose,
};

/** The answer's own links and buttons. */
function act({ target }: Event) {
  const on = target instanceof Element ? target : undefined;
  const href = on?.closest<HTMLElement>("[data-href]")?.dataset.href;
  if (href) post("link", href);
  const type = on?.closest<HTMLElement>("[data-act]")?.dataset.act;
  const block = on?.closest<HTMLElement>(".code");
  const text = block?.querySelector("code")?.textContent ?? "";
  if (type === "copy" || type === "insert") {
    post(type, text);
    news.textContent = type === "copy" ? "Copied." : "Put in at the cursor.";
  } else if (type === "apply") {
    post("apply", { text, language: block?.dataset.language ?? "" });
  }
}

// Only going up is the user's: the end also moves away by itself, when something is drawn or the view grows narrow.
scroll.addEventListener("scroll", () => {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 24;
  const wentUp = scroll.scrollTop < lastTop;
  lastTop = scroll.scrollTop;
  follow(atEnd || (following && !wentUp));
});
const resized = new ResizeObserver(() => follow());
resized.observe(scroll);
resized.observe(transcript);
document.addEventListener("click", act);
document.addEventListener("keydown", event => {
  if (event.key === "Enter" && event.target instanceof Element && event.target.matches("[data-href]")) {
    act(event);
  } else if (event.key === "Escape" && chat.turns.some(({ state }) => state === "running")) {
    post("stop", undefined);
  }
});
window.addEventListener("message", event => handle(handlers, event.data));
post("ready", undefined);
