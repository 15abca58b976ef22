// The real VS Code (code-server) with the packed extension in it, driven in Chromium.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export const cache = path.join(
  process.env.ASIDE_TESTS_CACHE ?? path.join(process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME, ".cache"), "aside-tests"),
  "vscode",
);
const require = createRequire(path.join(cache, "driver", "package.json"));
const { chromium } = require("playwright-core");
export const axeSource = require.resolve("axe-core/axe.min.js");

const BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"];

const SETTINGS = {
  "workbench.startupEditor": "none",
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.enableExperiments": false,
  "workbench.editor.enablePreview": false,
  "workbench.tips.enabled": false,
  "git.openRepositoryInParentFolders": "never",
  "window.menuBarVisibility": "classic",
  "files.simpleDialog.enable": true,
};

/** How long anything may take, in milliseconds. */
export const LIMIT = 120_000;

async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/**
 * Starts VS Code on a folder of `files`, with a home of its own, and opens it in the browser. `tests` is a module to run in
 * the extension host; `ended` is its exit code then. `under` are the words of a program that VS Code and all that it starts,
 * the installation of the extension as well, run under.
 */
export async function startEditor({ vsix, files, settings = {}, env = {}, tests, under = [], viewport = { width: 1280, height: 800 }, cliArgs = ["--disable-workspace-trust"] }) {
  const home = mkdtempSync(path.join(tmpdir(), "aside-vscode-"));
  const folder = path.join(home, "work");
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text, { mode: name.endsWith(".sh") ? 0o755 : 0o644 });
  }
  // In a remote window, which this is, settings of machine scope are those of the remote machine.
  const writeSettings = more => {
    for (const [folder, mine] of [["User", false], ["Machine", true]]) {
      const all = Object.entries({ ...SETTINGS, ...settings, ...more });
      const chosen = all.filter(([name]) => name.startsWith("aside.") === mine);
      mkdirSync(path.join(home, "user", folder), { recursive: true });
      writeFileSync(path.join(home, "user", folder, "settings.json"), JSON.stringify(Object.fromEntries(chosen), null, 2));
    }
  };
  const readSettings = () => {
    const texts = ["User", "Machine"].map(folder => readFileSync(path.join(home, "user", folder, "settings.json"), "utf8"));
    return Object.assign({}, ...texts.map(text => JSON.parse(text)));
  };
  writeSettings({});
  const port = await freePort();
  const environment = {
    ...process.env,
    // Otherwise it asks its extension gallery at every start.
    EXTENSIONS_GALLERY: '{"serviceUrl": ""}',
    // What it would tell of itself, in the one test that switches that on, goes nowhere.
    CS_TELEMETRY_URL: "http://127.0.0.1:9/",
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, "config"),
    XDG_DATA_HOME: path.join(home, "data"),
    ASIDE_CONFIG_DIR: path.join(home, "aside/config"),
    ASIDE_DATA_DIR: path.join(home, "aside/data"),
    ASIDE_STATE_DIR: path.join(home, "aside/state"),
    DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent",
    ...env,
  };
  mkdirSync(path.join(home, "config"), { recursive: true });
  writeFileSync(path.join(home, "config.yaml"), `bind-addr: 127.0.0.1:${port}\nauth: none\ncert: false\n`);
  const base = ["--config", path.join(home, "config.yaml"), "--user-data-dir", path.join(home, "user"), "--extensions-dir", path.join(home, "extensions")];
  const program = path.join(cache, "bin/code-server");
  const [first, ...words] = [...under, program];
  const installed = spawnSync(first, [...words, ...base, "--install-extension", vsix], { env: environment, encoding: "utf8" });
  if (installed.status !== 0) {
    throw new Error(`the extension does not install: ${installed.stdout}${installed.stderr}`);
  }
  const log = openSync(path.join(home, "log"), "a");
  const server = spawn(
    first,
    [...words, ...base, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-update-check", "--disable-getting-started-override", ...cliArgs, folder],
    { env: environment, stdio: ["ignore", log, log], detached: true },
  );
  const url = `http://127.0.0.1:${port}`;
  for (let left = 600; ; left -= 1) {
    const up = await fetch(`${url}/healthz`).then(answer => answer.ok, () => false);
    if (up) break;
    if (left === 0) throw new Error(`code-server did not start; see ${home}/log`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: BROWSER });
  const context = await browser.newContext({ viewport, permissions: ["clipboard-read", "clipboard-write"] });
  // A busy machine may take its time with anything; what is not so after this is not going to be.
  context.setDefaultTimeout(LIMIT);
  const page = await context.newPage();
  const hosts = new Set();
  page.on("request", request => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1") hosts.add(hostname);
  });
  const errors = [];
  page.on("console", message => {
    if (message.type() === "error") errors.push(message.text());
  });
  // Nothing but this machine is reached, whatever the page would ask for.
  await context.route(to => !isHere(to), route => route.abort());
  const ended = tests && (await runInHost(page, url, path.join(home, "extensions"), tests));
  await page.goto(`${url}/?folder=${folder}${ended?.query ?? ""}`);
  // Tests in the host may have ended, and the window with them, before anyone looks: they tell by themselves how it went.
  if (!tests) await status(page, settings["aside.model"] ?? "demo/demo");
  const stop = async () => {
    await browser.close();
    process.kill(-server.pid, "SIGTERM");
    await new Promise(resolve => server.once("exit", resolve));
    if (!process.env.KEEP) rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  return { page, context, browser, home, folder, files, url, hosts, errors, writeSettings, readSettings, stop, server, ended: ended?.code };
}

/** The workbench's own addresses, and those that its service worker answers. */
const isHere = ({ protocol, hostname }) => !protocol.startsWith("http") || hostname === "127.0.0.1" || hostname.endsWith("vscode-cdn.net");

/** Has the workbench run a module of tests in its extension host, with the installed extension; their lines are printed. */
async function runInHost(page, url, extensions, tests) {
  const address = file => `vscode-remote://${new URL(url).host}${file}`;
  const extension = readdirSync(extensions).find(name => name.startsWith("aside.aside"));
  const payload = [["extensionDevelopmentPath", address(path.join(extensions, extension))], ["extensionTestsPath", address(tests)]];
  // A built workbench takes such a payload only with its own test driver on, which its page's settings say.
  await page.route(to => to.pathname === "/" && to.searchParams.has("payload"), async route => {
    const response = await route.fetch();
    const on = "&quot;developmentOptions&quot;:{&quot;enableSmokeTestDriver&quot;:true,";
    await route.fulfill({ response, body: (await response.text()).replace("&quot;developmentOptions&quot;:{", on) });
  });
  await page.exposeFunction("codeAutomationLog", (_, words) => {
    const line = words.join(" ");
    if (/^(ok|not ok| {2})/.test(line)) console.log(line);
  });
  const code = new Promise(resolve => void page.exposeFunction("codeAutomationExit", resolve));
  return { code, query: `&payload=${encodeURIComponent(JSON.stringify(payload))}` };
}

/** The status item, as soon as it names this model. */
export async function status(page, model) {
  const item = page.locator(`.statusbar-item:has-text("${model}")`);
  await item.waitFor();
  return item;
}

/** Runs a command by its whole name. What else takes the focus meanwhile closes the palette: then it is opened again. */
export async function palette(page, name) {
  const input = page.locator(".quick-input-widget input.input");
  for (let left = 5; ; left -= 1) {
    try {
      await page.keyboard.press("F1");
      await input.fill(`>${name}`, { timeout: 20_000 });
      await page.locator(".quick-input-list .monaco-list-row").getByText(name, { exact: true }).first().click({ timeout: 20_000 });
      return;
    } catch (error) {
      if (left === 0) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

export async function openFile(page, name) {
  await page.locator(`.explorer-folders-view .monaco-list-row[aria-label*="${name}"]`).dblclick();
  await page.locator(`.tab.active[data-resource-name="${name}"]`).waitFor();
  await page.locator(".editor-instance .view-line").first().click();
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
}

/** The chat view's document, inside its two frames. */
export function chatFrame(page) {
  return page.frameLocator('iframe.webview.ready[src*="purpose=webviewView"]').frameLocator("iframe#active-frame");
}

/** Opens the chat, and a new one if that is wanted; the question's box has the focus then. */
export async function openChat(page, command = "Aside: Open the Chat") {
  // Otherwise the box has the focus back as soon as the palette is closed, before the command was carried out.
  await chatDocument(page)?.evaluate(() => document.activeElement?.blur());
  await palette(page, command);
  const chat = chatFrame(page);
  await chat.locator(".composer textarea:focus").waitFor();
  return chat;
}

/** The same as a frame, to run code of the test's own in it. */
export function chatDocument(page) {
  return page.frames().find(frame => frame.parentFrame()?.url().includes("purpose=webviewView"));
}
