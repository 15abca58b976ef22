// What the user set under `aside`, as the server takes it: defaults are the server's own, so they are left out.

import * as vscode from "vscode";

type Json = { [name: string]: unknown };

/** The names of the server's settings: the first, generated block in `package.json`. */
function names(context: vscode.ExtensionContext): string[] {
  const blocks: { properties: Json }[] = context.extension.packageJSON.contributes.configuration;
  return Object.keys(blocks[0]?.properties ?? {});
}

export function readSettings(context: vscode.ExtensionContext): Json {
  const config = vscode.workspace.getConfiguration();
  const settings: Json = {};
  for (const name of names(context)) {
    const told = config.inspect(name);
    const set = [told?.globalValue, told?.workspaceValue, told?.workspaceFolderValue];
    if (set.some(value => value !== undefined)) {
      put(settings, name.split(".").slice(1), config.get(name));
    }
  }
  return settings;
}

function put(into: Json, path: string[], value: unknown) {
  const [first, ...rest] = path;
  if (first === undefined) {
    return;
  }
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const inner = (into[first] ?? {}) as Json;
  into[first] = inner;
  put(inner, rest, value);
}
