// The status item: provider and model, busy, problem; and the menu behind it.

import * as vscode from "vscode";
import type { Status } from "../generated/protocol.js";
import type { Server } from "./server.js";
import { sentence } from "./turns.js";

const MENU = "openChat chooseModel saveKey ledger data telemetry showLog doctor settings getStarted restart".split(" ");

export type StatusItem = ReturnType<typeof createStatusItem>;

export function createStatusItem(context: vscode.ExtensionContext, server: Server) {
  const item = vscode.window.createStatusBarItem("aside.status", vscode.StatusBarAlignment.Right, 90);
  const changed = new vscode.EventEmitter<void>();
  let status: Status | undefined;
  Object.assign(item, { name: "Aside", command: "aside.menu" });

  function draw() {
    const state = server.state();
    const busy = state === "starting" || (state === "running" && (status?.busy ?? 0) > 0);
    const problem = state === "stopped" ? "The server is not running." : status?.problem && sentence(status.problem);
    const model = status?.chat ?? "Aside";
    item.text = `$(${busy ? "loading~spin" : problem ? "warning" : "comment-discussion"}) ${model}`;
    item.backgroundColor = problem ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    const words = `Aside, ${model}${busy ? ", busy" : ""}${problem ? `. ${problem}` : ""}`;
    item.accessibilityInformation = { role: "button", label: words };
    const roles = status && `chat ${status.chat}\ninstructions ${status.inline}\ncode actions ${status.actions}`;
    const key = status?.keySource && `key from: ${status.keySource}`;
    // No Markdown: a provider's words may be in it, and a picture would be fetched.
    item.tooltip = ["Aside", roles, key, problem].filter(Boolean).join("\n");
    item.show();
    changed.fire();
  }

  /** The commands of the package that are for this menu, or that go on from one of it, in its order, with its words. */
  async function menu() {
    const commands: { command: string; title: string; icon: string }[] = context.extension.packageJSON.contributes.commands;
    const facts: { [name: string]: string | undefined } = { chooseModel: status?.chat, saveKey: status?.keySource };
    const items = (status?.busy ? ["stop", ...MENU] : MENU).flatMap(name =>
      commands
        .filter(({ command }) => command.startsWith(`aside.${name}`))
        .map(({ command, title, icon }) => ({ label: `${icon} ${title}`, description: facts[name], command })),
    );
    const there = await vscode.commands.getCommands(true);
    const problem = status?.problem && sentence(status.problem);
    const offered = items.filter(({ command }) => there.includes(command));
    const choice = await vscode.window.showQuickPick(offered, { title: "Aside", placeHolder: problem ?? "What now?" });
    if (choice) await vscode.commands.executeCommand(choice.command);
  }

  server.on<Status>("aside/status", next => {
    status = next;
    draw();
  });
  context.subscriptions.push(item, changed, server.onState(draw));
  draw();
  return { now: () => status, onChange: changed.event, menu };
}
