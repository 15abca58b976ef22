// The chat view's other half: it relays between the view and the server, and keeps what the view shows while the
// window lives. The transcript that outlives the window is the server's.

import { randomBytes, randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { namedNow, offersNow, toMentions } from "./mentions.js";
import type { ChatEvent, ChatSummary, ChatTranscript, PreviewResult } from "./protocol.js";
import type { Server } from "./server.js";
import type { StatusItem } from "./status.js";
import {
  applyEvent,
  type Chat,
  type FromView,
  fromTranscript,
  type Named,
  newTurn,
  putTurn,
  type ToView,
} from "./turns.js";

export interface ChatView {
  readonly open: (draft?: { text: string; named: Named[] }) => Promise<void>;
  readonly newChat: () => Promise<void>;
  readonly pickChat: () => Promise<void>;
  readonly markdown: () => Promise<string>;
  readonly stop: () => Promise<void>;
  readonly model: () => string | undefined;
  readonly setModel: (model: string | undefined) => void;
}

const CURRENT = "aside.chat";
const MODELS = "aside.chatModels";

export function createChatView(
  context: vscode.ExtensionContext,
  server: Server,
  status: StatusItem,
  propose: (instruction: string) => Promise<void>,
): ChatView {
  const chats = new Map<string, Chat>();
  let view: vscode.WebviewView | undefined;
  let ready = false;
  let draft: { text: string; named: Named[] } | undefined;
  let current = context.workspaceState.get<string>(CURRENT) ?? randomUUID();

  const post = (message: ToView) => {
    if (ready) {
      void view?.webview.postMessage(message);
    }
  };
  const chat = (name = current): Chat => {
    const known = chats.get(name) ?? { chat: name, title: "", turns: [] };
    chats.set(name, known);
    return known;
  };
  const models = () => context.workspaceState.get<{ [chat: string]: string }>(MODELS, {});
  const model = () => models()[current];
  const running = () => chat().turns.find(turn => turn.state === "running");

  function show() {
    if (view) {
      view.description = chat().title;
    }
    post({ type: "chat", chat: chat() });
    showStatus();
  }

  function showStatus() {
    post({
      type: "status",
      model: model() ?? status.now()?.chat ?? "…",
      server: server.state(),
      problem: status.now()?.problem,
    });
  }

  function showContext() {
    post({ type: "context", context: { offers: offersNow() } });
  }

  /** The server's transcript, unless a turn under way here knows more. */
  async function load(name: string) {
    if (chats.get(name)?.turns.length || server.state() !== "running") {
      return;
    }
    const transcript = await server.request<ChatTranscript | null>("aside/chat/open", { chat: name }).catch(() => null);
    if (transcript && !chats.get(name)?.turns.length) {
      chats.set(name, fromTranscript(transcript));
    }
  }

  async function select(name: string) {
    current = name;
    await context.workspaceState.update(CURRENT, name);
    await load(name);
    show();
  }

  async function send(text: string, named: Named[], name = randomBytes(8).toString("hex")) {
    const to = chat();
    const turn = newTurn(name, text, namedNow(named));
    putTurn(to, turn);
    to.title ||= text.split("\n")[0]?.slice(0, 60) ?? "";
    show();
    try {
      const mentions = await toMentions(named);
      await server.request("aside/chat/send", { chat: to.chat, turn: name, text, mentions, model: model() });
    } catch (error) {
      fail(to.chat, name, error);
    }
  }

  function fail(name: string, turn: string, error: unknown) {
    const title = error instanceof Error ? error.message : String(error);
    const problem = { kind: "internal" as const, title, next: "Ask again." };
    hear({ chat: name, turn, seq: 0, event: { kind: "failed", problem } });
  }

  function hear({ chat: name, turn: turnName, event }: ChatEvent) {
    const turn = chats.get(name)?.turns.find(({ turn }) => turn === turnName);
    if (turn && turn.state === "running") {
      applyEvent(turn, event);
    }
    if (name === current) {
      post({ type: "event", chat: name, turn: turnName, event });
    }
  }

  /** A server that went away takes its answers under way with it. */
  function serverChanged() {
    if (server.state() === "stopped") {
      for (const [name, known] of chats) {
        for (const turn of known.turns.filter(({ state }) => state === "running")) {
          fail(name, turn.turn, "the server stopped in mid-answer; what came so far is kept");
        }
      }
    }
    showStatus();
    if (server.state() === "running") {
      void load(current).then(show);
    }
  }

  async function stop() {
    const turn = running();
    if (turn) {
      await server.request("aside/cancel", { kind: "turn", chat: current, turn: turn.turn }).catch(() => undefined);
    }
  }

  async function insert(text: string) {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("Open a file to insert the code into.");
      return;
    }
    await editor.edit(edit => editor.selections.forEach(selection => void edit.replace(selection, text)));
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
  }

  async function preview(id: number, text: string, named: Named[]) {
    const mentions = await toMentions(named);
    const params = {
      kind: "turn",
      chat: current,
      turn: running()?.turn ?? "preview",
      text,
      mentions,
      model: model(),
    };
    const result = await server.request<PreviewResult>("aside/preview", params).catch(() => undefined);
    if (result) {
      post({
        type: "preview",
        id,
        items: result.items,
        tokens: result.tokens,
        origin: result.origin || result.model,
      });
    }
  }

  function fromView(message: FromView): unknown {
    switch (message.type) {
      case "ready":
        ready = true;
        return load(current).then(() => {
          show();
          showContext();
          if (draft) {
            post({ type: "compose", ...draft });
            draft = undefined;
          }
        });
      case "send":
        return send(message.text, message.named, message.turn);
      case "stop":
        return stop();
      case "retry": {
        const turn = chat().turns.find(({ turn }) => turn === message.turn);
        return turn && send(turn.text, turn.named, turn.turn);
      }
      case "preview":
        return preview(message.id, message.text, message.named);
      case "copy":
        return vscode.env.clipboard.writeText(message.text);
      case "insert":
        return insert(message.text);
      case "apply":
        return propose(
          `Put this code into the file where it belongs:\n\`\`\`${message.language}\n${message.text}\n\`\`\``,
        );
      case "link":
        return /^(https?|mailto):/i.test(message.href) && vscode.env.openExternal(vscode.Uri.parse(message.href));
      case "command":
        return vscode.commands.executeCommand(`aside.${message.command}`);
    }
  }

  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(resolved) {
      view = resolved;
      ready = false;
      const root = vscode.Uri.joinPath(context.extensionUri, "dist");
      const media = vscode.Uri.joinPath(context.extensionUri, "media");
      resolved.webview.options = { enableScripts: true, localResourceRoots: [root, media] };
      resolved.webview.onDidReceiveMessage(fromView);
      resolved.onDidDispose(() => {
        ready = false;
        view = undefined;
      });
      resolved.webview.html = page(resolved.webview, root, media);
    },
  };

  let timer: NodeJS.Timeout | undefined;
  const contextChanged = () => {
    clearTimeout(timer);
    timer = setTimeout(showContext, 100);
  };
  server.on<ChatEvent>("aside/chat/event", hear);
  context.subscriptions.push(
    vscode.window.registerWebviewViewProvider("aside.chat", provider),
    vscode.window.registerWebviewViewProvider("aside.chatSide", provider),
    server.onState(serverChanged),
    status.onChange(showStatus),
    vscode.window.onDidChangeActiveTextEditor(contextChanged),
    vscode.window.onDidChangeTextEditorSelection(contextChanged),
    vscode.workspace.onDidOpenTextDocument(contextChanged),
    vscode.workspace.onDidCloseTextDocument(contextChanged),
    vscode.languages.onDidChangeDiagnostics(contextChanged),
    { dispose: () => clearTimeout(timer) },
  );

  async function pickChat() {
    const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { chat: string }>();
    const rename = { iconPath: new vscode.ThemeIcon("edit"), tooltip: "Rename" };
    const remove = { iconPath: new vscode.ThemeIcon("trash"), tooltip: "Delete" };
    pick.title = "Chats";
    pick.placeholder = "Search titles and messages";
    const fillPick = async (text: string) => {
      const method = text ? "aside/chat/search" : "aside/chat/list";
      const list = await server.request<ChatSummary[]>(method, text ? { text } : {}).catch(() => []);
      pick.items = list.map(({ chat, title, turns, updated }) => ({
        chat,
        label: title || "Untitled",
        description: `${turns} ${turns === 1 ? "question" : "questions"}`,
        detail: new Date(updated * 1000).toLocaleString(),
        alwaysShow: true,
        picked: chat === current,
        buttons: [rename, remove],
      }));
    };
    pick.onDidChangeValue(fillPick);
    pick.onDidTriggerItemButton(async ({ item, button }) => {
      if (button === remove) {
        await server.request("aside/chat/delete", { chat: item.chat });
        chats.delete(item.chat);
        await fillPick(pick.value);
        if (item.chat === current) {
          await select(randomUUID());
        }
        return;
      }
      const title = await vscode.window.showInputBox({ title: "Rename the chat", value: item.label });
      if (title) {
        await server.request("aside/chat/rename", { chat: item.chat, title });
        chat(item.chat).title = title;
        show();
      }
    });
    pick.onDidAccept(() => {
      const chosen = pick.selectedItems[0];
      pick.hide();
      if (chosen) {
        void select(chosen.chat);
      }
    });
    pick.onDidHide(() => pick.dispose());
    pick.show();
    await fillPick("");
  }

  return {
    open: async next => {
      draft = next;
      await vscode.commands.executeCommand(`${view?.viewType ?? "aside.chat"}.focus`);
      if (ready && draft) {
        post({ type: "compose", ...draft });
        draft = undefined;
      } else {
        post({ type: "focus" });
      }
    },
    newChat: async () => {
      await select(randomUUID());
      post({ type: "focus" });
    },
    pickChat,
    markdown: async () => (await server.request<{ markdown: string }>("aside/chat/export", { chat: current })).markdown,
    stop,
    model,
    setModel: next => {
      void context.workspaceState.update(MODELS, { ...models(), [current]: next }).then(showStatus);
    },
  };
}

/** Nothing is loaded but the extension's own script and style; nothing may be fetched at all. */
function page(webview: vscode.Webview, root: vscode.Uri, media: vscode.Uri): string {
  const nonce = randomBytes(16).toString("base64");
  const address = (folder: vscode.Uri, file: string) => webview.asWebviewUri(vscode.Uri.joinPath(folder, file));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-${nonce}'; style-src ${webview.cspSource}">
<meta http-equiv="x-dns-prefetch-control" content="off">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aside</title>
<link rel="stylesheet" href="${address(media, "chat.css")}">
</head>
<body><script nonce="${nonce}" src="${address(root, "chat.js")}"></script></body>
</html>`;
}
