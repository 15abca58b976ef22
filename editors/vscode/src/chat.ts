// The chat view's other half: it relays between the view and the server, and keeps what the view shows while the
// window lives. The transcript that outlives the window is the server's.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import * as vscode from "vscode";
import type { ChatEvent, ChatMarkdown, ChatSummary, ChatTranscript, PreviewResult, Problem } from "../generated/protocol.js";
import { namedNow, offersNow, toMentions } from "./mentions.js";
import { problemOf, type Server } from "./server.js";
import type { StatusItem } from "./status.js";
import type { Chat, Draft, FromView, Handlers, Message, Post, ToView } from "./turns.js";
import { applyEvent, fromTranscript, handle, newTurn, putTurn } from "./turns.js";

const CURRENT = "aside.chat";
const MODELS = "aside.chatModel";
const STOPPED: Problem = { kind: "notFound", title: "the server stopped in mid-answer", next: "What came is kept; ask again." };

type Propose = (instruction: string) => unknown;

export function createChatView(context: vscode.ExtensionContext, server: Server, status: StatusItem, propose: Propose) {
  const { workspaceState } = context;
  const chats = new Map<string, Chat>();
  let view: vscode.WebviewView | undefined;
  let ready = false;
  let draft: Draft | undefined;
  let composing = false;
  let current = workspaceState.get<string>(CURRENT) ?? randomUUID();
  let offersTimer: NodeJS.Timeout | undefined;

  const post: Post<ToView> = (type, body) => ready && void view?.webview.postMessage({ type, body });
  const chat = () => {
    const known = chats.get(current) ?? { chat: current, title: "", turns: [] };
    chats.set(current, known);
    return known;
  };
  const model = () => workspaceState.get<string>(`${MODELS}.${current}`);

  function show() {
    if (view) view.description = chat().title;
    post("chat", chat());
    showStatus();
  }

  const showStatus = () => post("status", { model: model() ?? status.now()?.chat ?? "…", server: server.state() });

  function showOffers() {
    clearTimeout(offersTimer);
    offersTimer = setTimeout(() => post("offers", offersNow()), 100);
  }

  /** Puts the focus where the user writes, as soon as the view is there. */
  function compose(next?: Draft) {
    composing = true;
    draft = next ?? draft;
    if (ready) {
      post("compose", draft);
      draft = undefined;
      composing = false;
    }
  }

  /** The server's transcript, unless what is here knows more. */
  async function load() {
    const known = chat();
    if (known.turns.length > 0 || server.state() === "stopped") return;
    const transcript = await server.request<ChatTranscript>("aside/chat/open", { chat: known.chat }).catch(() => undefined);
    if (transcript && known.turns.length === 0) Object.assign(known, fromTranscript(transcript));
  }

  /** Goes to a kept chat, or begins one: for that there is nothing to wait for. */
  async function select(name?: string) {
    current = name ?? randomUUID();
    void workspaceState.update(CURRENT, current);
    if (name) await load();
    show();
  }

  const question = async ({ named, ...draft }: Draft, turn: string) => {
    return { ...draft, kind: "turn", chat: current, turn, mentions: await toMentions(named), model: model() };
  };

  async function send(draft: Draft, name: string = randomUUID()) {
    const [to, { text, named, allow, again }] = [chat(), draft];
    putTurn(to, newTurn(name, { text, named: namedNow(named), allow, again }));
    to.title ||= text.split("\n")[0]?.slice(0, 60) ?? "";
    show();
    try {
      await server.request("aside/chat/send", { ...(await question(draft, name)), chat: to.chat });
    } catch (error) {
      fail(to.chat, name, problemOf(error));
    }
  }

  const fail = (chat: string, turn: string, problem: Problem) =>
    hear({ chat, turn, seq: 0, event: { kind: "failed", problem } });

  function hear(heard: ChatEvent) {
    const turn = chats.get(heard.chat)?.turns.find(({ turn }) => turn === heard.turn);
    if (turn?.state !== "running") return;
    applyEvent(turn, heard.event);
    post("event", heard);
  }

  /** A server that went away takes its answers under way with it; the next one has the kept chats. */
  function serverChanged() {
    for (const { chat: name, turns } of server.state() === "stopped" ? chats.values() : []) {
      turns.filter(({ state }) => state === "running").forEach(({ turn }) => void fail(name, turn, STOPPED));
    }
    showStatus();
    if (server.state() === "running" && chat().turns.length === 0) void load().then(show);
  }

  async function stop() {
    const turn = chat().turns.find(({ state }) => state === "running");
    if (turn) await server.request("aside/cancel", { kind: "turn", chat: current, turn: turn.turn });
  }

  async function insert(text: string) {
    const editor = vscode.window.activeTextEditor;
    if (!editor) return void vscode.window.showInformationMessage("Open a file to put the code into.");
    await editor.edit(edit => editor.selections.forEach(selection => void edit.replace(selection, text)));
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
  }

  async function preview(draft: FromView["preview"]) {
    const result = await server.request<PreviewResult>("aside/preview", await question(draft, "preview"));
    post("preview", { ...result, id: draft.id });
  }

  const open = (next?: Draft) => vscode.commands.executeCommand("aside.chat.focus").then(() => compose(next));

  async function begin() {
    ready = true;
    await load();
    show();
    showOffers();
    if (composing) compose();
  }

  const handlers: Handlers<FromView> = {
    ready: begin,
    send: draft => send(draft, draft.turn),
    stop,
    retry: name => {
      const turn = chat().turns.find(({ turn }) => turn === name);
      return turn && send(turn, name);
    },
    // A preview that can't be made is no news: sending says why.
    preview: draft => preview(draft).catch(() => undefined),
    previewWhole: async draft => vscode.commands.executeCommand("aside.preview", await question(draft, "preview")),
    typing: () => server.tell("aside/warm", { feature: "chat", model: model() }),
    copy: text => vscode.env.clipboard.writeText(text),
    insert,
    apply: ({ text, language }) => propose(`Put this code into the file where it belongs:\n\`\`\`${language}\n${text}\n\`\`\``),
    link: href => /^(https?|mailto):/i.test(href) && vscode.env.openExternal(vscode.Uri.parse(href)),
    command: name => vscode.commands.executeCommand(`aside.${name}`),
  };

  function resolveWebviewView(resolved: vscode.WebviewView) {
    view = resolved;
    ready = false;
    const dist = vscode.Uri.joinPath(context.extensionUri, "dist");
    resolved.webview.options = { enableScripts: true, localResourceRoots: [dist] };
    resolved.webview.onDidReceiveMessage((message: Message) => handle(handlers, message));
    resolved.onDidDispose(() => {
      ready = false;
      view = undefined;
    });
    resolved.webview.html = page(resolved.webview, dist);
  }

  async function pickChat() {
    const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { chat: string }>();
    const rename = { iconPath: new vscode.ThemeIcon("edit"), tooltip: "Rename" };
    const remove = { iconPath: new vscode.ThemeIcon("trash"), tooltip: "Delete" };
    Object.assign(pick, { title: "Chats", placeholder: "Search titles and messages" });
    const fill = async () => {
      const text = pick.value.trim();
      const search = server.request<ChatSummary[]>(text ? "aside/chat/search" : "aside/chat/list", text ? { text } : undefined);
      const found = await search.catch(() => []);
      if (text === pick.value.trim()) {
        pick.items = found.map(({ chat, title, turns, updated }) => ({
          chat,
          label: title || "Untitled",
          description: `${turns} ${turns === 1 ? "question" : "questions"}, ${new Date(updated * 1000).toLocaleString()}`,
          alwaysShow: true,
          buttons: [rename, remove],
        }));
      }
    };
    pick.onDidChangeValue(fill);
    pick.onDidTriggerItemButton(async ({ item, button }) => {
      await (button === remove ? removeChat : renameChat)(item.chat, item.label);
      await pickChat();
    });
    pick.onDidAccept(() => {
      const [chosen] = pick.selectedItems;
      pick.hide();
      void (chosen && select(chosen.chat).then(() => open()));
    });
    pick.onDidHide(() => pick.dispose());
    pick.show();
    await fill();
  }

  async function removeChat(name: string, title: string) {
    // The one that is named here: the list may have changed under the pointer.
    if (!(await vscode.window.showWarningMessage(`Delete the chat “${title}”?`, { modal: true }, "Delete"))) return;
    await server.request("aside/chat/delete", { chat: name });
    if (chats.delete(name) && name === current) await select();
  }

  async function renameChat(name: string, old: string) {
    const title = await vscode.window.showInputBox({ title: "Rename the chat", value: old });
    if (!title) return;
    await server.request("aside/chat/rename", { chat: name, title });
    Object.assign(chats.get(name) ?? {}, { title });
    show();
  }

  server.on<ChatEvent>("aside/chat/event", hear);
  context.subscriptions.push(
    vscode.window.registerWebviewViewProvider("aside.chat", { resolveWebviewView }),
    server.onState(serverChanged),
    status.onChange(showStatus),
    vscode.window.onDidChangeActiveTextEditor(showOffers),
    vscode.window.onDidChangeTextEditorSelection(showOffers),
    vscode.workspace.onDidOpenTextDocument(showOffers),
    vscode.workspace.onDidCloseTextDocument(showOffers),
    vscode.languages.onDidChangeDiagnostics(showOffers),
    vscode.workspace.onDidChangeConfiguration(showOffers),
    { dispose: () => clearTimeout(offersTimer) },
  );
  return {
    open,
    startChat: () => select().then(() => open()),
    pickChat,
    markdown: async () => (await server.request<ChatMarkdown>("aside/chat/export", { chat: current })).markdown,
    model,
    setModel: async (next: string | undefined) => {
      await workspaceState.update(`${MODELS}.${current}`, next);
      showStatus();
    },
  };
}

/** The page, whose content policy lets nothing in but the extension's own script and styles. */
function page(webview: vscode.Webview, dist: vscode.Uri): string {
  const fields = { nonce: randomUUID(), source: webview.cspSource, dist: webview.asWebviewUri(dist).toString() };
  const html = readFileSync(vscode.Uri.joinPath(dist, "chat.html").fsPath, "utf8");
  return Object.entries(fields).reduce((text, [name, value]) => text.replaceAll(`{{${name}}}`, value), html);
}
