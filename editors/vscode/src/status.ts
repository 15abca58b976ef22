// The status item: provider and model, busy, problem; and the menu behind it.

import * as vscode from "vscode";
import type { Status } from "./protocol.js";
import type { Server } from "./server.js";
import { sentence } from "./turns.js";

export interface StatusItem {
  readonly now: () => Status | undefined;
  readonly onChange: vscode.Event<void>;
  readonly menu: () => Promise<void>;
}

export function createStatusItem(context: vscode.ExtensionContext, server: Server): StatusItem {
  const item = vscode.window.createStatusBarItem("aside.status", vscode.StatusBarAlignment.Right, 90);
  const changed = new vscode.EventEmitter<void>();
  let status: Status | undefined;
  item.name = "Aside";
  item.command = "aside.menu";

  function draw() {
    const state = server.state();
    const problem = state === "stopped" ? "The server is not running." : status?.problem && sentence(status.problem);
    const model = status?.chat ?? "Aside";
    const picture = state === "starting" || status?.busy ? "loading~spin" : problem ? "warning" : "comment-discussion";
    item.text = `$(${picture}) ${model}`;
    item.backgroundColor = problem ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    item.accessibilityInformation = {
      role: "button",
      label: `Aside, ${model}${status?.busy ? ", busy" : ""}${problem ? `. ${problem}` : ""}`,
    };
    const lines = status
      ? [
          `**Aside** · chat \`${status.chat}\``,
          status.inline !== status.chat && `instructions \`${status.inline}\``,
          status.actions !== status.chat && `code actions \`${status.actions}\``,
          status.keySource && `key from: ${status.keySource}`,
          status.busy > 0 && `${status.busy} under way`,
        ]
      : ["**Aside**"];
    item.tooltip = new vscode.MarkdownString([...lines, problem].filter(Boolean).join("  \n"));
    item.show();
  }

  async function menu() {
    const items = [
      { label: "$(comment-discussion) Open the chat", command: "openChat" },
      { label: "$(sparkle) Choose the model…", description: status?.chat, command: "chooseModel" },
      {
        label: "$(key) Save a key…",
        description: status?.keySource && `key from: ${status.keySource}`,
        command: "saveKey",
      },
      ...(status?.busy ? [{ label: "$(stop-circle) Stop what is under way", command: "stop" }] : []),
      { label: "$(output) Show the log", command: "showLog" },
      { label: "$(pulse) Doctor: what is set up, and does it work?", command: "doctor" },
      { label: "$(list-flat) Ledger: what was sent, and where", command: "ledger" },
      { label: "$(gear) Settings", command: "settings" },
      { label: "$(rocket) Get started", command: "getStarted" },
      { label: "$(refresh) Restart the server", command: "restart" },
    ];
    const problem = status?.problem && sentence(status.problem);
    const choice = await vscode.window.showQuickPick(items, {
      title: "Aside",
      placeHolder: problem ?? "What now?",
    });
    if (choice) {
      await vscode.commands.executeCommand(`aside.${choice.command}`);
    }
  }

  server.on<Status>("aside/status", next => {
    status = next;
    draw();
    changed.fire();
  });
  context.subscriptions.push(
    item,
    changed,
    server.onState(() => {
      if (server.state() === "stopped" && status) {
        status = { ...status, busy: 0 };
      }
      draw();
    }),
  );
  draw();
  return { now: () => status, onChange: changed.event, menu };
}
