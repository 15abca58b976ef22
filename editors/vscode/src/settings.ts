// What the user set under `aside`, as the server takes it: defaults are the server's own, so they are left out. What a
// workspace says of a setting of `machine` scope VS Code does not hand on, and nothing here would read it.

import * as vscode from "vscode";

type Json = { [name: string]: unknown };
type Block = { properties: { [name: string]: { scope?: string } } };

const blocks = (context: vscode.ExtensionContext): Block[] => context.extension.packageJSON.contributes.configuration;

/** The user's own value, of whatever a workspace says. */
export const ownValue = (name: string): unknown => vscode.workspace.getConfiguration().inspect(name)?.globalValue;

export function readSettings(context: vscode.ExtensionContext): Json {
  const settings: Json = {};
  // The server's settings are the first, generated block in `package.json`.
  for (const [name, { scope }] of Object.entries(blocks(context)[0]?.properties ?? {})) {
    const shared = scope !== "machine" && vscode.workspace.isTrusted;
    const told = vscode.workspace.getConfiguration().inspect(name);
    const value = (shared ? (told?.workspaceFolderValue ?? told?.workspaceValue) : undefined) ?? told?.globalValue;
    const [group = "", field] = name.split(".").slice(1);
    if (value === undefined) continue;
    settings[group] = field ? { ...(settings[group] ?? {}), [field]: value } : value;
  }
  return settings;
}

/** Says it once when a workspace tries to set what is the user's own, by name. */
export async function tellOfRefused(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => vscode.Uri.joinPath(uri, ".vscode/settings.json"));
  const own = blocks(context).flatMap(({ properties }) =>
    Object.entries(properties).filter(([, { scope }]) => scope === "machine"),
  );
  for (const file of [vscode.workspace.workspaceFile, ...folders].filter(file => file !== undefined)) {
    const text = new TextDecoder().decode(await vscode.workspace.fs.readFile(file).then(undefined, () => new Uint8Array()));
    const named = [...text.matchAll(/"(aside(?:\.[\w.]+)?)"\s*:/g)].map(([, name = ""]) => name);
    const refused = named.filter(name => own.some(([setting]) => `${setting}.`.startsWith(`${name}.`))).join(", ");
    if (!refused || context.workspaceState.get(`${file}`) === refused) continue;
    await context.workspaceState.update(`${file}`, refused);
    const words = `This workspace tries to set ${refused}. Only you can set that; it is ignored.`;
    log.warn(words);
    const choice = await vscode.window.showWarningMessage(`Aside: ${words}`, "Show It");
    if (choice) await vscode.window.showTextDocument(file);
  }
}
