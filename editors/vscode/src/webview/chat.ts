// The chat view: it draws what the extension says and tells it what the user does. It keeps a draft, nothing else.

import type { Chat, Draft, FromView, Handlers, Post, ToView } from "../turns.js";
import { applyEvent, handle } from "../turns.js";
import { createComposer } from "./composer.js";
import { button, fill, icon, one } from "./dom.js";
import { createTurn, type TurnView } from "./turn.js";

const vscode = acquireVsCodeApi<Draft>();
const post: Post<FromView> = (type, body) => vscode.postMessage({ type, body });

const views = new Map<string, TurnView>();
const dirty = new Set<string>();
let chat: Chat = { chat: "", title: "", turns: [] };
let model = "";
let frame: number | undefined;
let following = true;
let lastTop = 0;

const scroll = one("main");
const transcript = one(".turns");
const welcome = one(".welcome");
const news = one(".news");
const banner = one(".banner");
const latest = one(".latest");
const composer = createComposer(post, vscode.getState() ?? { text: "", named: [] }, draft => vscode.setState(draft));

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

const drawRunning = () => composer.setRunning(chat.turns.some(({ state }) => state === "running"));

function drawWelcome() {
  welcome.hidden = chat.turns.length > 0;
  one(".where").textContent = model.startsWith("demo/")
    ? "You are talking to the built-in demo. It works offline, needs no key, and nothing leaves this machine."
    : `What you send goes to ${model}, and to no one whom you did not name.`;
}

function drawStatus({ model: next, server }: ToView["status"]) {
  model = next;
  composer.setModel(model);
  banner.hidden = server === "running";
  const stopped = server === "stopped";
  const words = stopped ? "The server is not running. Your chats are kept." : "The server is starting…";
  fill(banner, words, stopped && button("", "Start it now", () => post("command", "restart")));
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

/** The links and buttons that are not made here. */
function act({ target }: Event) {
  const on = target instanceof Element ? target : undefined;
  const named = (name: string) => on?.closest<HTMLElement>(`[data-${name}]`)?.dataset[name];
  const [href, command, type] = [named("href"), named("command"), named("act")];
  if (href) post("link", href);
  if (on?.matches(".starter")) post("send", { text: on.textContent ?? "", named: [{ kind: "file", label: "file" }] });
  if (command) post("command", command);
  const block = on?.closest<HTMLElement>(".code");
  const text = block?.querySelector("code")?.textContent ?? "";
  if (type === "copy" || type === "insert") {
    post(type, text);
    news.textContent = type === "copy" ? "Copied." : "Put in at the cursor.";
  }
  if (type === "apply") post("apply", { text, language: block?.dataset.language ?? "" });
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
latest.addEventListener("click", () => follow(true));
for (const made of document.querySelectorAll<HTMLElement>("[data-icon]")) made.innerHTML = icon(made.dataset.icon ?? "");
window.addEventListener("message", event => handle(handlers, event.data));
post("ready", undefined);
