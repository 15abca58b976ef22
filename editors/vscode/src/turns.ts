// What the chat view shows, as plain data, and how the server's events change it. Both sides of the webview use it.

import type { ChatEvent, ChatTranscript, OtherModel, PreviewResult, Problem, TurnEvent, Usage } from "../generated/protocol.js";

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
  /** Files that go along this once, though a rule keeps them back. */
  allow?: string[];
  /** With what went along before, which the server has: `named` doesn't outlive the window. */
  again?: boolean;
}

export interface Turn extends Draft {
  turn: string;
  answer: string;
  reasoning: string;
  state: "running" | "done" | "failed" | "cancelled";
  sent?: Extract<TurnEvent, { kind: "context" }>;
  fallbacks: Extract<TurnEvent, { kind: "fallback" }>[];
  usage?: Usage;
  cost?: string;
  waiting?: { seconds?: number; problem?: Problem; place?: number };
  problem?: Problem;
  cut?: boolean;
}

export interface Chat {
  chat: string;
  title: string;
  turns: Turn[];
}

/** What the extension tells the view, by the message's type. */
export interface ToView {
  chat: Chat;
  event: ChatEvent;
  offers: Named[];
  preview: PreviewResult & { id: number };
  status: { model: string; server: "starting" | "running" | "stopped" };
  compose: Draft | undefined;
}

/** What the view tells the extension. */
export interface FromView {
  ready: undefined;
  send: Draft & { turn?: string };
  stop: undefined;
  retry: string;
  typing: undefined;
  preview: Draft & { id: number };
  previewWhole: Draft;
  copy: string;
  insert: string;
  apply: { text: string; language: string };
  link: string;
  command: string;
}

/** One message either way: its type and what it holds. */
export type Message = { type: string; body: unknown };

/** Who answers each type of message. */
export type Handlers<T> = { [type in keyof T]: (body: T[type]) => unknown };
export type Post<T> = <type extends keyof T>(type: type, body: T[type]) => void;

/** Hands a message to the one who answers its type; there is nobody else on either side to send one. */
export const handle = <T>(handlers: Handlers<T>, { type, body }: Message): unknown =>
  handlers[type as keyof T](body as T[keyof T]);

export const newTurn = (turn: string, draft: Draft): Turn => {
  return { ...draft, turn, answer: "", reasoning: "", fallbacks: [], state: "running" };
};

/** Puts a turn in: in place of an earlier one with its name, whose later turns go, or at the end. */
export function putTurn(chat: Chat, turn: Turn) {
  const at = chat.turns.findIndex(({ turn: name }) => name === turn.turn);
  chat.turns.splice(at < 0 ? chat.turns.length : at, chat.turns.length, turn);
}

export function applyEvent(turn: Turn, event: TurnEvent) {
  const { kind, ...facts } = event;
  turn.waiting = event.kind === "waiting" || (event.kind === "queued" && event.place > 0) ? event : undefined;
  if (event.kind === "text") turn.answer += event.text;
  else if (event.kind === "reasoning") turn.reasoning += event.text;
  else if (event.kind === "context") turn.sent = event;
  else if (event.kind === "fallback") turn.fallbacks.push(event);
  else if (event.kind === "usage") Object.assign(turn, facts);
  else if (kind === "done" || kind === "failed" || kind === "cancelled") Object.assign(turn, facts, { state: kind });
}

/** A chat as the server keeps it: what happened in a turn is told by the same events. */
export function fromTranscript({ chat, title, messages }: ChatTranscript): Chat {
  const made: Chat = { chat, title, turns: [] };
  for (const { turn, role, text, events = [] } of messages) {
    const last = made.turns.at(-1);
    if (role === "user") made.turns.push(newTurn(turn, { text, named: [], again: true }));
    else if (last) [{ kind: "text", text } as const, ...events].forEach(event => void applyEvent(last, event));
  }
  return made;
}

/** Which models are asked next, if the one that is asked gives no answer. */
export const nextModels = (fallbacks: OtherModel[] = []) =>
  fallbacks.map(({ model, origin }) => ` If that gives no answer, ${model} at ${origin} is asked.`).join("");

export function sentence({ title, detail, next }: Problem): string {
  const words = detail ? ` (${detail.trim().replace(/\.$/, "")})` : "";
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}${words}. ${next}`;
}
