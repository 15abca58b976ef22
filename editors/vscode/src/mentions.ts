// What `#` can name: read from the editor when it is offered and again when it is sent.

import * as vscode from "vscode";
import type { Diagnostic, Mention, Range } from "../generated/protocol.js";
import type { Named } from "./turns.js";

const SCHEMES = ["file", "untitled", "vscode-remote", "vscode-vfs"];

export function toRange({ start, end }: vscode.Range): Range {
  const place = ({ line, character }: vscode.Position) => ({ line, character });
  return { start: place(start), end: place(end) };
}

/** What the server opened: no question is about a preview or the ledger, but about the file that was in front before. */
export const shown = new Set<string>();
let last: vscode.TextEditor | undefined;

function front(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  const uri = editor?.document.uri;
  if (!uri || !shown.has(uri.toString())) last = uri && SCHEMES.includes(uri.scheme) ? editor : undefined;
  return last?.document.isClosed ? undefined : last;
}

export const shortName = (uri: vscode.Uri) => uri.path.split("/").at(-1) ?? uri.path;

/** Everything that can go along now, the nearest first. */
export function offersNow(): Named[] {
  const editor = front();
  const documents = vscode.workspace.textDocuments.filter(({ uri, isClosed }) => !isClosed && SCHEMES.includes(uri.scheme));
  const others = documents.filter(document => document !== editor?.document);
  return [
    ...(editor ? offersOf(editor) : []),
    ...(documents.length > 0 ? [{ kind: "openFiles" as const, label: `open files (${documents.length})` }] : []),
    ...others.map(({ uri }): Named => ({ kind: "file", uri: `${uri}`, label: `file ${vscode.workspace.asRelativePath(uri)}` })),
  ];
}

function offersOf({ document: { uri }, selection }: vscode.TextEditor): Named[] {
  const name = shortName(uri);
  const lines = `${selection.start.line + 1}-${selection.end.line + 1}`;
  const problems = vscode.languages.getDiagnostics(uri).length;
  const offers: (Named | false)[] = [
    !selection.isEmpty && { kind: "selection", label: `selection ${name}:${lines}` },
    { kind: "file", label: `file ${name}` },
    problems > 0 && { kind: "problems", label: `problems ${name} (${problems})` },
  ];
  return offers.filter(offer => offer !== false);
}

/** The same, with the labels that fit what is in front now. */
export function namedNow(named: Named[]): Named[] {
  const offers = offersNow();
  return named.map(one => offers.find(({ kind, uri }) => kind === one.kind && uri === one.uri) ?? one);
}

export async function toMentions(named: Named[]): Promise<Mention[]> {
  return (await Promise.all(named.map(toMention))).filter(mention => mention !== undefined);
}

async function toMention({ kind, uri: other }: Named): Promise<Mention | undefined> {
  if (kind === "openFiles") return { kind };
  const editor = front();
  const document = other ? await vscode.workspace.openTextDocument(vscode.Uri.parse(other)) : editor?.document;
  if (!document) return undefined;
  const uri = document.uri.toString();
  if (kind === "file") return { kind, uri };
  if (kind === "problems") return { kind, uri, items: vscode.languages.getDiagnostics(document.uri).map(toDiagnostic) };
  const range = editor && !editor.selection.isEmpty && toRange(editor.selection);
  return range ? { kind, uri, version: document.version, range } : undefined;
}

const toDiagnostic = ({ range, severity, source, message }: vscode.Diagnostic): Diagnostic => {
  return { range: toRange(range), severity: severity + 1, source, message };
};
