// Generated from the server's `protocol.rs`: the custom messages.
/** What the words for mentions in a question stand for. The server takes the words out of it. */
export interface About {
  /** Its diagnostics, of any server. */
  problems?: Diagnostic[];
  /** What was last selected in it. */
  selection?: Range;
  /** The file that the user was last in. */
  uri?: string;
  /** The file's version that `selection` is about. */
  version?: number;
}
/**
 * `aside/cancel`: stop a turn or a proposal. Once it is acknowledged not one byte is read from the provider and no
 * further text comes.
 */
export type Cancel = {
  chat: string;
  kind: "turn";
  turn: string;
} | {
  kind: "proposal";
  proposal: string;
} | {
  kind: "all";
} | {
  kind: "page";
  uri: string;
};
/** `aside/chat/event`: one event of a turn. `seq` counts from 0 without a gap; `done` and `failed` are final. */
export interface ChatEvent {
  chat: string;
  event: TurnEvent;
  /** What is to be said about the turn, for a client that asked for `words`; left out while nothing new is. */
  said?: Said;
  seq: number;
  turn: string;
}
/** `aside/chat/fork`: a new chat that holds the turns up to and with `turn` (all without it). */
export interface ChatFork {
  chat: string;
  /** The new chat's name, given by the client. */
  fork: string;
  turn?: string;
}
/** The answer to `aside/chat/export`. */
export interface ChatMarkdown {
  markdown: string;
}
/** One message of a transcript. */
export interface ChatMessage {
  /**
   * Of an answer: what else happened in its turn, to be taken as those of `aside/chat/event` are. Its text is not
   * among them; its end is, unless it is running. A chat of an earlier version has the end alone.
   */
  events?: TurnEvent[];
  role: Role;
  /** Of an answer: what is to be said about its turn, for a client that asked for `words`. */
  said?: Said;
  text: string;
  turn: string;
}
/** `aside/chat/open`, `delete`, `export`: names a chat. */
export interface ChatName {
  chat: string;
}
/** `aside/chat/rename`: gives a chat a title. */
export interface ChatRename {
  chat: string;
  title: string;
}
/** `aside/chat/search`: chats whose title or messages hold the words. */
export interface ChatSearch {
  text: string;
}
/**
 * `aside/chat/send`: start a turn. Acknowledged at once with `null`; the answer comes as events.
 * One turn at a time in a chat; a second is refused.
 */
export interface ChatSend {
  /** Given, the words `#selection`, `#file`, `#open` and `#problems` in the text are mentions as well. */
  about?: About;
  /**
   * Asks an earlier turn's question again with what went along then, as it was, besides `mentions`: for a turn out
   * of a transcript, whose mentions the client doesn't know.
   */
  again?: boolean;
  /**
   * Uris of files that a rule keeps back and that may go along this once. Without it a selection in one is refused
   * with a problem of the kind `blocked`.
   */
  allow?: string[];
  /** The chat, named by the client; a new name starts a chat. */
  chat: string;
  mentions?: Mention[];
  /** `provider/model` for this turn; the setting otherwise. */
  model?: string;
  /** The user's words. */
  text: string;
  /**
   * The turn, named by the client, unique in the chat. Sending an earlier turn's name again replaces that turn
   * and drops what came after it (an edited question, or a retry).
   */
  turn: string;
}
/** One chat in `aside/chat/list` and `aside/chat/search`, newest first. */
export interface ChatSummary {
  chat: string;
  title: string;
  turns: number;
  /** Seconds since 1970, UTC, of the last turn. */
  updated: number;
}
/** A chat's transcript, the answer to `aside/chat/open`. */
export interface ChatTranscript {
  chat: string;
  messages: ChatMessage[];
  /** The turn under way, if there is one; its further events follow. */
  running?: string;
  title: string;
}
/** What an extension says of itself in `initializationOptions.aside`: which events it draws. */
export interface ClientFeatures {
  /** It shows `aside/chat/event`. */
  chat?: boolean;
  /** It draws `aside/proposal/event`, and applies the edit that `aside/proposal/accept` answers. */
  proposals?: boolean;
  /** It shows `aside/status`. */
  status?: boolean;
  /** It shows a turn by the words in [`ChatEvent::said`], and takes no other meaning from the events. */
  words?: boolean;
}
/** One thing that goes along with a turn or an instruction, or that was left out. */
export interface ContextItem {
  /** The rule that keeps the file back, if one does. Sent again with its uri in `allow`, it goes along once. */
  blocked?: string;
  /** What it is, for a person: `selection main.rs:3-9`, `main.rs`, `2 problems`. */
  label: string;
  /** Why it was left out or cut, if it was. */
  leftOut?: string;
  range?: Range;
  /** Estimated tokens it takes, or would have taken. */
  tokens: number;
  uri?: string;
}
/** A diagnostic as the editor shows it. */
export interface Diagnostic {
  message: string;
  range: Range;
  /** 1 error, 2 warning, 3 information, 4 hint (LSP `DiagnosticSeverity`). */
  severity?: number;
  source?: string;
}
/** A header of the request. */
export interface Header {
  /** Where its value comes from, where that isn't Aside itself. */
  from?: string;
  /** In lower case. */
  name: string;
  /** `None` where it is secret: your key, or a header out of your settings. */
  value?: string;
}
/** `aside/inline/start`: carry out an instruction on a range. Acknowledged at once with `null`. */
export interface InlineStart {
  /**
   * Uris of files that a rule keeps back and that may go along this once. Without it a selection in one is refused
   * with a problem of the kind `blocked`.
   */
  allow?: string[];
  instruction: string;
  mentions?: Mention[];
  /** `provider/model` for this instruction; the setting otherwise. */
  model?: string;
  /** The proposal, named by the client. */
  proposal: string;
  range: Range;
  uri: string;
  /** The document's version that `range` is about; another is refused as stale. */
  version: number;
}
/** What a turn or an instruction is about, beside its text. */
export type Mention = {
  kind: "selection";
  range: Range;
  uri: string;
  version: number;
} | {
  kind: "file";
  uri: string;
} | {
  kind: "openFiles";
} | {
  items: Diagnostic[];
  kind: "problems";
  uri: string;
};
/** One model to choose. */
export interface ModelName {
  /** `provider/model`, as the settings take it. */
  id: string;
  /** The roles that use it: `chat`, `inline`, `actions`. */
  roles: string[];
}
/** `aside/models`: the models to choose from. Without a provider: those the settings name, offline. */
export interface ModelsParams {
  /** Without a provider: look for providers on this machine as well (Ollama, LM Studio, llama.cpp), without a key. */
  local?: boolean;
  /** Ask this provider for its list. What it listed is kept for the session. */
  provider?: string;
  /** Ask the provider anew. */
  refresh?: boolean;
}
/** The answer to `aside/models`. */
export interface ModelsResult {
  models: ModelName[];
  /** Why a list is missing, if it is. */
  problem?: Problem;
}
/** A model that may be asked next, and where the question would go then. */
export interface OtherModel {
  model: string;
  /** For which problems of the model before it, for a person: `it is overloaded`. */
  on?: string[];
  origin: string;
}
/** A zero-based place in a document; `character` counts code units of the negotiated encoding. */
export interface Position {
  character: number;
  line: number;
}
/** `aside/preview`: what a turn, an instruction or a code action would send. Nothing is sent. */
export type Preview = ChatSend & {
  kind: "turn";
} | InlineStart & {
  kind: "inline";
} | RunAction & {
  kind: "action";
};
/** The answer to `aside/preview`. */
export interface PreviewResult {
  /** What goes along and to whom, and what is left out, as lines of words. */
  along: string[];
  /** The body, byte for byte. */
  body: string;
  /**
   * The user's other models that are asked, in this order, if this one gives no answer for a reason that the user
   * named; each time it is said.
   */
  fallbacks?: OtherModel[];
  /** The headers. */
  headers: Header[];
  items: ContextItem[];
  /** How many secrets the body holds placeholders for. */
  masked: number;
  /** `provider/model` that it would go to. */
  model: string;
  /** Where it would go, e.g. `https://api.openai.com`. */
  origin: string;
  /** The request's path, from the origin on. */
  path: string;
  /** Estimated tokens of all that is said to the model, your words included. */
  tokens: number;
}
/** A cause the user can act on. `title` is a lower-case fragment that fits after "could not …: ". */
export interface Problem {
  /** The provider's or the system's own words, where there are any. */
  detail?: string;
  /** The cause. */
  kind: ProblemKind;
  /** What to do next, as a full sentence. */
  next: string;
  /** Seconds to wait before trying again, where they are known. */
  retryAfter?: number;
  /** What happened, as a short lower-case fragment. */
  title: string;
}
/** The closed set of causes, named by what the user can do about them. */
export type ProblemKind = "noKey" | "keyRefused" | "unknownModel" | "rateLimited" | "overloaded" | "promptTooLong" | "network" | "certificate" | "streamEndedEarly" | "provider" | "declined" | "emptyAnswer" | "elided" | "conflict" | "misapplied" | "blocked" | "setting" | "keyring" | "notFound" | "internal";
/** `aside/proposal/accept`: take all open hunks, or the ones named. */
export interface ProposalAccept {
  hunks?: number[];
  proposal: string;
  /** For a hunk in conflict: which side to take. Without it a conflict is refused. */
  take?: Side;
}
/** The answer to `aside/proposal/accept`: either an edit for the named version, or the problem. */
export interface ProposalEdit {
  /**
   * A versioned LSP `WorkspaceEdit` for one document. The client applies it at once if the document's version is
   * still the one named, and asks again otherwise.
   */
  edit?: unknown;
  problem?: Problem;
}
/** `aside/proposal/event`: a proposal as it now stands. It replaces what was said before, whole. */
export interface ProposalEvent {
  /** What was asked and of whom, what went along, in a line of words. */
  about: string;
  /** What the tokens cost by the user's own prices, for a person to read. */
  cost?: string;
  /**
   * The user's other models that are asked, in this order, if this one gives no answer for a reason that the user
   * named.
   */
  fallbacks?: OtherModel[];
  hunks: ProposalHunk[];
  /** Which models gave no answer, and which were asked in their place, in words; `about` says it too. */
  instead?: string[];
  instruction: string;
  /** What went along with it. */
  items: ContextItem[];
  /** How many secrets were replaced by placeholders. */
  masked: number;
  /** `provider/model` that works on it; another one after a fallback. */
  model: string;
  /** Where the question went, e.g. `https://api.openai.com`. */
  origin: string;
  problem?: Problem;
  proposal: string;
  /** Its place in the line before the provider, whose limits hold it up; the first is 1. */
  queued?: number;
  /** The lines that the proposal is about. */
  range: Range;
  /** Counts from 0 without a gap. */
  seq: number;
  state: ProposalState;
  /** How far it is, in a few words: `writing…`, `2 changes`. */
  title: string;
  uri: string;
  usage?: Usage;
  /** The document's version that every range here is about. */
  version: number;
  /** What the user should know before accepting (e.g. that most of the selection goes). */
  warning?: string;
}
/** One change of a proposal: whole lines. */
export interface ProposalHunk {
  /** The text that would stand there. */
  added: string;
  /** The user's typing and the model's text can't both stand here. */
  conflict: boolean;
  /** Stable while the proposal lives. */
  id: number;
  /** The lines it replaces, from the start of a line to the start of a line (or the document's end). */
  range: Range;
  /** The text that stands there now. */
  removed: string;
}
/** `aside/proposal/near`: which proposal, and which of its hunks, a key pressed on a line is about. */
export interface ProposalNear {
  line: number;
  /** Not the nearest, but the next one this way, around the document's end. */
  step?: Step;
  uri: string;
  /** The document's version that `line` is about; another is refused as stale. */
  version: number;
}
/** `aside/proposal/reject`: drop it (or stop it, if the model is still writing). */
export interface ProposalReject {
  /** Only these hunks; all of it otherwise. */
  hunks?: number[];
  proposal: string;
}
/** `aside/proposal/retry`: ask again, on the text as it now stands. */
export interface ProposalRetry {
  /** A further word, added to the instruction. */
  instruction?: string;
  proposal: string;
}
/** The answer to `aside/proposal/near`: a hunk, or a proposal that has none. */
export interface ProposalSpot {
  conflict: boolean;
  hunk?: number;
  /** Its first line. */
  line: number;
  proposal: string;
}
/** Where a proposal stands. */
export type ProposalState = "working" | "ready" | "applying" | "accepted" | "rejected" | "conflict" | "failed" | "cancelled";
/** A half-open range of a document. */
export interface Range {
  end: Position;
  start: Position;
}
/** Who said a message. */
export type Role = "user" | "assistant";
/** `aside.run`: the code action to carry out, where it was offered. */
export interface RunAction {
  /** The action's id: `explain`, `fix`, `improve`, `document`, `test`, `explain-file`, `review-file`, or `user:N`. */
  action: string;
  /** The file may be sent this once, though a rule keeps it back. */
  allow?: boolean;
  diagnostics?: Diagnostic[];
  /** The server's name for where it offered the action: the place is found again after the user typed above it. */
  offer?: number;
  range: Range;
  uri: string;
  version: number;
}
/** What is said about a turn, ready to be shown; it replaces what was said before, whole. */
export interface Said {
  /** Above the answer: what went along and to whom, what was left out, and the reasoning's end while that is all. */
  above: string[];
  /** Below it: what went wrong, and the next step. */
  below?: string;
  /** Beside the answer's heading: the model, how far it is, tokens. */
  beside: string;
}
/** A side of a conflict. */
export type Side = "mine" | "model";
/** A model that can't be asked, and why, as a short fragment. Nothing was sent to its provider. */
export interface Skipped {
  model: string;
  why: string;
}
/** `aside/status`: what a status item shows. */
export interface Status {
  /** `provider/model` for code actions. */
  actions: string;
  /** Model calls under way. */
  busy: number;
  /** `provider/model` for chats. */
  chat: string;
  /** `provider/model` for instructions. */
  inline: string;
  /** Where the chat provider's key comes from; never the key. `None` until the first use. */
  keySource?: string;
  /** The last problem, until the next success. */
  problem?: Problem;
}
/** Which way to go. */
export type Step = "next" | "previous";
/** What happens in a turn. */
export type TurnEvent = {
  budget: number;
  /**
   * The user's other models that are asked, in this order, if this one gives no answer for a reason that the
   * user named; each time it is said.
   */
  fallbacks?: OtherModel[];
  items: ContextItem[];
  kind: "context";
  /** How many secrets are replaced by placeholders. */
  masked: number;
  model: string;
  origin: string;
  tokens: number;
} | {
  kind: "text";
  text: string;
} | {
  kind: "reasoning";
  text: string;
} | {
  kind: "queued";
  place: number;
} | {
  kind: "waiting";
  problem: Problem;
  seconds: number;
} | {
  from: string;
  kind: "fallback";
  origin: string;
  problem: Problem;
  skipped?: Skipped[];
  to: string;
} | {
  cost?: string;
  kind: "usage";
  usage: Usage;
} | {
  cut: boolean;
  kind: "done";
} | {
  kind: "failed";
  problem: Problem;
} | {
  kind: "cancelled";
};
/** Tokens as the provider counted them. */
export interface Usage {
  /** Tokens of the prompt that came out of the provider's cache. */
  cached: number;
  /** Tokens of the prompt, cached ones included. */
  input: number;
  /** Tokens of the answer, reasoning included. */
  output: number;
  /** Tokens of reasoning, where the provider tells them apart. */
  reasoning: number;
  /** Tokens of the prompt that the provider put into its cache, where it tells them apart. */
  written?: number;
}
/**
 * `aside/warm`: the user turns to Aside (opens the input of an instruction, types into a chat), so a question is near. The
 * connection to its provider is opened, without text and without key; never send it for opening, editing or idling.
 */
export interface Warm {
  feature: WarmFeature;
  /** `provider/model` where the user chose another than the setting's. */
  model?: string;
}
/** What the user turns to. */
export type WarmFeature = "chat" | "inline";
