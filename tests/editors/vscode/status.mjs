// The status item, and a server that will not stay.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { openChat, palette, status } from "./editor.mjs";
import { ask, equal, here, servers, shot, test, until } from "./kit.mjs";

export async function statusScenarios(model) {
  const { editor } = here;

  await test("what is counted is shown, exported to a file and deleted, by the status item's menu", async page => {
    const file = path.join(editor.home, "mine.json");
    const choose = async words => {
      await (await status(page, "demo/demo")).click();
      await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: words }).click();
    };
    await choose("What Is Counted: Telemetry");
    await page.locator('.editor-instance .view-line:has-text("Nothing waits to be told.")').first().waitFor();
    await choose("Export What Is Counted…");
    const name = page.locator(".quick-input-widget input.input");
    // Not beside what is shown: that folder goes with the server.
    const usual = path.join(editor.home, "aside-telemetry.json");
    await until(async () => (await name.inputValue()) === usual, "a place is asked for");
    await name.fill(file);
    await shot("telemetry-export");
    await page.keyboard.press("Enter");
    await page.locator('.notification-toast:has-text("0 days written into")').waitFor();
    equal(readFileSync(file, "utf8"), "[]\n");
    await choose("Delete What Is Counted");
    await page.locator('.notification-toast:has-text("Nothing waits to be told.")').waitFor();
    await palette(page, "Notifications: Clear All Notifications");
  }, {});

  await test("the status item tells busy and a problem, and its menu has what to do about either", async page => {
    const item = await status(page, "fake/test");
    const rows = page.locator(".quick-input-list .monaco-list-row");
    const chat = await openChat(page, "Aside: New Chat");
    const answer = async words => {
      await ask(chat, words);
      const exchange = await model.next();
      exchange.send("Fine.");
      exchange.done();
      await chat.locator(`.turn:has-text("${words}") footer`).waitFor();
      await item.locator(".codicon-comment-discussion").waitFor();
    };
    await answer("How are you?");
    await ask(chat, "Tell me a long story");
    const slow = await model.next();
    slow.send("Once upon a time");
    await item.locator(".codicon-loading").waitFor();
    await item.locator('[aria-label="Aside, fake/test, busy"]').waitFor();
    await item.click();
    for (const row of ["Stop", "Choose the Model…", "Save a Key…", "What Was Sent", "Show the Log", "Doctor"]) {
      await rows.filter({ hasText: row }).first().waitFor();
    }
    await shot("menu-busy");
    await rows.filter({ has: page.locator(".codicon-stop-circle") }).click();
    await until(() => slow.closed, "the provider's connection is closed");
    await item.locator(".codicon-comment-discussion").waitFor();

    await ask(chat, "And now?");
    (await model.next()).fail(401, "Incorrect API key provided");
    await item.locator(".codicon-warning").waitFor();
    await page.locator('.statusbar-item.warning-kind:has-text("fake/test")').waitFor();
    await item.locator('[aria-label^="Aside, fake/test. "]').waitFor();
    await item.click();
    const input = page.locator(".quick-input-widget input.input");
    await until(async () => /key/i.test(await input.getAttribute("placeholder")), "the menu says the problem");
    await rows.filter({ hasText: "Show the Log" }).waitFor();
    equal(await rows.locator(".codicon-stop-circle").count(), 0, "what could be stopped");
    await rows.filter({ hasText: "Show the Log" }).click();
    await page.locator('.panel .pane-header:has-text("Output"), .panel .composite.title:has-text("Output")').first().waitFor();
    await palette(page, "View: Toggle Panel Visibility");

    await answer("Once more?");
  });

  await test("a server that keeps stopping is started less and less often, and that is said once", async page => {
    const starts = path.join(editor.home, "starts");
    const program = path.join(editor.home, "dies");
    // It is there, answers the first request, and goes when it hears the next message.
    const answer = JSON.stringify({ jsonrpc: "2.0", id: 0, result: { capabilities: {} } });
    const lines = [
      `#!${process.execPath}`,
      `require("node:fs").appendFileSync(${JSON.stringify(starts)}, Date.now() + "\\n");`,
      `process.stdin.once("data", () => process.stdout.write(${JSON.stringify(`Content-Length: ${answer.length}\r\n\r\n${answer}`)}));`,
      'process.stdin.on("data", data => `${data}`.includes(\'"initialized"\') && process.exit(1));',
    ];
    writeFileSync(program, lines.join("\n"), { mode: 0o755 });
    writeFileSync(starts, "");
    await palette(page, "Notifications: Clear All Notifications");
    editor.writeSettings({ ...model.settings, "aside.server.path": program });
    const times = () => readFileSync(starts, "utf8").trim().split("\n").map(Number);
    await until(() => times().length >= 6, "it is started six times");
    // A timer is never early, and late on a busy machine.
    times().slice(1).forEach((time, n) => {
      const gap = time - times()[n];
      if (gap < 500 * 2 ** n) throw new Error(`start ${n + 2} came ${gap} ms after the one before`);
    });
    await page.locator('.notification-toast:has-text("keeps stopping")').waitFor();
    await shot("keeps-stopping");
    const said = await page.locator(".notification-toast").allInnerTexts();
    equal(said.length, 1, said.join(" | "));
    editor.writeSettings(model.settings);
    await until(() => servers(editor.home).length === 1, "the server is started");
    await palette(page, "Notifications: Clear All Notifications");
  });
}
