// What the chat view shows, as plain data, and how the server's events change it. Both sides of the webview use it.

import type { ChatTranscript, ContextItem, Problem, TurnEvent, Usage } from "./protocol.js";

/** What the user named with `#`; the extension turns it into the protocol's mention when it sends. */
export interface Named {
  kind: "selection" | "file" | "openFiles" | "problems";
  label: string;
  /** The file, where it is not the one in front. */
  uri?: string;
}

export interface Draft {
  text: string;
  named: Named[];
}

export interface Turn extends Draft {
  turn: string;
  answer: string;
  reasoning: string;
  state: "running" | "done" | "failed" | "cancelled";
  sent?: Extract<TurnEvent, { kind: "context" }>;
  usage?: Usage;
  waiting?: { seconds: number; problem: Problem };
  problem?: Problem;
  cut?: boolean;
}

export interface Chat {
  chat: string;
  title: string;
  turns: Turn[];
}

export type ToView =
  | { type: "chat"; chat: Chat }
  | { type: "event"; chat: string; turn: string; event: TurnEvent }
  | { type: "offers"; offers: Named[] }
  | { type: "preview"; id: number; items: ContextItem[]; tokens: number; origin: string }
  | { type: "status"; model: string; server: "starting" | "running" | "stopped" }
  | { type: "compose"; draft?: Draft };

export type Command = "newChat" | "chooseModel" | "saveKey" | "settings" | "showLog" | "restart";

export type FromView =
  | { type: "ready" | "stop" }
  | ({ type: "send"; turn?: string } & Draft)
  | ({ type: "preview"; id: number } & Draft)
  | { type: "retry"; turn: string }
  | { type: "copy" | "insert"; text: string }
  | { type: "apply"; text: string; language: string }
  | { type: "link"; href: string }
  | { type: "command"; command: Command };

export const newTurn = (turn: string, { text, named }: Draft): Turn => {
  return { turn, text, named, answer: "", reasoning: "", state: "running" };
};

/** Puts a turn in: in place of an earlier one with its name, whose later turns go, or at the end. */
export function putTurn(chat: Chat, turn: Turn) {
  const at = chat.turns.findIndex(({ turn: name }) => name === turn.turn);
  chat.turns.splice(at < 0 ? chat.turns.length : at, chat.turns.length, turn);
}

export function applyEvent(turn: Turn, event: TurnEvent) {
  turn.waiting = event.kind === "waiting" ? event : undefined;
  switch (event.kind) {
    case "waiting":
      break;
    case "context":
      turn.sent = event;
      break;
    case "text":
      turn.answer += event.text;
      break;
    case "reasoning":
      turn.reasoning += event.text;
      break;
    case "usage":
      turn.usage = event.usage;
      break;
    case "done":
    case "failed":
    case "cancelled": {
      const { kind: state, ...facts } = event;
      Object.assign(turn, { state, ...facts });
    }
  }
}

/** A chat as the server keeps it. */
export function fromTranscript({ chat, title, messages, running }: ChatTranscript): Chat {
  const made: Chat = { chat, title, turns: [] };
  for (const { turn: name, role, text } of messages) {
    const turn = made.turns.find(({ turn }) => turn === name) ?? newTurn(name, { text: "", named: [] });
    turn.state = name === running ? "running" : "done";
    turn[role === "user" ? "text" : "answer"] = text;
    if (!made.turns.includes(turn)) {
      made.turns.push(turn);
    }
  }
  return made;
}

export function sentence({ title, detail, next }: Problem): string {
  const words = detail ? ` (${detail.trim().replace(/\.$/, "")})` : "";
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}${words}. ${next}`;
}
