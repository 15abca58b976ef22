// What the scenarios have in common: a test, waiting, and what a person's hands do.
import { readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { LIMIT, axeSource, chatDocument, chatFrame, palette, status } from "./editor.mjs";

/** The editor that is tested, its provider, its pictures' folder, the names asked for, and how it went. */
export const here = { editor: undefined, model: undefined, shots: "", only: [], passed: 0, failed: 0, soiled: false };

export const APP = `const LIMIT = 80;

export function short(text: string): string[] {
  const all = text.split("\\n");
  return all.filter(line => line.length < LIMIT);
}

export function longest(all: string[]): string {
  let best = "";
  for (const line of all) {
    if (line.length > best.length) {
      best = line;
    }
  }
  return best;
}
`;
export const FRUITS = 'export const fruits = [\n  "pear",\n  "apple",\n  "quince",\n  "fig",\n];\n\nexport const count = fruits.lenght;\n';

export const shot = name => here.editor.page.screenshot({ path: path.join(here.shots, `${name}.png`) });

/** Whether a scenario is asked for. */
export const asked = name => here.only.length === 0 || here.only.some(part => name.includes(part));

/** A scenario, on settings of its own: those of the scripted provider, if it names none; `null` leaves everything as it is. */
export async function test(name, run, settings = here.model?.settings) {
  if (!asked(name)) return;
  try {
    if (settings) await fresh(settings);
    await run(here.editor?.page);
    here.passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    here.failed += 1;
    console.log(`not ok ${name}\n  ${String(error.stack ?? error).split("\n").slice(0, 6).join("\n  ")}`);
    await shot(`FAILED-${name.replace(/\W+/g, "-")}`).catch(() => {});
    here.soiled = true;
  }
}

/** Everything as a scenario finds it, whatever the one before has left: no file open, none changed, these settings. */
async function fresh(settings) {
  const { editor, model } = here;
  const { page } = editor;
  const tabs = page.locator(".tabs-container .tab");
  for (let n = 0; n < 3; n += 1) await page.keyboard.press("Escape");
  while ((await tabs.and(page.locator(".dirty")).count()) > 0) {
    const left = await tabs.count();
    await tabs.and(page.locator(".dirty")).first().click();
    await palette(page, "View: Revert and Close Editor");
    await until(async () => (await tabs.count()) < left, "a changed file is closed");
  }
  for (const [name, content] of Object.entries(editor.files)) {
    if (text(name) !== content) writeFileSync(path.join(editor.folder, name), content);
  }
  if ((await tabs.count()) > 0) await palette(page, "View: Close All Editors");
  await until(async () => (await tabs.count()) === 0, "every file is closed");
  if (here.soiled) await clean(page);
  if (chatDocument(page)) await unwritten(chatFrame(page));
  model.forget();
  editor.writeSettings(settings);
  await status(page, settings["aside.model"] ?? "demo/demo");
}

/** A question half written goes; a new chat has it still. */
async function unwritten(chat) {
  await chat.locator(".composer textarea").fill("");
  const chips = chat.locator(".box .chip");
  for (let left = await chips.count(); left > 0; left -= 1) await chips.first().click();
}

/** What a scenario that failed may have left beside files: proposals, answers under way, messages. */
async function clean(page) {
  here.soiled = false;
  await palette(page, "Aside: Restart the Server");
  await palette(page, "Notifications: Clear All Notifications");
}

export function equal(found, wanted, what = "it") {
  if (found !== wanted) throw new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

/** Waits until `ask` answers something true. */
export async function until(ask, what, limit = LIMIT) {
  const end = Date.now() + limit;
  for (;;) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not so within ${limit / 1000} s: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

export async function ask(chat, text) {
  await chat.locator(".composer textarea").fill(text);
  await chat.locator(".composer textarea").press("Enter");
}

/** Opens what is folded; the view keeps it open for the next question. */
export async function unfold(details) {
  if (!(await details.evaluate(element => element.open))) await details.locator("summary").click();
}

export const answered = chat => chat.locator(".turn").last().locator("footer").waitFor();

/** The processes of the server that comes with this editor's extension. */
export function servers(home) {
  return readdirSync("/proc")
    .filter(name => /^\d+$/.test(name))
    .filter(name => {
      try {
        return readlinkSync(`/proc/${name}/exe`).startsWith(`${home}/extensions/`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Puts the cursor at the start of a line, and selects `count` lines from there. */
export async function selectLines(page, line, count) {
  await page.keyboard.press("Control+g");
  await page.locator(".quick-input-widget input.input").fill(`:${line}`);
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  await page.locator(".editor-instance .monaco-editor.focused").waitFor();
  await page.keyboard.press("Home");
  for (let n = 0; n < count; n += 1) await page.keyboard.press("Shift+ArrowDown");
  const place = page.locator('[id="status.editor.selection"]');
  await place.filter({ hasText: new RegExp(`Ln ${line + count}, Col \\d+${count > 0 ? " \\(" : ""}`) }).waitFor();
}

export async function instruct(page, instruction) {
  await page.keyboard.press("Control+Alt+i");
  await answerInstruction(page, instruction);
}

/** Writes into the instruction's input, which is open. */
export async function answerInstruction(page, instruction) {
  const input = page.locator(".quick-input-widget input.input");
  await input.waitFor();
  await input.fill(instruction);
  await page.locator(`.quick-input-list .monaco-list-row:has(.codicon-edit):has-text(${JSON.stringify(instruction)})`).waitFor();
  await page.keyboard.press("Enter");
}

export const lens = (page, title) => page.locator(`.codelens-decoration a:has-text(${JSON.stringify(title)})`).first();
export const text = file => readFileSync(path.join(here.editor.folder, file), "utf8");

export async function save(page, file, holds) {
  await page.keyboard.press("Control+s");
  await until(() => holds(text(file)), `${file} is saved as wanted; it is ${JSON.stringify(text(file))}`);
}

export async function axe(chat) {
  // The view's content policy lets no script in but its own; the driver's own world is not bound by it.
  const frame = chatDocument(here.editor.page);
  await frame.evaluate(readFileSync(axeSource, "utf8"));
  const { violations } = await frame.evaluate(() => globalThis.axe.run(document));
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map(({ html, any }) => `${html.slice(0, 120)} ${any[0]?.message ?? ""}`).join(" | ")}`);
  equal(told.join("\n"), "", "what axe-core finds");
  await chat.locator(".composer textarea").waitFor();
}

/** Each theme with its label, and the class that the chat view's page has then. */
export const THEMES = {
  light: ["Light 2026", "vscode-light"],
  dark: ["Dark 2026", "vscode-dark"],
  "high-contrast": ["Dark High Contrast", "vscode-high-contrast"],
  "high-contrast-light": ["Light High Contrast", "vscode-high-contrast-light"],
};

export async function setTheme(page, label) {
  await palette(page, "Preferences: Color Theme");
  await page.locator(".quick-input-widget input.input").fill(label);
  await page.locator(".quick-input-list .monaco-list-row.focused").getByText(label, { exact: true }).first().waitFor();
  await page.keyboard.press("Enter");
  await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
}

/** Has VS Code write every message between the editor and the server into its logs. */
export async function traceMessages(page) {
  await palette(page, "Developer: Set Log Level...");
  for (const choice of ["Aside: Messages", "Trace"]) {
    const row = page.locator(".quick-input-list .monaco-list-row").getByText(choice, { exact: true }).first();
    await page.locator(".quick-input-widget input.input").fill(choice);
    await row.waitFor();
    await page.keyboard.press("Enter");
  }
}

/** What the extension has written into its log. */
export function logs(home) {
  const folder = path.join(home, "user/logs");
  const files = readdirSync(folder, { recursive: true }).filter(name => path.basename(name) === "Aside.log");
  return files.map(name => readFileSync(path.join(folder, name), "utf8")).join("");
}

/** Every file below a folder that holds the words, in plain, base64 or percent-encoded form. */
export function filesWith(folder, words) {
  const forms = [words, Buffer.from(words).toString("base64").replace(/=+$/, "").slice(0, -2), encodeURIComponent(words)].map(form => Buffer.from(form));
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isFile() && !file.includes("/extensions/") && statSync(file).size < 50e6) {
      const content = readFileSync(file);
      if (forms.some(form => content.includes(form))) found.push(file);
    }
  }
  return found;
}
