// How a proposal is drawn into an editor: the lines that would go, the lines that would come below them, and what the
// user can do about it. Ranges are of one version of the document, so another version's event is not drawn.

import * as vscode from "vscode";
import type { ProposalEvent, ProposalHunk, ProposalState, Range } from "../generated/protocol.js";
import { shortName } from "./mentions.js";

/** Names a proposal, and one of its hunks. */
type Name = { proposal: string; hunk?: number };

const SCHEME = "aside-proposal";
const OPEN: ProposalState[] = ["working", "ready", "applying", "conflict"];
export const isOpen = ({ state }: ProposalEvent) => OPEN.includes(state);

export function createDrawing(context: vscode.ExtensionContext, proposals: Map<string, ProposalEvent>) {
  const style = (background: string, ruler?: string, more: vscode.DecorationRenderOptions = {}) => {
    const type = vscode.window.createTextEditorDecorationType({
      isWholeLine: true,
      backgroundColor: new vscode.ThemeColor(background),
      overviewRulerColor: ruler && new vscode.ThemeColor(ruler),
      overviewRulerLane: vscode.OverviewRulerLane.Right,
      ...more,
    });
    context.subscriptions.push(type);
    return type;
  };
  const removed = style("diffEditor.removedLineBackground", "editorOverviewRuler.deletedForeground", {
    textDecoration: "line-through",
  });
  const conflict = style("merge.currentContentBackground", "editorOverviewRuler.warningForeground");
  const working = style("editor.wordHighlightBackground", undefined, {
    border: "0 solid",
    borderWidth: "0 0 0 2px",
    borderColor: new vscode.ThemeColor("focusBorder"),
  });
  const controller = vscode.comments.createCommentController("aside", "Aside");
  const threads = new Map<string, { thread: vscode.CommentThread; added: string; name: Name }>();
  const lensesChanged = new vscode.EventEmitter<void>();
  const diffChanged = new vscode.EventEmitter<vscode.Uri>();
  context.subscriptions.push(controller, lensesChanged, diffChanged);

  const documentOf = (uri: string) => vscode.workspace.textDocuments.find(open => open.uri.toString() === uri);
  const drawnIn = ({ uri, version }: vscode.TextDocument) =>
    [...proposals.values()].filter(event => isOpen(event) && event.uri === uri.toString() && event.version === version);

  function draw(event: ProposalEvent) {
    const document = documentOf(event.uri);
    if (document && (!isOpen(event) || event.version === document.version)) {
      drawLines(document);
      drawThreads(event, document);
      lensesChanged.fire();
      diffChanged.fire(diffAddress(event));
    }
  }

  function drawLines(document: vscode.TextDocument) {
    const drawn = drawnIn(document);
    const hunks = drawn.flatMap(({ hunks }) => hunks).filter(({ removed }) => removed !== "");
    const busy = drawn.filter(({ state }) => state === "working").flatMap(unsettled);
    const lines = (kind: boolean) => hunks.filter(({ conflict }) => conflict === kind).map(({ range }) => toLines(range));
    for (const editor of vscode.window.visibleTextEditors.filter(editor => editor.document === document)) {
      editor.setDecorations(removed, lines(false));
      editor.setDecorations(conflict, lines(true));
      editor.setDecorations(working, busy);
    }
  }

  function drawThreads(event: ProposalEvent, document: vscode.TextDocument) {
    const live = isOpen(event) ? event.hunks.filter(({ added }) => added !== "") : [];
    for (const [key, { thread, name }] of threads) {
      if (name.proposal === event.proposal && !live.some(({ id }) => id === name.hunk)) {
        thread.dispose();
        threads.delete(key);
      }
    }
    live.forEach(hunk => void drawThread(event, hunk, document));
  }

  /** The lines that would come, in a box of the editor's own below the lines that would go. */
  function drawThread(event: ProposalEvent, hunk: ProposalHunk, { uri, languageId }: vscode.TextDocument) {
    const key = `${event.proposal}/${hunk.id}`;
    // A thread on one line: VS Code would draw its own colour over the others.
    const { end } = toLines(hunk.range);
    const range = new vscode.Range(end, end);
    const thread = threads.get(key)?.thread ?? controller.createCommentThread(uri, range, []);
    if (!threads.has(key)) {
      thread.canReply = false;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
      // Only unresolved threads open the Comments panel.
      thread.state = vscode.CommentThreadState.Resolved;
    }
    // Setting what is set already would draw it again.
    if (!thread.range?.isEqual(range)) thread.range = range;
    const label = hunk.conflict ? "In conflict with what you typed" : summary(hunk);
    if (thread.label !== label) {
      thread.label = label;
      thread.contextValue = hunk.conflict ? "conflict" : "open";
    }
    if (threads.get(key)?.added !== hunk.added) {
      const body = fenced(hunk.added, languageId);
      thread.comments = [{ author: { name: event.model }, body, mode: vscode.CommentMode.Preview }];
    }
    threads.set(key, { thread, added: hunk.added, name: { proposal: event.proposal, hunk: hunk.id } });
  }

  function lensesOf(event: ProposalEvent): vscode.CodeLens[] {
    const lens = (range: Range, title: string, command = "", hunk?: number) => {
      const about: Name = { proposal: event.proposal, hunk };
      return new vscode.CodeLens(toLines(range), { title, command: command && `aside.${command}`, arguments: [about] });
    };
    const { range, hunks, state, warning } = event;
    const words = event.instruction.split("\n")[0]?.slice(0, 40) ?? "";
    if (state === "working") return [lens(range, `$(loading~spin)\u00a0${words}`), lens(range, "Stop", "rejectProposal")];
    const many = hunks.length > 1;
    const accept = many ? `Accept all ${hunks.length}` : "Accept";
    const onHunk = ({ conflict, id, range }: ProposalHunk) =>
      conflict
        ? [lens(range, "Keep mine", "takeMine", id), lens(range, "Take the model's", "takeModel", id)]
        : [lens(range, "Accept this", "acceptHunk", id), lens(range, "Reject this", "rejectHunk", id)];
    return [
      ...(hunks.some(({ conflict }) => !conflict) ? [lens(range, accept, "acceptProposal")] : []),
      lens(range, many ? "Reject all" : "Reject", "rejectProposal"),
      ...hunks.filter(({ conflict }) => many || conflict).flatMap(onHunk),
      lens(range, "Again…", "retryProposal"),
      lens(range, "Diff", "diffProposal"),
      lens(range, warning ? `$(warning)\u00a0${warning}` : `$(sparkle)\u00a0${words}`),
    ];
  }

  const diffAddress = ({ proposal, uri }: ProposalEvent) =>
    vscode.Uri.from({ scheme: SCHEME, authority: "proposal", path: vscode.Uri.parse(uri).path, query: proposal });

  const openDiff = (event: ProposalEvent, left = vscode.Uri.parse(event.uri)) =>
    vscode.commands.executeCommand("vscode.diff", left, diffAddress(event), `${shortName(left)}: as proposed`);

  /** The document with every hunk in place. */
  function provideTextDocumentContent({ query }: vscode.Uri): string {
    const event = proposals.get(query);
    const document = event && documentOf(event.uri);
    const bottomUp = [...(event?.hunks ?? [])].sort((a, b) => b.range.start.line - a.range.start.line);
    return bottomUp.reduce((text, { range: { start, end }, added }) => {
      const [from, to] = [start, end].map(at => document?.offsetAt(new vscode.Position(at.line, at.character)));
      return text.slice(0, from) + added + text.slice(to);
    }, document?.getText() ?? "");
  }

  context.subscriptions.push(
    vscode.languages.registerCodeLensProvider("*", {
      onDidChangeCodeLenses: lensesChanged.event,
      provideCodeLenses: document => drawnIn(document).flatMap(lensesOf),
    }),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: diffChanged.event,
      provideTextDocumentContent,
    }),
    vscode.window.onDidChangeVisibleTextEditors(editors => editors.forEach(({ document }) => void drawLines(document))),
  );
  return {
    draw,
    clear: () => {
      threads.forEach(({ thread }) => void thread.dispose());
      threads.clear();
      vscode.window.visibleTextEditors.forEach(({ document }) => void drawLines(document));
      lensesChanged.fire();
    },
    openDiff,
    /** What a button on drawn lines, or a code lens, is about. */
    named: (about: unknown): Name | undefined => {
      const drawn = [...threads.values()].find(({ thread }) => thread === about)?.name;
      return drawn ?? (typeof (about as Name | undefined)?.proposal === "string" ? (about as Name) : undefined);
    },
  };
}

/** The part of a working proposal that no hunk has settled yet. */
function unsettled({ range, hunks }: ProposalEvent): vscode.Range[] {
  const from = Math.max(range.start.line, ...hunks.map(hunk => hunk.range.end.line));
  const to = toLines(range).end.line;
  return from <= to ? [new vscode.Range(from, 0, to, 0)] : [];
}

/** Whole lines. A range that ends at a line's start does not hold that line; new lines stand below the line before. */
function toLines({ start, end }: Range): vscode.Range {
  const empty = start.line === end.line && start.character === end.character;
  const first = Math.max(0, start.line - (empty ? 1 : 0));
  return new vscode.Range(first, 0, Math.max(first, end.line - (end.character === 0 ? 1 : 0)), 0);
}

function summary({ removed, added }: ProposalHunk): string {
  const count = (text: string) => text.replace(/\r?\n$/, "").split("\n").length;
  const lines = `${count(added)} ${count(added) === 1 ? "line" : "lines"}`;
  return removed === "" ? `Add ${lines}` : `Put ${lines} in place of ${count(removed)}`;
}

/** Code as Markdown, in a fence longer than any in it. */
function fenced(text: string, language: string): vscode.MarkdownString {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return new vscode.MarkdownString(`${fence}${language}\n${text.replace(/\r?\n$/, "")}\n${fence}`);
}
