// The status item: provider and model, busy, problem; and the menu behind it.

import * as vscode from "vscode";
import type { Status } from "../generated/protocol.js";
import type { Server } from "./server.js";
import { sentence } from "./turns.js";

export type StatusItem = ReturnType<typeof createStatusItem>;

export function createStatusItem(context: vscode.ExtensionContext, server: Server) {
  const item = vscode.window.createStatusBarItem("aside.status", vscode.StatusBarAlignment.Right, 90);
  const changed = new vscode.EventEmitter<void>();
  let status: Status | undefined;
  item.name = "Aside";
  item.command = "aside.menu";

  function draw() {
    const state = server.state();
    const busy = state === "starting" || (state === "running" && (status?.busy ?? 0) > 0);
    const problem = state === "stopped" ? "The server is not running." : status?.problem && sentence(status.problem);
    const model = status?.chat ?? "Aside";
    item.text = `$(${busy ? "loading~spin" : problem ? "warning" : "comment-discussion"}) ${model}`;
    item.backgroundColor = problem ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    const words = `Aside, ${model}${busy ? ", busy" : ""}${problem ? `. ${problem}` : ""}`;
    item.accessibilityInformation = { role: "button", label: words };
    const roles = status && `chat ${status.chat}  \ninstructions ${status.inline}  \ncode actions ${status.actions}`;
    const key = status?.keySource && `key from: ${status.keySource}`;
    item.tooltip = new vscode.MarkdownString(["**Aside**", roles, key, problem].filter(Boolean).join("  \n"));
    item.show();
    changed.fire();
  }

  async function menu() {
    const problem = status?.problem && sentence(status.problem);
    const items = [
      { label: "$(comment-discussion) Open the chat", command: "openChat" },
      { label: "$(sparkle) Choose the model…", description: status?.chat, command: "chooseModel" },
      { label: "$(key) Save a key…", description: status?.keySource, command: "saveKey" },
      { label: "$(stop-circle) Stop what is under way", command: "stop" },
      { label: "$(output) Show the log", command: "showLog" },
      { label: "$(pulse) Doctor: what is set up, and does it work?", command: "doctor" },
      { label: "$(gear) Settings", command: "settings" },
      { label: "$(rocket) Get started", command: "getStarted" },
      { label: "$(refresh) Restart the server", command: "restart" },
    ].filter(({ command }) => command !== "stop" || status?.busy);
    const choice = await vscode.window.showQuickPick(items, { title: "Aside", placeHolder: problem ?? "What now?" });
    if (choice) await vscode.commands.executeCommand(`aside.${choice.command}`);
  }

  server.on<Status>("aside/status", next => {
    status = next;
    draw();
  });
  context.subscriptions.push(item, changed, server.onState(draw));
  draw();
  return { now: () => status, onChange: changed.event, menu };
}
