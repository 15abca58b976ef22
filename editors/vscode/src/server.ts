// The server's life: where its program is, starting it, starting it again when it dies, and talking to it.
// Nothing here knows what a chat or a proposal is.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import * as lsp from "vscode-languageclient/node";
import type { Problem } from "../generated/protocol.js";
import { readSettings } from "./settings.js";

export type ServerState = "starting" | "running" | "stopped";

export type Server = ReturnType<typeof createServer>;

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;
const DEATHS_UNTIL_TOLD = 5;
const HEALTHY_AFTER_MS = 60_000;

export function createServer(context: vscode.ExtensionContext) {
  const log = vscode.window.createOutputChannel("Aside", { log: true });
  const trace = vscode.window.createOutputChannel("Aside: Messages", { log: true });
  const changed = new vscode.EventEmitter<ServerState>();
  const telemetry = vscode.env.createTelemetryLogger({ sendEventData() {}, sendErrorData() {} });
  const heard: [string, (params: unknown) => void][] = [];
  let client: lsp.LanguageClient | undefined;
  let state: ServerState = "stopped";
  let starting: Promise<void> | undefined;
  let stopping = false;
  let deaths = 0;
  let born = 0;
  let timer: NodeJS.Timeout | undefined;

  const setState = (next: ServerState) => {
    state = next;
    changed.fire(next);
  };
  /** What the user set, and VS Code's own telemetry level; the server decides what follows from it. */
  const told = () => ({
    settings: readSettings(context),
    telemetry: { telemetryLevel: telemetry.isUsageEnabled ? "all" : telemetry.isErrorsEnabled ? "error" : "off" },
  });
  const tellSettings = () => {
    const { settings: aside, telemetry } = told();
    void client?.sendNotification("workspace/didChangeConfiguration", { settings: { aside, telemetry } });
  };
  context.subscriptions.push(
    ...[log, trace, changed, telemetry],
    { dispose: () => clearTimeout(timer) },
    telemetry.onDidChangeEnableStates(tellSettings),
    vscode.workspace.onDidGrantWorkspaceTrust(tellSettings),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration("aside.server.path")) void restart();
      else if (change.affectsConfiguration("aside")) tellSettings();
    }),
  );

  const options: lsp.LanguageClientOptions = {
    documentSelector: ["file", "untitled", "vscode-vfs", "vscode-notebook-cell"].map(scheme => ({ scheme })),
    initializationOptions: () => ({ ...told(), aside: { proposals: true, chat: true, status: true } }),
    outputChannel: log,
    traceOutputChannel: trace,
    revealOutputChannelOn: lsp.RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    // What became of the server is said here, once; the client library would say it too.
    errorHandler: {
      error: () => ({ action: lsp.ErrorAction.Continue, handled: true }),
      closed: () => ({ action: lsp.CloseAction.DoNotRestart, handled: true }),
    },
    middleware: {
      workspace: {
        // The server sees what the user set, and nothing of the extension's own settings.
        configuration: ({ items }) => items.map(({ section }) => (section === "aside" ? told().settings : null)),
        didChangeConfiguration: async () => undefined,
      },
    },
  };

  async function launch(): Promise<void> {
    let program = "Aside";
    setState("starting");
    try {
      program = findProgram(context);
      const run = { command: program, transport: lsp.TransportKind.stdio };
      const next = new lsp.LanguageClient("aside", "Aside", { run, debug: run }, options);
      heard.forEach(([method, handler]) => void next.onNotification(method, handler));
      client = next;
      next.onDidChangeState(({ newState }) => {
        if (newState === lsp.State.Stopped && client === next && state === "running") died();
      });
      await next.start();
      born = Date.now();
      setState("running");
    } catch (error) {
      log.error(`${program}: ${error instanceof Error ? error.message : String(error)}`);
      if (deaths === 0) {
        tell(`Aside's server could not start: ${error instanceof Error ? error.message : String(error)}`);
        deaths = DEATHS_UNTIL_TOLD;
      }
      died();
    }
  }

  function died() {
    client = undefined;
    setState("stopped");
    if (stopping) return;
    deaths = born && Date.now() - born > HEALTHY_AFTER_MS ? 1 : deaths + 1;
    if (deaths === DEATHS_UNTIL_TOLD) tell("Aside's server keeps stopping.");
    clearTimeout(timer);
    timer = setTimeout(() => void start(), Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (deaths - 1)));
  }

  async function tell(message: string) {
    const choice = await vscode.window.showErrorMessage(message, "Name the Program…", "Try Again", "Show the Log");
    if (choice === "Name the Program…") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "aside.server.path");
    } else if (choice === "Try Again") await restart();
    else if (choice) log.show();
  }

  function start(): Promise<void> {
    starting ??= launch().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function stop(): Promise<void> {
    stopping = true;
    clearTimeout(timer);
    await starting;
    const old = client;
    client = undefined;
    setState("stopped");
    await old?.stop().catch(() => undefined);
    stopping = false;
  }

  async function restart(): Promise<void> {
    await stop();
    deaths = 0;
    await start();
  }

  return {
    state: () => state,
    onState: changed.event,
    /** Asks the server; waits for a start that is under way. */
    async request<T>(method: string, params?: unknown): Promise<T> {
      await starting;
      if (!client) throw new Error("the server is not running");
      // A method without parameters takes none, not even an empty object.
      return params === undefined ? client.sendRequest<T>(method) : client.sendRequest<T>(method, params);
    },
    /** Hears a notification, from every server process that is started after this. */
    on<T>(method: string, handler: (params: T) => void) {
      heard.push([method, handler as (params: unknown) => void]);
    },
    start,
    restart,
    stop,
    /** The program's path; an error where there is none. */
    program: () => findProgram(context),
    log,
    toWorkspaceEdit: async (edit: unknown) => client?.protocol2CodeConverter.asWorkspaceEdit(edit as never),
  };
}

/** The setting, else what came with the extension, else the `PATH`. */
function findProgram(context: vscode.ExtensionContext): string {
  const set = vscode.workspace.getConfiguration("aside").get<string>("server.path", "").trim();
  const name = process.platform === "win32" ? "aside.exe" : "aside";
  const folders = [context.asAbsolutePath("bin"), ...(process.env.PATH ?? "").split(path.delimiter)];
  const files = set ? [set] : folders.map(folder => path.join(folder, name));
  const found = files.find(file => existsSync(file));
  if (!found) throw new Error(set ? `there is no ${set}` : "its program is neither in the extension nor on the PATH");
  return found;
}

/** Runs a program to its end, with `input` on its standard input; fails with its own words. */
export function run(program: string, args: string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, stdout, stderr) => {
      const words = `${stdout}${stderr}`.trim();
      error ? reject(new Error(words || error.message)) : resolve(words);
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** Why a request was refused: the server sends its problem along; anything else is a bug. */
export function problemOf(error: unknown): Problem {
  const { data, message } = error as { data?: Problem; message?: string };
  const title = message ?? String(error);
  return data?.kind ? data : { kind: "internal", title, next: "The log has the details." };
}
