// The server's life: where its program is, starting it, starting it again when it dies, and talking to it.
// Nothing here knows what a chat or a proposal is.

import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
  TransportKind,
} from "vscode-languageclient/node";
import { readSettings } from "./settings.js";

export type ServerState = "starting" | "running" | "stopped";

export interface Server {
  readonly state: () => ServerState;
  readonly onState: vscode.Event<ServerState>;
  /** Asks the server; waits for a start that is under way. */
  readonly request: <T>(method: string, params: unknown) => Promise<T>;
  /** Hears a notification, from this server process and every later one. */
  readonly on: <T>(method: string, heard: (params: T) => void) => void;
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Runs the same program from the command line, with `input` on its stdin. */
  readonly run: (args: string[], input?: string) => Promise<{ code: number; output: string }>;
  readonly program: () => string | undefined;
  readonly output: vscode.LogOutputChannel;
  readonly toCode: () => LanguageClient["protocol2CodeConverter"] | undefined;
}

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 30_000;
const DEATHS_UNTIL_TOLD = 5;
const HEALTHY_AFTER_MS = 60_000;

export function createServer(context: vscode.ExtensionContext): Server {
  const output = vscode.window.createOutputChannel("Aside", { log: true });
  const trace = vscode.window.createOutputChannel("Aside: Messages", { log: true });
  const changed = new vscode.EventEmitter<ServerState>();
  const heard: [string, (params: unknown) => void][] = [];
  let client: LanguageClient | undefined;
  let state: ServerState = "stopped";
  let starting: Promise<void> | undefined;
  let deaths = 0;
  let born = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  context.subscriptions.push(output, trace, changed, { dispose: () => clearTimeout(timer) });

  const setState = (next: ServerState) => {
    if (next !== state) {
      state = next;
      changed.fire(next);
    }
  };

  const telemetry = vscode.env.createTelemetryLogger({ sendEventData() {}, sendErrorData() {} });
  const telemetryLevel = () => (telemetry.isUsageEnabled ? "all" : telemetry.isErrorsEnabled ? "error" : "off");
  const sendSettings = () =>
    client?.sendNotification("workspace/didChangeConfiguration", {
      settings: { aside: readSettings(context), telemetry: { telemetryLevel: telemetryLevel() } },
    });
  context.subscriptions.push(
    telemetry,
    telemetry.onDidChangeEnableStates(sendSettings),
    vscode.workspace.onDidGrantWorkspaceTrust(sendSettings),
    vscode.workspace.onDidChangeConfiguration(change => {
      if (change.affectsConfiguration("aside.server.path")) {
        void restart();
      } else if (change.affectsConfiguration("aside")) {
        void sendSettings();
      }
    }),
  );

  const options: LanguageClientOptions = {
    documentSelector: ["file", "untitled", "vscode-vfs", "vscode-notebook-cell"].map(scheme => ({ scheme })),
    initializationOptions: () => ({
      settings: readSettings(context),
      aside: { proposals: true, chat: true, status: true },
      telemetry: { telemetryLevel: telemetryLevel() },
    }),
    outputChannel: output,
    traceOutputChannel: trace,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({ action: CloseAction.DoNotRestart, handled: true }),
    },
    middleware: {
      workspace: {
        // The server sees what the user set, and nothing of the extension's own settings.
        configuration: async (params, token, next) => {
          const own = params.items.map(item => item.section === "aside");
          const rest = own.every(Boolean) ? [] : await next(params, token);
          return own.map((mine, i) => (mine ? readSettings(context) : Array.isArray(rest) ? rest[i] : null));
        },
        didChangeConfiguration: async () => undefined,
      },
    },
  };

  async function launch(): Promise<void> {
    const program = findProgram(context);
    if (!program) {
      setState("stopped");
      tell("Aside could not start: its server program was not found.");
      return;
    }
    setState("starting");
    const run = { command: program, transport: TransportKind.stdio };
    const next = new LanguageClient("aside", "Aside", { run, debug: run }, options);
    for (const [method, handler] of heard) {
      next.onNotification(method, handler);
    }
    client = next;
    next.onDidChangeState(({ newState }) => {
      if (newState === State.Stopped && client === next && state === "running") {
        died();
      }
    });
    try {
      await next.start();
      born = Date.now();
      setState("running");
    } catch (error) {
      output.appendLine(`${program}: ${error instanceof Error ? error.message : String(error)}`);
      if (deaths === 0) {
        tell(`Aside could not start: ${program} does not run as a language server.`);
        deaths = DEATHS_UNTIL_TOLD;
      }
      died();
    }
  }

  function died() {
    client = undefined;
    setState("stopped");
    if (stopping) {
      return;
    }
    if (born && Date.now() - born > HEALTHY_AFTER_MS) {
      deaths = 0;
    }
    deaths += 1;
    if (deaths === DEATHS_UNTIL_TOLD) {
      tell("Aside's server keeps stopping.");
    }
    const delay = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** (deaths - 1));
    clearTimeout(timer);
    timer = setTimeout(() => void start(), delay);
  }

  function tell(message: string) {
    const buttons = ["Name the Program…", "Try Again", "Show the Log"] as const;
    void vscode.window.showErrorMessage(message, ...buttons).then(choice => {
      if (choice === "Name the Program…") {
        void vscode.commands.executeCommand("workbench.action.openSettings", "aside.server.path");
      } else if (choice === "Try Again") {
        void restart();
      } else if (choice) {
        output.show();
      }
    });
  }

  function start(): Promise<void> {
    starting ??= launch().finally(() => {
      starting = undefined;
    });
    return starting;
  }

  async function halt(): Promise<void> {
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
    await halt();
    deaths = 0;
    await start();
  }

  return {
    state: () => state,
    onState: changed.event,
    request: async <T>(method: string, params: unknown) => {
      await starting;
      if (!client) {
        throw new Error("the server is not running");
      }
      return client.sendRequest<T>(method, params);
    },
    on: (method, handler) => {
      heard.push([method, handler as (params: unknown) => void]);
      client?.onNotification(method, handler);
    },
    restart,
    stop: halt,
    run: (args, input) => runProgram(findProgram(context), args, input),
    program: () => findProgram(context),
    output,
    toCode: () => client?.protocol2CodeConverter,
  };
}

/** The setting, else what came with the extension, else the `PATH`. */
function findProgram(context: vscode.ExtensionContext): string | undefined {
  const set = vscode.workspace.getConfiguration("aside").get<string>("server.path", "").trim();
  if (set) {
    return fs.existsSync(set) ? set : undefined;
  }
  const name = process.platform === "win32" ? "aside.exe" : "aside";
  const folders = [context.asAbsolutePath("bin"), ...(process.env.PATH ?? "").split(path.delimiter)];
  return folders.map(folder => path.join(folder, name)).find(file => fs.existsSync(file));
}

function runProgram(
  program: string | undefined,
  args: string[],
  input = "",
): Promise<{ code: number; output: string }> {
  if (!program) {
    return Promise.resolve({ code: 127, output: "the server program was not found" });
  }
  return new Promise(resolve => {
    const child = execFile(program, args, (error, stdout, stderr) => {
      resolve({ code: error ? 1 : 0, output: `${stdout}${stderr}`.trim() });
    });
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}
