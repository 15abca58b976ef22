// Saving a key: what it goes through, and where it is found afterwards.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openChat, palette, status } from "./editor.mjs";
import { answered, ask, equal, filesWith, here, servers, shot, test, traceMessages, until } from "./kit.mjs";

/** The server that came along with the extension. */
function server({ home }) {
  const extensions = path.join(home, "extensions");
  return path.join(extensions, readdirSync(extensions).find(name => name.startsWith("aside.aside")), "bin/aside");
}

/** Asks to save a key for OpenAI, as far as the box for it. */
async function keyBox(page) {
  await palette(page, "Aside: Save a Key…");
  const input = page.locator(".quick-input-widget input.input");
  await input.fill("openai");
  await page.locator(".quick-input-list .monaco-list-row").getByText("openai", { exact: true }).first().click();
  await page.locator('.quick-input-widget input[type="password"]').waitFor();
  return input;
}

export async function keyScenarios(model) {
  const { editor } = here;

  await test("a key goes to the command line by stdin, and is nowhere else", async page => {
    const key = "sk-test-3f9c1d77+never/seen=x";
    const away = mkdtempSync(path.join(tmpdir(), "aside-key-"));
    // Stands where a keyring would be: it takes what `key set` is given. Otherwise it is the real server, and keeps what
    // it is told.
    const wrapper = path.join(away, "aside");
    writeFileSync(wrapper, `#!/bin/sh\nif [ "$1" = key ]; then echo "$@" > ${away}/args; cat > ${away}/stdin; echo "Saved."; exit 0; fi\ntee -a ${away}/told | ${server(editor)} "$@"\n`);
    chmodSync(wrapper, 0o755);
    editor.writeSettings({ ...model.settings, "aside.server.path": wrapper, "aside.trace.server": "verbose" });
    await until(() => existsSync(path.join(away, "told")), "the server is started anew");
    await status(page, "fake/test");
    await traceMessages(page);
    const input = await keyBox(page);
    await page.keyboard.type(key);
    equal(await input.inputValue(), key, "the box");
    await page.keyboard.press("Enter");
    await page.locator('.notification-toast:has-text("Saved.")').waitFor();
    equal(readFileSync(path.join(away, "stdin"), "utf8").trim(), key, "what came by stdin");
    equal(readFileSync(path.join(away, "args"), "utf8").trim(), "key set openai", "the arguments");
    const named = { openai: { keyName: "work" }, ...model.settings["aside.providers"] };
    const wrapped = { ...model.settings, "aside.server.path": wrapper, "aside.trace.server": "verbose" };
    const places = {
      "--identity=/away/identity": { "aside.keys.identityFile": "/away/identity" },
      "--passphrase-command pass show aside": { "aside.keys.passphraseCommand": ["pass", "show", "aside"] },
    };
    for (const [option, place] of Object.entries(places)) {
      editor.writeSettings({ ...wrapped, "aside.providers": named, "aside.keys.file": "/away/keys", ...place });
      await until(async () => {
        await keyBox(page);
        if ((await page.locator('.quick-input-widget:has-text("the encrypted file /away/keys")').count()) > 0) return true;
        await page.keyboard.press("Escape");
      }, "the settings name a file");
      await page.keyboard.type(key);
      await page.keyboard.press("Enter");
      const wanted = `key set openai --name=work --file=/away/keys ${option}`;
      await until(() => readFileSync(path.join(away, "args"), "utf8").trim() === wanted, wanted);
    }
    editor.writeSettings(wrapped);
    const chat = await openChat(page, "Aside: New Chat");
    await ask(chat, "A question, for the trace");
    const exchange = await model.next();
    exchange.send("Fine.");
    exchange.done();
    await answered(chat);
    await until(() => filesWith(path.join(editor.home, "user/logs"), "A question, for the trace").length > 0, "the trace is written");
    equal(filesWith(editor.home, key).join(), "", "files that hold the key");
    equal(filesWith(away, key).join(), path.join(away, "stdin"), "what the server was told");
    const told = readFileSync(path.join(away, "told"), "utf8");
    equal(told.indexOf('"aside/warm"') < told.indexOf('"aside/chat/send"') && told.includes('"aside/warm"'), true, "typing is told before the question");
    rmSync(away, { recursive: true });
    editor.writeSettings(model.settings);
    await until(() => servers(editor.home).length === 1, "the server is started anew");
  });

  await test("a provider whose models are asked for, and that has no key yet, leads to saving one", async page => {
    await palette(page, "Aside: Choose the Model…");
    const row = words => page.locator(".quick-input-list .monaco-list-row").filter({ hasText: words }).first();
    await row("Ask a provider for its models…").click();
    await page.locator('.quick-input-widget:has-text("Models of…")').waitFor();
    await page.locator(".quick-input-widget input.input").fill("mistral");
    await row("mistral").click();
    await page.locator('.quick-input-widget:has-text("Models of mistral")').waitFor();
    await shot("no-key");
    await row("Save a key…").click();
    await page.locator('.quick-input-widget:has-text("Save a key for…")').waitFor();
    equal(await row("").innerText(), "mistral", "the provider that is offered first");
    await page.keyboard.press("Enter");
    await page.locator('.quick-input-widget input[type="password"]').waitFor();
    await page.keyboard.press("Escape");
    await page.locator('.quick-input-widget:has-text("Models of mistral")').waitFor();
    await page.keyboard.press("Escape");
  });

  await test("where no keyring is running, a key goes into an encrypted file", async page => {
    const key = "sk-test-of-the-file-8c1f";
    await keyBox(page);
    await page.keyboard.type(key);
    await page.keyboard.press("Enter");
    const message = page.locator('.notification-toast:has-text("The key was not saved: No keyring is running here")');
    await message.waitFor();
    await shot("no-keyring");
    await message.locator('a:has-text("Use an Encrypted File")').click();
    await page.locator('.notification-toast:has-text("Saved the key of openai")').waitFor();
    const { "aside.keys.file": file, "aside.keys.identityFile": identity } = editor.readSettings();
    const run = spawnSync(server(editor), ["key", "list", `--file=${file}`, `--identity=${identity}`], { encoding: "utf8", env: { ...process.env, HOME: editor.home } });
    equal(run.stdout.trim(), "openai       for https://api.openai.com", run.stderr);
    equal(filesWith(editor.home, key).join(), "", "files that hold the key");
    await palette(page, "Notifications: Clear All Notifications");
  });
}
