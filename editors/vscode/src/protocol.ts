// The custom messages, as TypeScript sees them. The server's `protocol.rs` is their one source.

export interface Position {
  line: number;
  character: number;
}
export interface Range {
  start: Position;
  end: Position;
}
export interface Diagnostic {
  range: Range;
  severity?: number;
  source?: string;
  message: string;
}
export type Mention =
  | { kind: "selection"; uri: string; version: number; range: Range }
  | { kind: "file"; uri: string }
  | { kind: "openFiles" }
  | { kind: "problems"; uri: string; items: Diagnostic[] };

export type ProblemKind =
  | "noKey"
  | "keyRefused"
  | "unknownModel"
  | "rateLimited"
  | "overloaded"
  | "promptTooLong"
  | "network"
  | "certificate"
  | "streamEndedEarly"
  | "provider"
  | "declined"
  | "emptyAnswer"
  | "elided"
  | "conflict"
  | "misapplied"
  | "setting"
  | "keyring"
  | "notFound"
  | "internal";
export interface Problem {
  kind: ProblemKind;
  title: string;
  next: string;
  detail?: string;
  retryAfter?: number;
}
export interface Usage {
  input: number;
  output: number;
  cached: number;
  reasoning: number;
}
export interface ContextItem {
  label: string;
  uri?: string;
  range?: Range;
  tokens: number;
  leftOut?: string;
}

export interface ChatSend {
  chat: string;
  turn: string;
  text: string;
  mentions: Mention[];
  model?: string;
}
export type TurnEvent =
  | { kind: "context"; model: string; origin: string; items: ContextItem[]; tokens: number; budget: number }
  | { kind: "text"; text: string }
  | { kind: "reasoning"; text: string }
  | { kind: "waiting"; seconds: number; problem: Problem }
  | { kind: "usage"; usage: Usage }
  | { kind: "done"; cut: boolean }
  | { kind: "failed"; problem: Problem }
  | { kind: "cancelled" };
export interface ChatEvent {
  chat: string;
  turn: string;
  seq: number;
  event: TurnEvent;
}
export interface ChatSummary {
  chat: string;
  title: string;
  turns: number;
  updated: number;
}
export interface ChatMessage {
  turn: string;
  role: "user" | "assistant";
  text: string;
}
export interface ChatTranscript {
  chat: string;
  title: string;
  messages: ChatMessage[];
  running?: string;
}

export interface InlineStart {
  proposal: string;
  uri: string;
  version: number;
  range: Range;
  instruction: string;
  mentions: Mention[];
  model?: string;
}
export type ProposalState =
  | "working"
  | "ready"
  | "applying"
  | "accepted"
  | "rejected"
  | "conflict"
  | "failed"
  | "cancelled";
export interface ProposalHunk {
  id: number;
  range: Range;
  removed: string;
  added: string;
  conflict: boolean;
}
export interface ProposalEvent {
  proposal: string;
  seq: number;
  uri: string;
  version: number;
  state: ProposalState;
  instruction: string;
  model: string;
  range: Range;
  hunks: ProposalHunk[];
  warning?: string;
  problem?: Problem;
  usage?: Usage;
}
export interface ProposalEdit {
  edit?: unknown;
  problem?: Problem;
}

export interface Status {
  chat: string;
  inline: string;
  actions: string;
  keySource?: string;
  busy: number;
  problem?: Problem;
}
export interface ModelsResult {
  models: { id: string; roles: string[] }[];
  problem?: Problem;
}
export interface PreviewResult {
  model: string;
  origin: string;
  path: string;
  body: string;
  items: ContextItem[];
  tokens: number;
}
