// What the scenarios have in common: a test, waiting, and what a person's hands do.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import path from "node:path";
import { axeSource, chatDocument, palette } from "./editor.mjs";

/** The editor that is tested, its pictures' folder, the names asked for, and how it went. */
export const here = { editor: undefined, shots: "", only: [], passed: 0, failed: 0 };

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

export async function test(name, run) {
  if (!asked(name)) return;
  try {
    await run(here.editor?.page);
    here.passed += 1;
    console.log(`ok ${name}`);
  } catch (error) {
    here.failed += 1;
    console.log(`not ok ${name}\n  ${String(error.stack ?? error).split("\n").slice(0, 6).join("\n  ")}`);
    await shot(`FAILED-${name.replace(/\W+/g, "-")}`).catch(() => {});
  }
}

export function equal(found, wanted, what = "it") {
  if (found !== wanted) throw new Error(`${what}: found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`);
}

/** Waits until `ask` answers something true. */
export async function until(ask, what, limit = 20_000) {
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

export const answered = chat => chat.locator(".turn").last().locator("footer").waitFor({ timeout: 60_000 });

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
  await page.keyboard.press("Home");
  for (let n = 0; n < count; n += 1) await page.keyboard.press("Shift+ArrowDown");
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
  await page.locator(`.quick-input-list .monaco-list-row:has-text(${JSON.stringify(instruction)})`).first().waitFor();
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

export const THEMES = {
  light: "Light 2026",
  dark: "Dark 2026",
  "high-contrast": "Dark High Contrast",
  "high-contrast-light": "Light High Contrast",
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
