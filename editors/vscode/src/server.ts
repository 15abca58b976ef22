// The server's life: where its program is, starting it, starting it again when it dies, and talking to it.
// Nothing here knows what a chat or a proposal is.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import * as lsp from "vscode-languageclient/node";
import type { Problem } from "../generated/protocol.js";
import { shown } from "./mentions.js";
import { ownValue, readSettings, tellOfRefused } from "./settings.js";

type State = "starting" | "running" | "stopped";
export type Server = ReturnType<typeof createServer>;

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;
const DEATHS_UNTIL_TOLD = 5;
const HEALTHY_AFTER_MS = 60_000;

export function createServer(context: vscode.ExtensionContext) {
  const log = vscode.window.createOutputChannel("Aside", { log: true });
  const trace = vscode.window.createOutputChannel("Aside: Messages", { log: true });
  const telemetry = vscode.env.createTelemetryLogger({ sendEventData() {}, sendErrorData() {} });
  const heard: [string, (params: unknown) => void][] = [];
  let client: lsp.LanguageClient | undefined;
  let state: State = "stopped";
  const changed = new vscode.EventEmitter<State>();
  let starting: Promise<void> | undefined;
  let [stopping, deaths, born] = [false, 0, 0];
  let timer: NodeJS.Timeout | undefined;

  const setState = (next: State) => {
    state = next;
    changed.fire(next);
  };
  /** VS Code's telemetry level, which can lag behind its setting: the lower one. The server decides what follows. */
  const level = () => {
    const set = vscode.workspace.getConfiguration("telemetry").get<string>("telemetryLevel", "off");
    if (telemetry.isUsageEnabled) return set;
    return telemetry.isErrorsEnabled && ["all", "error"].includes(set) ? "error" : "off";
  };
  const tell = (method: string, params: unknown) => void client?.sendNotification(method, params);
  const tellLevel = () => tell("aside/telemetry/level", { level: level() });
  const tellSettings = () => {
    tell("workspace/didChangeConfiguration", { settings: { aside: readSettings(context) } });
    void tellOfRefused(context, log);
  };
  context.subscriptions.push(
    ...[log, trace, changed, telemetry],
    { dispose: () => clearTimeout(timer) },
    telemetry.onDidChangeEnableStates(tellLevel),
    vscode.workspace.onDidGrantWorkspaceTrust(tellSettings),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration("telemetry")) tellLevel();
      if (change.affectsConfiguration("aside.server.path")) void restart();
      else if (change.affectsConfiguration("aside")) tellSettings();
    }),
  );

  const options: lsp.LanguageClientOptions = {
    documentSelector: ["file", "untitled", "vscode-remote", "vscode-vfs", "vscode-notebook-cell"].map(scheme => ({ scheme })),
    initializationOptions: () => ({
      settings: readSettings(context),
      aside: { proposals: true, chat: true, status: true, telemetry: level() },
    }),
    outputChannel: log,
    traceOutputChannel: trace,
    revealOutputChannelOn: lsp.RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: lsp.ErrorAction.Continue, handled: true }),
      closed: () => ({ action: lsp.CloseAction.DoNotRestart, handled: true }),
    },
    middleware: {
      window: { showDocument: (params, token, next) => shown.add(`${vscode.Uri.parse(params.uri)}`) && next(params, token) },
      workspace: {
        // The server sees what the user set, and nothing of the extension's own settings.
        configuration: ({ items }) => items.map(({ section }) => (section === "aside" ? readSettings(context) : null)),
        didChangeConfiguration: async () => undefined,
      },
    },
  };

  async function launch(): Promise<void> {
    let program = "it";
    setState("starting");
    try {
      program = findProgram(context);
      const run = { command: program, transport: lsp.TransportKind.stdio };
      const next = new lsp.LanguageClient("aside", "Aside", { run, debug: run }, options);
      heard.forEach(([method, handler]) => void next.onNotification(method, handler));
      next.registerFeature(ownCommands(await vscode.commands.getCommands()));
      // It would show what it says here; what became of the server is said below, once.
      next.error = (message, data) => log.error(message, data);
      client = next;
      next.onDidChangeState(({ newState }) => {
        if (newState === lsp.State.Stopped && client === next && state === "running") died();
      });
      await next.start();
      if (next.state !== lsp.State.Running) throw new Error(`${program} ended as soon as it was ready`);
      born = Date.now();
      setState("running");
    } catch (error) {
      const { code, message } = error as { code?: unknown; message: string };
      // The protocol's own errors are numbered; whatever they say, nobody was there to answer.
      const why = typeof code === "number" ? `${program} ended before it was ready` : message;
      log.error(why);
      if (deaths === 0) {
        complain(`Aside's server could not start: ${why}`);
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
    if (deaths === DEATHS_UNTIL_TOLD) complain("Aside's server keeps stopping.");
    clearTimeout(timer);
    timer = setTimeout(() => void start(), Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (deaths - 1)));
  }

  async function complain(message: string) {
    const choice = await vscode.window.showErrorMessage(message, "Name the Program…", "Try Again", "Show the Log");
    const setting = choice === "Name the Program…" && "aside.server.path";
    if (setting) await vscode.commands.executeCommand("workbench.action.openSettings", setting);
    else if (choice === "Try Again") await restart();
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
      return params === undefined ? client.sendRequest<T>(method) : client.sendRequest<T>(method, params);
    },
    /** Hears a notification, from every server process that is started after this. */
    on<T>(method: string, handler: (params: T) => void) {
      heard.push([method, handler as (params: unknown) => void]);
    },
    tell,
    start,
    restart,
    stop,
    /** The program's path; an error where there is none. */
    program: () => findProgram(context),
    log,
    context,
    toWorkspaceEdit: async (edit: unknown) => client?.protocol2CodeConverter.asWorkspaceEdit(edit as never),
  };
}

/** VS Code takes each command once: the extension's own stand in for the server's of the same name. */
function ownCommands(taken: string[]): lsp.StaticFeature {
  const preInitialize = ({ executeCommandProvider: all }: lsp.ServerCapabilities) => {
    if (all) all.commands = all.commands.filter(name => !taken.includes(name));
  };
  return { preInitialize, initialize() {}, fillClientCapabilities() {}, clear() {}, getState: () => ({ kind: "static" }) };
}

/** The setting, else what came with the extension, else the `PATH`. */
function findProgram(context: vscode.ExtensionContext): string {
  const set = String(ownValue("aside.server.path") ?? "").trim();
  const name = process.platform === "win32" ? "aside.exe" : "aside";
  const folders = [context.asAbsolutePath("bin"), ...(process.env.PATH ?? "").split(path.delimiter)];
  const files = set ? [set] : folders.map(folder => path.join(folder, name));
  const found = files.find(file => existsSync(file));
  if (!found) throw new Error(set ? `there is no ${set}` : "its program is neither in the extension nor on the PATH");
  return found;
}

/** Runs a program to its end, with `input` on its standard input; fails with its own words. */
export async function run(program: string, args: string[], input = ""): Promise<string> {
  const running = promisify(execFile)(program, args);
  running.child.stdin?.on("error", () => undefined).end(input);
  const { stdout, stderr } = await running.catch(error =>
    Promise.reject(new Error(error.stderr?.replace(/^aside: /, "").trim() || error.message)),
  );
  return `${stdout}${stderr}`.trim();
}

/** Why a request was refused: the server sends its problem along; anything else is a bug. */
export function problemOf(error: unknown): Problem {
  const { data, message } = error as { data?: Problem; message?: string };
  const title = message ?? String(error);
  return data?.kind ? data : { kind: "internal", title, next: "The log has the details." };
}
