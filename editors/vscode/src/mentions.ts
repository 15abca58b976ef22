// What `#` can name: read from the editor when it is offered and again when it is sent.

import * as vscode from "vscode";
import type { Diagnostic, Mention, Range } from "./protocol.js";
import type { Named } from "./turns.js";

const SCHEMES = ["file", "untitled", "vscode-vfs"];

export function toRange(range: vscode.Range): Range {
  const { start, end } = range;
  return {
    start: { line: start.line, character: start.character },
    end: { line: end.line, character: end.character },
  };
}

function front(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && SCHEMES.includes(editor.document.uri.scheme) ? editor : undefined;
}

function shortName(uri: vscode.Uri): string {
  return uri.path.split("/").at(-1) ?? uri.path;
}

function openDocuments(): vscode.TextDocument[] {
  return vscode.workspace.textDocuments.filter(({ uri, isClosed }) => !isClosed && SCHEMES.includes(uri.scheme));
}

/** Everything that can go along now, the nearest first. */
export function offersNow(): Named[] {
  const editor = front();
  const offers: Named[] = [];
  if (editor) {
    const { selection, document } = editor;
    const name = shortName(document.uri);
    if (!selection.isEmpty) {
      offers.push({
        kind: "selection",
        label: `selection ${name}:${selection.start.line + 1}-${selection.end.line + 1}`,
      });
    }
    offers.push({ kind: "file", label: `file ${name}` });
    const problems = vscode.languages.getDiagnostics(document.uri).length;
    if (problems > 0) {
      offers.push({ kind: "problems", label: `problems ${name} (${problems})` });
    }
  }
  const documents = openDocuments();
  if (documents.length > 0) {
    offers.push({ kind: "openFiles", label: `open files (${documents.length})` });
  }
  for (const { uri } of documents.filter(({ uri }) => uri.toString() !== editor?.document.uri.toString())) {
    offers.push({ kind: "file", uri: uri.toString(), label: `file ${vscode.workspace.asRelativePath(uri)}` });
  }
  return offers;
}

/** The same, with the labels that fit what is in front now. */
export function namedNow(named: Named[]): Named[] {
  const offers = offersNow();
  return named.map(one => ({
    ...one,
    label: offers.find(({ kind, uri }) => kind === one.kind && uri === one.uri)?.label ?? one.label,
  }));
}

export async function toMentions(named: Named[]): Promise<Mention[]> {
  const mentions = await Promise.all(named.map(toMention));
  return mentions.filter(mention => mention !== undefined);
}

async function toMention({ kind, uri }: Named): Promise<Mention | undefined> {
  const editor = front();
  switch (kind) {
    case "openFiles":
      return { kind };
    case "selection":
      return editor && !editor.selection.isEmpty
        ? {
            kind,
            uri: editor.document.uri.toString(),
            version: editor.document.version,
            range: toRange(editor.selection),
          }
        : undefined;
    case "file": {
      const document = uri ? await vscode.workspace.openTextDocument(vscode.Uri.parse(uri)) : editor?.document;
      return document && { kind, uri: document.uri.toString() };
    }
    case "problems":
      return editor && { kind, uri: editor.document.uri.toString(), items: toDiagnostics(editor.document.uri) };
  }
}

function toDiagnostics(uri: vscode.Uri): Diagnostic[] {
  return vscode.languages.getDiagnostics(uri).map(({ range, severity, source, message }) => ({
    range: toRange(range),
    severity: severity + 1,
    source,
    message,
  }));
}
