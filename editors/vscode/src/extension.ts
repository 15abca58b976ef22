// The extension's start: it makes the parts, and registers the commands.

import { homedir } from "node:os";
import * as vscode from "vscode";
import type { ModelsResult } from "../generated/protocol.js";
import { createChatView } from "./chat.js";
import { pickProvider, saveKey } from "./keys.js";
import { createProposals } from "./proposals.js";
import { createServer, problemOf, type Server } from "./server.js";
import { ownValue, tellOfRefused } from "./settings.js";
import { createStatusItem } from "./status.js";
import { sentence } from "./turns.js";

let running: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const server = createServer(context);
  running = server;
  const status = createStatusItem(context, server);
  const proposals = createProposals(context, server);
  const chat = createChatView(context, server, status, text => proposals.propose(text).catch(tell));
  const commands: { [name: string]: (about?: unknown) => unknown } = {
    ...proposals.commands,
    openChat: () => chat.open(),
    startChat: chat.startChat,
    chats: chat.pickChat,
    copyChat: async () => vscode.env.clipboard.writeText(await chat.markdown()),
    exportChat: async () => openText(await chat.markdown(), "markdown"),
    askSelection: () => chat.open({ text: "", named: [{ kind: "selection", label: "selection" }] }),
    firstQuestion: () => chat.open({ text: "What can you do?", named: [] }),
    sample: () => openSample().then(proposals.commands.instruct),
    saveKey: () => saveKey(server, chat.model() ?? status.now()?.chat),
    chooseModel: () => chooseModel(server, chat.setModel),
    menu: status.menu,
    stop: () => server.request("aside/cancel", { kind: "all" }),
    showLog: () => server.log.show(),
    restart: server.restart,
    telemetrySave: async () => {
      const file = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.file(`${homedir()}/aside-telemetry.json`) });
      if (file) await vscode.commands.executeCommand("aside.telemetryExport", { file: file.fsPath });
    },
    settings: () => vscode.commands.executeCommand("workbench.action.openSettings", "@ext:aside.aside"),
    getStarted: () => vscode.commands.executeCommand("workbench.action.openWalkthrough", "aside.aside#start", false),
  };
  function tell(error: unknown) {
    server.log.error(error instanceof Error ? error.message : String(error));
    const problem = problemOf(error);
    void vscode.window.showErrorMessage(problem.kind === "internal" ? `Aside: ${problem.title}` : sentence(problem));
  }
  for (const [name, command] of Object.entries(commands)) {
    const told = async (about?: unknown) => Promise.resolve(about).then(command).catch(tell);
    context.subscriptions.push(vscode.commands.registerCommand(`aside.${name}`, told));
  }
  context.subscriptions.push(vscode.languages.registerCodeActionsProvider("*", { provideCodeActions }));
  void server.start();
  void tellOfRefused(context, server.log);
}

export const deactivate = (): Promise<void> | undefined => running?.stop();

/** The light bulb's own entry: the input for an instruction is the editor's, so the server can't offer it. */
function provideCodeActions(_: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
  const action = new vscode.CodeAction("Change by an instruction…", vscode.CodeActionKind.RefactorRewrite);
  action.command = { title: action.title, command: "aside.instruct" };
  return range.isEmpty ? [] : [action];
}

async function chooseModel(server: Server, forThisChat: (model: string | undefined) => Promise<void>): Promise<void> {
  const model = await pickModel(server);
  // A feature's own model wins over that for everything; it gives way, its parameters stay.
  const own = ["models.chat", "models.inline", "models.actions"].filter(name => ownValue(`aside.${name}`));
  const everywhere = { label: "For everything", detail: `Sets ${["model", ...own].join(", ")}` };
  const choices = [everywhere, { label: "For this chat only" }];
  const where = model && (await vscode.window.showQuickPick(choices, { title: `Use ${model}` }));
  if (where) await forThisChat(where === everywhere ? undefined : model);
  for (const name of where === everywhere ? ["model", ...own] : []) {
    const [set, settings] = [ownValue(`aside.${name}`), vscode.workspace.getConfiguration("aside")];
    await settings.update(name, typeof set === "object" ? { ...set, model } : model, vscode.ConfigurationTarget.Global);
  }
}

/** One of the models that are set up, one of a provider's own list, or one that is written. */
async function pickModel(server: Server, provider?: string): Promise<string | undefined> {
  const title = provider ? `Models of ${provider}` : "Choose the model";
  const { models, problem } = await server.request<ModelsResult>("aside/models", { provider, local: !provider });
  const of = async (id: string | undefined) => id && pickModel(server, id);
  const other = () => pickProvider(server, "Models of…").then(of);
  const key = () => saveKey(server, `${provider}/`).then(() => of(provider));
  const write = () => vscode.window.showInputBox({ title, prompt: "For instance ollama/qwen3", placeHolder: "provider/model" });
  const choice = await vscode.window.showQuickPick<vscode.QuickPickItem & { take: () => Thenable<string | undefined> }>(
    [
      ...models.map(({ id, roles }) => ({ label: id, description: roles.join(", "), take: async () => id })),
      ...(problem?.kind === "noKey" ? [{ label: "$(key) Save a key…", take: key }] : []),
      { label: `$(list-flat) Ask ${provider ? "another" : "a"} provider for its models…`, take: other },
      { label: "$(edit) Write it as provider/model…", take: write },
    ],
    { title, placeHolder: problem ? sentence(problem) : "provider/model" },
  );
  return choice?.take();
}

const openText = async (content: string, language: string) =>
  vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content, language }));

/** A small file to try an instruction on, its lines selected. */
async function openSample(): Promise<void> {
  const lines = ["pear", "apple", "quince", "fig"].map(fruit => `  "${fruit}",`);
  const editor = await openText(`const fruits = [\n${lines.join("\n")}\n];\n`, "javascript");
  editor.selection = new vscode.Selection(1, 0, lines.length + 1, 0);
}
