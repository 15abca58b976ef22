// The extension's start: it makes the parts, and registers the commands that belong to no part.

import * as vscode from "vscode";
import { createChatView } from "./chat.js";
import { removeKey, saveKey } from "./keys.js";
import { createProposals } from "./proposals.js";
import type { ModelsResult } from "./protocol.js";
import { createServer, type Server } from "./server.js";
import { createStatusItem } from "./status.js";
import { sentence } from "./turns.js";

let running: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const [major = 0, minor = 0] = vscode.version.split(".").map(Number);
  void vscode.commands.executeCommand("setContext", "aside.noSecondarySideBar", major === 1 && minor < 106);
  const server = createServer(context);
  running = server;
  const status = createStatusItem(context, server);
  const proposals = createProposals(context, server);
  const chat = createChatView(context, server, status, proposals.propose);
  const commands: { [name: string]: () => unknown } = {
    openChat: () => chat.open(),
    newChat: chat.newChat,
    chats: chat.pickChat,
    copyChat: async () => vscode.env.clipboard.writeText(await chat.markdown()),
    exportChat: async () => openText(await chat.markdown(), "markdown"),
    askSelection: () => chat.open({ text: "", named: [{ kind: "selection", label: "selection" }] }),
    firstQuestion: () => chat.open({ text: "What can you do?", named: [] }),
    sample: openSample,
    saveKey: () => saveKey(server, chat.model() ?? status.now()?.chat),
    removeKey: () => removeKey(server),
    chooseModel: () => chooseModel(server, chat.setModel),
    menu: status.menu,
    stop: () => Promise.all([chat.stop(), proposals.stop()]),
    showLog: () => server.output.show(),
    doctor: () => inTerminal(server, "doctor"),
    ledger: () => inTerminal(server, "ledger"),
    restart: server.restart,
    settings: () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:aside.aside"),
    getStarted: () => vscode.commands.executeCommand("workbench.action.openWalkthrough", "aside.aside#start", false),
  };
  for (const [name, run] of Object.entries(commands)) {
    const guarded = async () => {
      try {
        await run();
      } catch (error) {
        server.output.error(error instanceof Error ? error : String(error));
        void vscode.window.showErrorMessage(`Aside: ${error instanceof Error ? error.message : String(error)}`);
      }
    };
    context.subscriptions.push(vscode.commands.registerCommand(`aside.${name}`, guarded));
  }
  context.subscriptions.push(
    vscode.languages.registerCodeActionsProvider({ pattern: "**" }, { provideCodeActions: instructAction }),
  );
  void server.restart();
}

export function deactivate(): Promise<void> | undefined {
  return running?.stop();
}

/** The light bulb's own entry: the input for an instruction is the editor's, so the server can't offer it. */
function instructAction(_: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
  if (range.isEmpty) {
    return [];
  }
  const action = new vscode.CodeAction("Change by an instruction…", vscode.CodeActionKind.RefactorRewrite);
  action.command = { title: action.title, command: "aside.instruct" };
  return [action];
}

async function chooseModel(server: Server, forThisChat: (model: string | undefined) => void): Promise<void> {
  const { models, problem } = await server.request<ModelsResult>("aside/models", {});
  const lists = [...new Set(models.map(({ id }) => id.split("/")[0] ?? ""))].filter(id => id !== "demo");
  const items: (vscode.QuickPickItem & { id?: string; list?: string; typed?: boolean })[] = [
    ...models.map(({ id, roles }) => ({ id, label: id, description: roles.join(", ") })),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    ...lists.map(list => ({ list, label: `$(cloud-download) Ask ${list} for its models…` })),
    { typed: true, label: "$(edit) Write it as provider/model…" },
  ];
  const title = "Choose the model";
  const choice = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: problem ? sentence(problem) : "provider/model",
  });
  let model = choice?.id;
  if (choice?.list) {
    model = await fromProvider(server, choice.list);
  } else if (choice?.typed) {
    model = await vscode.window.showInputBox({
      title,
      prompt: "For instance ollama/qwen3",
      placeHolder: "provider/model",
    });
  }
  if (model) {
    await useModel(model, forThisChat);
  }
}

async function fromProvider(server: Server, provider: string): Promise<string | undefined> {
  const { models, problem } = await server.request<ModelsResult>("aside/models", { provider });
  if (problem) {
    void vscode.window.showWarningMessage(sentence(problem));
    return undefined;
  }
  return vscode.window.showQuickPick(
    models.map(({ id }) => id),
    { title: `Models of ${provider}` },
  );
}

async function useModel(model: string, forThisChat: (model: string | undefined) => void): Promise<void> {
  const everywhere = "For everything";
  const choice = await vscode.window.showQuickPick([everywhere, "For this chat only"], {
    title: `Use ${model}`,
  });
  if (choice === everywhere) {
    forThisChat(undefined);
    await vscode.workspace.getConfiguration("aside").update("model", model, vscode.ConfigurationTarget.Global);
  } else if (choice) {
    forThisChat(model);
  }
}

function inTerminal(server: Server, command: string) {
  const shellPath = server.program();
  if (!shellPath) {
    throw new Error("the server program was not found");
  }
  const name = `Aside: ${command}`;
  vscode.window.createTerminal({ name, shellPath, shellArgs: [command], isTransient: true }).show();
}

async function openText(content: string, language: string): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language }));
}

/** A small file to try an instruction on, its lines selected. */
async function openSample(): Promise<void> {
  const lines = ["pear", "apple", "quince", "fig"].map(fruit => `  "${fruit}",`);
  const editor = await openText(`const fruits = [\n${lines.join("\n")}\n];\n`, "javascript");
  editor.selection = new vscode.Selection(1, 0, lines.length, lines.at(-1)?.length ?? 0);
  await vscode.commands.executeCommand("aside.instruct");
}
