// Saving and removing a key: a password box whose text goes to the server's command line by stdin, and nowhere else.

import * as vscode from "vscode";
import type { ModelsResult } from "../generated/protocol.js";
import { run, type Server } from "./server.js";
import { ownValue } from "./settings.js";

const [FILE, OTHER] = ["Use an Encrypted File", "Other Ways…"];

export async function saveKey(server: Server, model?: string): Promise<void> {
  const provider = await pickProvider(server, "Save a key for…", model);
  const providers = (ownValue("aside.providers") ?? {}) as { [id: string]: { [setting: string]: unknown } };
  const { baseUrl, keyName } = providers[provider ?? ""] ?? {};
  const own = (name: string) => ownValue(`aside.keys.${name}`);
  const place = own("file") ? `the encrypted file ${own("file")}` : "the system's keyring";
  const prompt = `It goes into ${place}, for this provider alone${keyName ? `, under the name ${keyName}` : ""}.`;
  const box = { title: `Save a key for ${provider}`, prompt, password: true, ignoreFocusOut: true };
  const key = provider && (await vscode.window.showInputBox(box))?.trim();
  async function save(key: string): Promise<unknown> {
    const [file, identity] = [own("file"), own("identityFile")];
    const options = { "base-url": baseUrl, name: keyName, ...(file ? { file, identity } : {}) };
    const given = Object.entries(options).filter(([, value]) => typeof value === "string" && value !== "");
    const command = file && !identity ? ((own("passphraseCommand") ?? []) as string[]) : [];
    const last = command.length > 0 ? ["--passphrase-command", ...command] : [];
    const args = ["key", "set", `${provider}`, ...given.map(([option, value]) => `--${option}=${value}`), ...last];
    try {
      return vscode.window.showInformationMessage(await run(server.program(), args, key));
    } catch (error) {
      // What the program says never holds the key; it is left out all the same.
      const words = (error instanceof Error ? error.message : String(error)).split(key).join("…");
      const choice = await vscode.window.showErrorMessage(`The key was not saved: ${words}`, ...(file ? [] : [FILE]), OTHER);
      if (choice === FILE) {
        // Both files are made with the first key.
        const [settings, target] = [vscode.workspace.getConfiguration("aside.keys"), vscode.ConfigurationTarget.Global];
        await settings.update("identityFile", "~/.config/aside/identity", target);
        await settings.update("file", "~/.config/aside/keys", target);
        return save(key);
      }
      return choice && vscode.commands.executeCommand("workbench.action.openSettings", "@ext:aside.aside key");
    }
  }
  if (key) await save(key);
}

/** A provider that is in use, set up, or built in. */
export async function pickProvider(server: Server, title: string, model?: string) {
  const { models } = await server.request<ModelsResult>("aside/models", {});
  const builtin = server.context.extension.packageJSON.contributes.configuration[0].properties["aside.providers"].properties;
  const used = [model, ...models.map(({ id }) => id)].map(id => id?.split("/")[0] ?? "");
  const ids = new Set([...used, ...Object.keys(ownValue("aside.providers") ?? {}), ...Object.keys(builtin)]);
  const choices = [...ids].filter(id => id !== "" && id !== "demo");
  return vscode.window.showQuickPick(choices, { title, placeHolder: "The provider" });
}
