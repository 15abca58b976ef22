// What the extension does to documents, through the real `vscode` API: this runs inside the extension host. Each test
// leaves its document as it was found. Prints `ok NAME` or `not ok NAME`.
const { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");
const vscode = require("vscode");

const LIST = 'export const fruits = [\n  "pear",\n  "apple",\n  "quince",\n  "fig",\n];\n';
const SORTED = 'export const fruits = [\n  "apple",\n  "fig",\n  "pear",\n  "quince",\n];\n';

let failed = 0;
let model;

async function test(name, run) {
  if (process.env.ONLY && !process.env.ONLY.split(",").some(part => name.includes(part))) return;
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok ${name}`);
    for (const line of String(error.stack ?? error).split("\n").slice(0, 6)) console.log(`  ${line}`);
  } finally {
    await vscode.commands.executeCommand("aside.rejectProposal");
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  }
}

function equal(found, wanted, what = "it") {
  const [a, b] = [found, wanted].map(value => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: found ${a}, wanted ${b}`);
}

async function until(ask, what) {
  // A busy machine may take its time.
  for (let left = 2400; ; left -= 1) {
    const found = await ask();
    if (found) return found;
    if (left === 0) throw new Error(`it never came: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const configure = (name, value) =>
  vscode.workspace.getConfiguration("aside").update(name, value, vscode.ConfigurationTarget.Global);

/** Opens a new file of the folder with this text, and this line ending. */
async function open(text, name = "list.ts", eol = vscode.EndOfLine.LF) {
  const uri = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, name);
  await vscode.workspace.fs.writeFile(uri, Buffer.from(eol === vscode.EndOfLine.LF ? text : text.replaceAll("\n", "\r\n")));
  return vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri));
}

/** What a provider answers; it is cancelled where the document changes meanwhile, and asked again by who waits for it. */
const provided = (command, ...about) => vscode.commands.executeCommand(command, ...about).then(undefined, () => []);
const actions = (editor, kind) => provided("vscode.executeCodeActionProvider", editor.document.uri, editor.selection, kind);

/** Starts the action of this title on some lines, and answers the model's side of it. */
async function start(editor, title, first, last) {
  editor.selection = new vscode.Selection(first, 0, last, 0);
  const action = await until(async () => (await actions(editor)).find(found => found.title === title), title);
  const { command, arguments: rest } = action.command ?? action;
  await vscode.commands.executeCommand(command, ...rest);
  return model.next();
}

/** A proposal that is ready: `answer` is what the model makes of the lines. */
async function propose(editor, answer, first = 1, last = 5) {
  const exchange = await start(editor, "Do it", first, last);
  exchange.send(`\`\`\`\n${answer}\`\`\`\n`);
  exchange.done();
  await lens(editor, /^Accept( all|$)|^Keep mine/);
}

const lenses = editor => provided("vscode.executeCodeLensProvider", editor.document.uri, 100);

/** The code lens with this title, as soon as it is there. */
const lens = (editor, title) =>
  until(async () => (await lenses(editor)).find(({ command }) => title.test(command?.title ?? "")), String(title));

async function press(editor, title) {
  const { command } = await lens(editor, title);
  return vscode.commands.executeCommand(command.command, ...command.arguments);
}

/** The user types at a place. */
const type = (editor, line, character, text) => editor.edit(edit => edit.insert(new vscode.Position(line, character), text));

const holds = (editor, text) => until(() => editor.document.getText() === text, `${JSON.stringify(text)}; it is ${JSON.stringify(editor.document.getText())}`);

async function run() {
  const { startModel } = await import(path.join(__dirname, "model.mjs"));
  model = await startModel();
  const extension = vscode.extensions.getExtension("aside.aside");
  await extension.activate();
  for (const [name, value] of Object.entries(model.settings)) await configure(name.replace("aside.", ""), value);
  await configure("actions", [{ title: "Do it", instruction: "sort the lines" }]);

  await test("every command of the package can be run", async () => {
    const there = await vscode.commands.getCommands(true);
    const missing = extension.packageJSON.contributes.commands.filter(({ command }) => !there.includes(command));
    equal(missing.map(({ command }) => command), []);
  });

  await test("every setting is known, with its words and its scope", () => {
    for (const { properties } of extension.packageJSON.contributes.configuration) {
      for (const [name, { markdownDescription, scope }] of Object.entries(properties)) {
        equal([typeof markdownDescription, typeof scope], ["string", "string"], name);
        equal(vscode.workspace.getConfiguration().inspect(name) !== undefined, true, name);
      }
    }
  });

  await test("a fix of another extension's diagnostic is a proposal, one undo step", async () => {
    const editor = await open(LIST);
    const others = vscode.languages.createDiagnosticCollection("other");
    others.set(editor.document.uri, [new vscode.Diagnostic(new vscode.Range(1, 2, 1, 8), "this is not sorted")]);
    const exchange = await start(editor, "Aside: Fix this problem", 1, 5);
    equal(JSON.stringify(exchange.body).includes("this is not sorted"), true, "the problem goes along");
    exchange.send(`\`\`\`ts\n${SORTED.split("\n").slice(1, 5).join("\n")}\n\`\`\`\n`);
    exchange.done();
    await press(editor, /^Accept( all|$)/);
    await holds(editor, SORTED);
    await vscode.commands.executeCommand("undo");
    await holds(editor, LIST);
    others.dispose();
  });

  await test("the refactor and the source menu have what the server offers", async () => {
    const editor = await open(LIST);
    editor.selection = new vscode.Selection(1, 0, 3, 0);
    const titles = async kind => (await actions(editor, kind)).map(({ title }) => title).filter(title => /Aside|Do it|instruction/.test(title));
    const wanted = ["Aside: Document this", "Aside: Improve this", "Change by an instruction…", "Do it"];
    await until(async () => (await titles("refactor")).sort().join() === wanted.join(), "the refactor menu");
    const source = await titles("source");
    equal(source, ["Aside: Explain this file", "Aside: Review this file"]);
    equal((await titles()).some(title => source.includes(title)), false, "the light bulb has what is about the file");
  });

  await test("what is typed above moves the proposal, and the accept is for the text as it stands", async () => {
    const editor = await open(LIST);
    const exchange = await start(editor, "Do it", 1, 5);
    exchange.send('```\n  "apple",\n');
    await type(editor, 0, 0, "// one\n// two 🍐\n");
    exchange.send('  "fig",\n  "pear",\n  "quince",\n```\n');
    exchange.done();
    await press(editor, /^Accept( all|$)/);
    await holds(editor, `// one\n// two 🍐\n${SORTED}`);
    await vscode.commands.executeCommand("undo");
    await holds(editor, `// one\n// two 🍐\n${LIST}`);
  });

  await test("an accept while the user types loses nothing", async () => {
    const editor = await open(LIST);
    await propose(editor, '  "apple",\n  "fig",\n  "pear",\n  "quince",\n');
    const pressed = press(editor, /^Accept( all|$)/);
    for (const letter of "abcdefgh") await type(editor, 0, 0, letter);
    await pressed;
    const [taken, untouched] = [`hgfedcba${SORTED}`, `hgfedcba${LIST}`];
    // It is taken whole, or not at all where the typing never paused: then it can be taken still.
    if (editor.document.getText() !== taken) {
      equal(editor.document.getText(), untouched, "every letter, and the list as it was");
      await press(editor, /^Accept( all|$)/);
      await holds(editor, taken);
    }
  });

  await test("typing that can't stand with the model's text is a conflict, and either side can be taken", async () => {
    for (const [side, wanted] of [["Keep mine", '  "PEAR",\n'], ["Take the model", '  "plum",\n']]) {
      const text = '[\n  "pear",\n]\n';
      const editor = await open(text, "conflict.ts");
      await propose(editor, '  "plum",\n', 1, 2);
      await editor.edit(edit => edit.replace(new vscode.Range(1, 3, 1, 7), "PEAR"));
      await press(editor, new RegExp(`^${side}`));
      await holds(editor, `[\n${wanted}]\n`);
      await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
    }
  });

  await test("a proposal that takes most of the selection away says so before it is accepted", async () => {
    const text = `${Array.from({ length: 40 }, (_, n) => `line ${n}`).join("\n")}\n`;
    const editor = await open(text, "long.txt");
    await propose(editor, "line 0\n", 0, 40);
    await lens(editor, /\$\(warning\)/);
    equal(editor.document.getText(), text, "the text");
  });

  await test("line endings, tabs, an emoji and a combining letter stay what they are", async () => {
    const text = "[\n\t'👩‍🌾 pear',\n\t'e\u0301clair',\n\t'apple',\n]\n";
    const editor = await open(text, "crlf.js", vscode.EndOfLine.CRLF);
    await propose(editor, "\t'apple',\n\t'e\u0301clair',\n\t'👩‍🌾 pear',\n", 1, 4);
    await press(editor, /^Accept( all|$)/);
    await holds(editor, "[\n\t'apple',\n\t'e\u0301clair',\n\t'👩‍🌾 pear',\n]\n".replaceAll("\n", "\r\n"));
    await editor.document.save();
    equal(Buffer.from(await vscode.workspace.fs.readFile(editor.document.uri)).toString().includes("\r\n\t'apple',\r\n"), true, "the file");
  });

  await test("a file whose name is written in escapes is found", async () => {
    const editor = await open(LIST, "a b #1 100% ü.ts");
    await propose(editor, '  "apple",\n  "fig",\n  "pear",\n  "quince",\n');
    await press(editor, /^Accept( all|$)/);
    await holds(editor, SORTED);
  });

  await test("a file that was never saved takes a proposal", async () => {
    const editor = await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ content: LIST, language: "typescript" }));
    await propose(editor, '  "apple",\n  "fig",\n  "pear",\n  "quince",\n');
    await press(editor, /^Accept( all|$)/);
    await holds(editor, SORTED);
  });

  await test("a rejected proposal is gone, and the text as it was", async () => {
    const editor = await open(LIST);
    await propose(editor, '  "apple",\n  "fig",\n  "pear",\n  "quince",\n');
    await press(editor, /^Reject( all|$)/);
    await until(async () => (await lenses(editor)).every(({ command }) => !/Accept|Reject/.test(command?.title ?? "")), "no lens is left");
    equal(editor.document.getText(), LIST);
  });

  await test("a stopped instruction closes the provider's connection and draws nothing more", async () => {
    const editor = await open(LIST);
    const exchange = await start(editor, "Do it", 1, 5);
    exchange.send('```\n  "apple",\n');
    await press(editor, /^Stop$/);
    await until(() => exchange.closed, "the connection is closed");
    equal(editor.document.getText(), LIST);
  });

  await test("VS Code's telemetry level is told at the start and when it changes", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "aside-told-"));
    const wrapper = path.join(folder, "aside");
    writeFileSync(wrapper, `#!/bin/sh\ntee -a ${folder}/told | ${extension.extensionPath}/bin/aside "$@"\n`, { mode: 0o755 });
    const level = value => vscode.workspace.getConfiguration().update("telemetry.telemetryLevel", value, vscode.ConfigurationTarget.Global);
    const told = words => until(() => existsSync(`${folder}/told`) && readFileSync(`${folder}/told`, "utf8").includes(words), words);
    await configure("server.path", wrapper);
    await told('"telemetry":"off"');
    await level("all");
    await told('"aside/telemetry/level","params":{"level":"all"}');
    await level("off");
    await told('"aside/telemetry/level","params":{"level":"off"}');
    await configure("server.path", undefined);
    rmSync(folder, { recursive: true });
  });

  model.stop();
  if (failed > 0) throw new Error(`${failed} failed`);
}

exports.run = run;
