// Proposals by hand: every key of theirs, and an instruction that is looked at before it is sent.
import { openFile, palette } from "./editor.mjs";
import { FRUITS, answerInstruction, equal, instruct, lens, save, selectLines, shot, test, text } from "./kit.mjs";

const SORTED = '```ts\n  "apple",\n  "fig",\n  "pear",\n  "quince",\n];\n```\n';

const cursor = page => page.locator('[id="status.editor.selection"]');
const box = (page, words) => page.locator(`.review-widget:has-text(${JSON.stringify(words)})`).first();

/** Asks for a change of fruits.ts, and gives the request that comes of it. */
async function askFor(page, model, instruction) {
  await page.locator(".editor-instance .view-line").first().click();
  await selectLines(page, 2, 4);
  await instruct(page, instruction);
  return model.next();
}

async function answer(page, exchange, code) {
  await lens(page, "Stop").waitFor();
  exchange.send(code);
  exchange.done();
  await lens(page, "Again…").waitFor();
}

export async function proposalScenarios(model) {
  await test("every key of a proposal: next, previous, accept, reject, a hunk or all of it, again, as a diff", async page => {
    await openFile(page, "fruits.ts");
    const first = await askFor(page, model, "call some by their colour");
    await answer(page, first, '```ts\n  "yellow",\n  "apple",\n  "quince",\n  "purple",\n];\n```\n');
    await lens(page, "Accept all 2").waitFor();

    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Alt+F5");
    await cursor(page).filter({ hasText: "Ln 2, Col 1" }).waitFor();
    await page.keyboard.press("Alt+F5");
    await cursor(page).filter({ hasText: "Ln 5, Col 1" }).waitFor();
    await page.keyboard.press("Shift+Alt+F5");
    await cursor(page).filter({ hasText: "Ln 2, Col 1" }).waitFor();

    await page.keyboard.press("Control+Alt+d");
    await page.locator('.modified-in-monaco-diff-editor .view-line:has-text("purple")').first().waitFor();
    await palette(page, "View: Close Editor");
    await page.locator(".editor-instance .view-line").first().click();

    await page.keyboard.press("Alt+F5");
    await page.keyboard.press("Control+Alt+Enter");
    await page.locator('.editor-instance .view-line:has-text("yellow")').first().waitFor();
    await box(page, "yellow").waitFor({ state: "detached" });
    await page.keyboard.press("Control+Alt+Backspace");
    await lens(page, "Reject").waitFor({ state: "detached" });
    await save(page, "fruits.ts", saved => saved === FRUITS.replace("pear", "yellow"));
    await page.keyboard.press("Control+z");
    await save(page, "fruits.ts", saved => saved === FRUITS);
    // What is undone is a proposal again.
    await box(page, "yellow").waitFor();
    await page.keyboard.press("Control+Alt+Shift+Backspace");
    await lens(page, "Reject").waitFor({ state: "detached" });

    await answer(page, await askFor(page, model, "sort them"), SORTED);
    await page.keyboard.press("Control+Alt+r");
    await page.locator('.quick-input-widget:has-text("Again: sort them")').waitFor();
    await answerInstruction(page, "the other way round");
    const again = await model.next();
    equal(JSON.stringify(again.body).includes("the other way round"), true, "the further word goes along");
    await answer(page, again, '```ts\n  "quince",\n  "pear",\n  "fig",\n  "apple",\n];\n```\n');
    await page.keyboard.press("Control+Alt+Shift+Enter");
    await save(page, "fruits.ts", saved => saved.replace(/\s/g, "").includes('["quince","pear","fig","apple",]'));
    await page.keyboard.press("Control+z");
    await save(page, "fruits.ts", saved => saved === FRUITS);
    await lens(page, "Reject").waitFor();
    await page.keyboard.press("Control+Alt+Shift+Backspace");
    await lens(page, "Reject").waitFor({ state: "detached" });

    await answer(page, await askFor(page, model, "sort them"), SORTED);
    await page.keyboard.press("Control+Alt+Shift+Backspace");
    await lens(page, "Reject").waitFor({ state: "detached" });
    await box(page, "apple").waitFor({ state: "detached" });
    equal(text("fruits.ts"), FRUITS, "the file");
  });

  await test("what has come of a proposal is drawn while the rest is awaited", async page => {
    await openFile(page, "fruits.ts");
    const exchange = await askFor(page, model, "call some by their colour");
    exchange.send('```ts\n  "yellow",\n  "apple",\n  "quince",\n');
    await box(page, "yellow").waitFor();
    await lens(page, "Stop").waitFor();
    equal(await lens(page, "Accept").count(), 0, "nothing can be accepted yet");
    await shot("half");
    exchange.send('  "purple",\n];\n```\n');
    exchange.done();
    await box(page, "purple").waitFor();
    await lens(page, "Accept all 2").waitFor();
    await lens(page, "Stop").waitFor({ state: "detached" });
    await page.locator(".editor-instance .view-line").first().click();
    await page.keyboard.press("Control+Alt+Shift+Backspace");
    await lens(page, "Reject").waitFor({ state: "detached" });
  });

  await test("an instruction is looked at before it is sent, and then carried out in the file", async page => {
    await openFile(page, "fruits.ts");
    await selectLines(page, 2, 4);
    await page.keyboard.press("Control+Alt+i");
    const input = page.locator(".quick-input-widget input.input");
    await input.fill("sort these four");
    await page.locator('.quick-input-list .monaco-list-row:has(.codicon-edit):has-text("sort these four")').waitFor();
    await page.locator('.quick-input-widget .action-label[aria-label="See What Would Be Sent"]').click();
    const shown = words => page.locator(`.editor-instance .view-line:has-text("${words}")`).first();
    await shown("What would be sent").waitFor();
    await shot("preview-instruction");
    equal(await input.inputValue(), "sort these four", "what was written stays");
    await page.keyboard.press("Enter");
    const exchange = await model.next();
    equal(JSON.stringify(exchange.body).includes("sort these four"), true, "the instruction");
    await page.locator('.tab.active[data-resource-name="fruits.ts"]').waitFor();
    await answer(page, exchange, SORTED);
    await box(page, "apple").waitFor();
    await page.keyboard.press("Control+Alt+Shift+Enter");
    await save(page, "fruits.ts", saved => saved.indexOf("apple") < saved.indexOf("pear"));
  });
}
