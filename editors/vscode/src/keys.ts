// Saving and removing a key: a password box whose text goes to the server's command line by stdin, and nowhere else.

import * as vscode from "vscode";
import type { ModelsResult } from "./protocol.js";
import type { Server } from "./server.js";

export async function saveKey(server: Server, current: string | undefined): Promise<void> {
  const provider = await pickProvider(server, "Save a key for…", current);
  if (!provider) {
    return;
  }
  const key = await vscode.window.showInputBox({
    title: `Save a key for ${provider}`,
    prompt: "It goes into your system's keyring, for this provider alone.",
    password: true,
    ignoreFocusOut: true,
    validateInput: text => (text.trim() ? undefined : "Paste the key here."),
  });
  if (!key) {
    return;
  }
  const { code, output } = await server.run(["key", "set", provider], `${key.trim()}\n`);
  if (code === 0) {
    void vscode.window.showInformationMessage(`The key for ${provider} is saved.`);
    return;
  }
  // What the program says never holds the key; it is left out all the same.
  const words = output.split(key.trim()).join("…");
  const again = await vscode.window.showErrorMessage(`The key was not saved: ${words}`, "Try Again", "Other Ways…");
  if (again === "Try Again") {
    await saveKey(server, provider);
  } else if (again) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "aside.providers");
  }
}

export async function removeKey(server: Server): Promise<void> {
  const provider = await pickProvider(server, "Remove the key of…", undefined);
  if (provider) {
    const { output } = await server.run(["key", "remove", provider]);
    void vscode.window.showInformationMessage(output);
  }
}

/** A provider of the settings or of the built-in ones, the one in use first; another may be typed. */
async function pickProvider(server: Server, title: string, current: string | undefined): Promise<string | undefined> {
  const { models } = await server.request<ModelsResult>("aside/models", {}).catch(() => ({ models: [] }));
  const used = [current, ...models.map(({ id }) => id)].map(id => id?.split("/")[0]);
  const known = vscode.extensions.getExtension("aside.aside")?.packageJSON.contributes.configuration[0].properties;
  const builtin = Object.keys(known?.["aside.providers"]?.properties ?? {});
  const ids = [...new Set([...used, ...builtin])].filter(id => id !== undefined && id !== "" && id !== "demo");
  const pick = await vscode.window.showQuickPick(
    ids.map(label => ({ label: label ?? "" })),
    { title, placeHolder: "The provider" },
  );
  return pick?.label;
}
