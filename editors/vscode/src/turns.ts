// What the chat view shows, as plain data, and how the server's events change it. Both sides of the webview use it.

import type { ChatTranscript, ContextItem, Problem, TurnEvent, Usage } from "./protocol.js";

/** What the user named with `#`; the extension turns it into the protocol's mention when it sends. */
export interface Named {
  kind: "selection" | "file" | "openFiles" | "problems";
  label: string;
  /** The file, where it is not the one in front. */
  uri?: string;
}

export interface Turn {
  turn: string;
  text: string;
  named: Named[];
  answer: string;
  reasoning: string;
  state: "running" | "done" | "failed" | "cancelled";
  sent?: { model: string; origin: string; items: ContextItem[]; tokens: number; budget: number };
  usage?: Usage;
  waiting?: { seconds: number; problem: Problem };
  problem?: Problem;
  cut?: boolean;
}

export interface Chat {
  chat: string;
  title: string;
  turns: Turn[];
  /** The model picked for this chat; the settings' otherwise. */
  model?: string;
}

/** What `#` can name, and what a suggestion offers: what is in front of the user. */
export interface EditorContext {
  offers: Named[];
}

export type ToView =
  | { type: "chat"; chat: Chat; edit?: boolean }
  | { type: "event"; chat: string; turn: string; event: TurnEvent }
  | { type: "context"; context: EditorContext }
  | { type: "preview"; id: number; items: ContextItem[]; tokens: number; origin: string }
  | { type: "status"; model: string; server: "starting" | "running" | "stopped"; problem?: Problem }
  | { type: "compose"; text: string; named: Named[] }
  | { type: "focus" };

export type FromView =
  | { type: "ready" }
  | { type: "send"; turn?: string; text: string; named: Named[] }
  | { type: "stop" }
  | { type: "retry"; turn: string }
  | { type: "preview"; id: number; text: string; named: Named[] }
  | { type: "copy"; text: string }
  | { type: "insert"; text: string }
  | { type: "apply"; text: string; language: string }
  | { type: "link"; href: string }
  | { type: "command"; command: "newChat" | "chooseModel" | "saveKey" | "settings" | "showLog" | "restart" };

export function newTurn(turn: string, text: string, named: Named[]): Turn {
  return { turn, text, named, answer: "", reasoning: "", state: "running" };
}

/** Puts a turn in: in place of an earlier one with its name, whose later turns go, or at the end. */
export function putTurn(chat: Chat, turn: Turn) {
  const at = chat.turns.findIndex(({ turn: name }) => name === turn.turn);
  chat.turns.splice(at < 0 ? chat.turns.length : at, chat.turns.length, turn);
}

export function applyEvent(turn: Turn, event: TurnEvent) {
  if (event.kind !== "waiting") {
    turn.waiting = undefined;
  }
  switch (event.kind) {
    case "context": {
      const { kind: _, ...sent } = event;
      turn.sent = sent;
      break;
    }
    case "text":
      turn.answer += event.text;
      break;
    case "reasoning":
      turn.reasoning += event.text;
      break;
    case "waiting":
      turn.waiting = { seconds: event.seconds, problem: event.problem };
      break;
    case "usage":
      turn.usage = event.usage;
      break;
    case "done":
      turn.state = "done";
      turn.cut = event.cut;
      break;
    case "failed":
      turn.state = "failed";
      turn.problem = event.problem;
      break;
    case "cancelled":
      turn.state = "cancelled";
      break;
  }
}

/** A chat as the server keeps it. */
export function fromTranscript(transcript: ChatTranscript): Chat {
  const chat: Chat = { chat: transcript.chat, title: transcript.title, turns: [] };
  for (const message of transcript.messages) {
    let turn = chat.turns.find(({ turn }) => turn === message.turn);
    if (!turn) {
      turn = { ...newTurn(message.turn, "", []), state: "done" };
      chat.turns.push(turn);
    }
    if (message.role === "user") {
      turn.text = message.text;
    } else {
      turn.answer = message.text;
    }
    turn.state = message.turn === transcript.running ? "running" : "done";
  }
  return chat;
}

export function sentence(problem: Problem): string {
  const title = problem.title.charAt(0).toUpperCase() + problem.title.slice(1);
  return `${title}${problem.detail ? ` (${problem.detail.trim().replace(/\.$/, "")})` : ""}. ${problem.next}`;
}
