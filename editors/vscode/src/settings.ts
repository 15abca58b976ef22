// What the user set under `aside`, as the server takes it: defaults are the server's own, so they are left out.

import * as vscode from "vscode";

type Json = { [name: string]: unknown };

export function readSettings(context: vscode.ExtensionContext): Json {
  const config = vscode.workspace.getConfiguration();
  const settings: Json = {};
  // The server's settings are the first, generated block in `package.json`.
  for (const name of Object.keys(context.extension.packageJSON.contributes.configuration[0].properties)) {
    const told = config.inspect(name);
    const set = [told?.globalValue, told?.workspaceValue, told?.workspaceFolderValue];
    const [group = "", field] = name.split(".").slice(1);
    if (set.every(value => value === undefined)) continue;
    if (field) settings[group] = { ...(settings[group] ?? {}), [field]: config.get(name) };
    else settings[group] = config.get(name);
  }
  return settings;
}
