// node door.mjs VSIX SHOTS   a day in VS Code in a network that holds nothing but this machine's own loopback, with VS Code's
// server, its extension host, Aside's and every child under `strace`, from the installation of the extension on: no address is
// tried but the provider's.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openChat, openFile, palette, startEditor, status } from "./editor.mjs";
import { APP, answered, ask, equal, here, instruct, lens, selectLines, servers, test, until } from "./kit.mjs";
import { startModel } from "./model.mjs";

const [vsix, shots] = process.argv.slice(2);
const devices = readFileSync("/proc/net/dev", "utf8").match(/^ *\S+(?=:)/gm).map(name => name.trim());
if (devices.join() !== "lo") throw new Error("this is for a network of its own, which `run` makes");

const folder = mkdtempSync(path.join(tmpdir(), "aside-door-"));
const log = path.join(folder, "strace");
const under = ["strace", "-f", "-A", "--seccomp-bpf", "-qq", "-s", "300", "-e", "trace=network", "-o", log];
const model = await startModel();
// code-server would tell of its starts otherwise.
const cliArgs = ["--disable-workspace-trust", "--disable-telemetry"];
const editor = await startEditor({ vsix, files: { "app.ts": APP }, settings: model.settings, under, cliArgs });
Object.assign(here, { editor, shots });

/** Every address that was tried; what is tried through the file system is no network. */
function addresses() {
  const calls = readFileSync(log, "utf8").split("\n").filter(line => /\b(connect|sendto|sendmsg|sendmmsg)\(/.test(line));
  const found = calls.flatMap(call => [...call.matchAll(/sa_family=(AF_\w+)[^}]*/g)]);
  const read = ([text, family]) => {
    const [, host = family] = /inet_addr\("([^"]*)"|inet_pton\(AF_INET6, "([^"]*)"/.exec(text)?.filter(Boolean) ?? [];
    return `${host}:${/port=htons\((\d+)\)/.exec(text)?.[1] ?? ""}`;
  };
  return new Set(found.filter(([, family]) => family !== "AF_UNIX" && family !== "AF_NETLINK").map(read));
}

/** Asks, and gives the request that comes of it. */
async function asked(page, words) {
  const chat = await openChat(page, "Aside: New Chat");
  await ask(chat, words);
  return [chat, await model.next()];
}

await test("a day in VS Code tries no address but the provider's", async page => {
  await openFile(page, "app.ts");
  const [first, answer] = await asked(page, "What is this? ");
  answer.send("![a picture](https://leak.example/p.png) and [a link](https://leak.example/l).");
  answer.done();
  await answered(first);
  const [second, refused] = await asked(page, "And now?");
  refused.fail(400, "the provider said no");
  await second.locator(".problem").waitFor();
  const [third, stopped] = await asked(page, "And then?");
  stopped.send("It begins");
  await third.locator('.answer:has-text("It begins")').waitFor();
  await third.locator('button[aria-label="Stop"]').click();
  await until(() => stopped.closed, "the provider's connection is closed");

  await page.locator(".editor-instance .view-line").first().click();
  await selectLines(page, 1, 1);
  await instruct(page, "call it MOST");
  const instruction = await model.next();
  instruction.send("```ts\nconst MOST = 80;\n```\n");
  instruction.done();
  await lens(page, "Accept").waitFor();
  await palette(page, "Aside: Accept the Proposal");
  await page.locator('.editor-instance .view-line:has-text("MOST = 80")').waitFor();

  for (const [command, words] of [["What Was Sent: the Ledger", "What left this machine"], ["What Is Kept on This Machine", "What Aside keeps"], ["What Is Counted: Telemetry", "Nothing waits"], ["Doctor: What Is Set Up", "fake"]]) {
    await palette(page, `Aside: ${command}`);
    await page.locator(`.editor-instance .view-line:has-text("${words}")`).first().waitFor();
  }
  for (const pid of servers(editor.home)) process.kill(pid, "SIGKILL");
  await until(() => servers(editor.home).length === 1, "the server is back");
  await status(page, "fake/test");
  const [last, again] = await asked(page, "Once more?");
  again.send("The last answer.");
  again.done();
  await answered(last);
}, null);

await editor.stop();
await test("none was tried, names that are looked up included", () => {
  const provider = new URL(model.settings["aside.providers"].fake.baseUrl).host;
  const tried = [...addresses()];
  equal(tried.includes(provider), true, `the provider is among ${tried.join(" ")}`);
  equal(tried.filter(address => address !== provider).join(" "), "", "other addresses");
}, null);
model.stop();
rmSync(folder, { recursive: true });
console.log(`# door: ${here.passed} passed, ${here.failed} failed`);
process.exit(here.failed ? 1 : 0);
