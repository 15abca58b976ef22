// How a proposal is drawn into an editor: the lines that would go, the lines that would come below them, and what the
// user can do about it. Ranges are of one version of the document, so another version's event is not drawn.

import * as vscode from "vscode";
import type { ProposalEvent, ProposalHunk, Range } from "./protocol.js";

export interface Drawing {
  readonly draw: (proposal: ProposalEvent) => void;
  readonly clear: () => void;
  readonly openDiff: (proposal: ProposalEvent) => Promise<void>;
  /** Marks what an instruction is about while its input is open. */
  readonly shade: (editor: vscode.TextEditor, range: vscode.Range) => vscode.Disposable;
  /** The hunk that a button on drawn lines belongs to. */
  readonly where: (thread: unknown) => { proposal: string; hunk: number } | undefined;
}

const SCHEME = "aside-proposal";
const DRAWN = ["working", "ready", "applying", "conflict"];

export function createDrawing(context: vscode.ExtensionContext, proposals: Map<string, ProposalEvent>): Drawing {
  const colour = (id: string) => new vscode.ThemeColor(id);
  const style = (options: vscode.DecorationRenderOptions) => {
    const type = vscode.window.createTextEditorDecorationType(options);
    context.subscriptions.push(type);
    return type;
  };
  const { Right } = vscode.OverviewRulerLane;
  const removed = style({
    isWholeLine: true,
    backgroundColor: colour("diffEditor.removedLineBackground"),
    textDecoration: "line-through",
    overviewRulerColor: colour("editorOverviewRuler.deletedForeground"),
    overviewRulerLane: Right,
  });
  const conflict = style({
    isWholeLine: true,
    backgroundColor: colour("merge.currentContentBackground"),
    overviewRulerColor: colour("editorOverviewRuler.warningForeground"),
    overviewRulerLane: Right,
  });
  const working = style({
    isWholeLine: true,
    backgroundColor: colour("editor.wordHighlightBackground"),
    borderColor: colour("focusBorder"),
    borderStyle: "solid",
    borderWidth: "0 0 0 2px",
  });
  const shaded = style({ isWholeLine: true, backgroundColor: colour("editor.selectionHighlightBackground") });

  const controller = vscode.comments.createCommentController("aside", "Aside");
  const threads = new Map<
    string,
    { thread: vscode.CommentThread; text: string; where: { proposal: string; hunk: number } }
  >();
  const lensesChanged = new vscode.EventEmitter<void>();
  const diffChanged = new vscode.EventEmitter<vscode.Uri>();
  context.subscriptions.push(controller, lensesChanged, diffChanged);

  const documentOf = (uri: string) => vscode.workspace.textDocuments.find(open => open.uri.toString() === uri);
  const drawnFor = (document: vscode.TextDocument) =>
    [...proposals.values()].filter(
      proposal =>
        proposal.uri === document.uri.toString() &&
        proposal.version === document.version &&
        DRAWN.includes(proposal.state),
    );

  function draw(event: ProposalEvent) {
    const document = documentOf(event.uri);
    if (!document || (DRAWN.includes(event.state) && event.version !== document.version)) {
      return;
    }
    drawLines(document);
    drawThreads(event, document);
    lensesChanged.fire();
    diffChanged.fire(diffAddress(event));
  }

  function drawLines(document: vscode.TextDocument) {
    const drawn = drawnFor(document);
    const hunks = drawn
      .flatMap(({ hunks }) => hunks)
      .filter(({ range }) => range.end.line > range.start.line || range.end.character > range.start.character);
    const busy = drawn.filter(({ state }) => state === "working").map(untouched);
    for (const editor of vscode.window.visibleTextEditors.filter(editor => editor.document === document)) {
      editor.setDecorations(
        removed,
        hunks.filter(hunk => !hunk.conflict).map(hunk => toLines(hunk.range)),
      );
      editor.setDecorations(
        conflict,
        hunks.filter(hunk => hunk.conflict).map(hunk => toLines(hunk.range)),
      );
      editor.setDecorations(
        working,
        busy.filter(range => range !== undefined),
      );
    }
  }

  function drawThreads(event: ProposalEvent, document: vscode.TextDocument) {
    const live = DRAWN.includes(event.state) ? event.hunks.filter(({ added }) => added !== "") : [];
    for (const [key, { thread, where }] of threads) {
      if (where.proposal === event.proposal && !live.some(({ id }) => id === where.hunk)) {
        thread.dispose();
        threads.delete(key);
      }
    }
    for (const hunk of live) {
      drawThread(event, hunk, document);
    }
  }

  function drawThread(event: ProposalEvent, hunk: ProposalHunk, document: vscode.TextDocument) {
    const key = `${event.proposal}/${hunk.id}`;
    const range = toLines(hunk.range);
    const known = threads.get(key);
    const thread = known?.thread ?? controller.createCommentThread(document.uri, range, []);
    if (!known) {
      thread.canReply = false;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
      // Only unresolved threads open the Comments panel.
      thread.state = vscode.CommentThreadState.Resolved;
      threads.set(key, { thread, text: "", where: { proposal: event.proposal, hunk: hunk.id } });
    }
    if (!thread.range?.isEqual(range)) {
      thread.range = range;
    }
    const label = hunk.conflict ? "In conflict with what you typed" : summary(hunk);
    if (thread.label !== label) {
      thread.label = label;
    }
    thread.contextValue = hunk.conflict ? "conflict" : "open";
    if (known?.text !== hunk.added) {
      thread.comments = [
        {
          author: { name: "Aside" },
          body: code(hunk.added, document.languageId),
          mode: vscode.CommentMode.Preview,
        },
      ];
      const entry = threads.get(key);
      if (entry) {
        entry.text = hunk.added;
      }
    }
  }

  function lenses(document: vscode.TextDocument): vscode.CodeLens[] {
    return drawnFor(document).flatMap(event => {
      const at = toLines(event.range);
      const lens = (range: vscode.Range, title: string, command: string, hunk?: number) =>
        new vscode.CodeLens(range, {
          title,
          command: command && `aside.${command}`,
          arguments: [{ proposal: event.proposal, hunk }],
        });
      const words = event.instruction.split("\n")[0]?.slice(0, 60) ?? "";
      const all =
        event.state === "working"
          ? [lens(at, `$(loading~spin) ${words}`, ""), lens(at, "Stop", "stopProposal")]
          : [
              lens(at, `${event.warning ? `$(warning) ${event.warning}` : `$(sparkle) ${words}`}`, ""),
              lens(at, event.hunks.length > 1 ? `Accept all ${event.hunks.length}` : "Accept", "acceptProposal"),
              lens(at, "Reject", "rejectProposal"),
              lens(at, "Ask again…", "retryProposal"),
              lens(at, "Open as diff", "diffProposal"),
            ];
      const each = event.hunks.flatMap(hunk => {
        const range = toLines(hunk.range);
        if (hunk.conflict) {
          return [lens(range, "Keep mine", "takeMine", hunk.id), lens(range, "Take the model's", "takeModel", hunk.id)];
        }
        return event.hunks.length > 1
          ? [lens(range, "Accept this", "acceptHunk", hunk.id), lens(range, "Reject this", "rejectHunk", hunk.id)]
          : [];
      });
      return [...all, ...each];
    });
  }

  function diffAddress({ proposal, uri }: ProposalEvent): vscode.Uri {
    return vscode.Uri.from({
      scheme: SCHEME,
      authority: "proposal",
      path: vscode.Uri.parse(uri).path,
      query: proposal,
    });
  }

  async function openDiff(event: ProposalEvent) {
    const left = vscode.Uri.parse(event.uri);
    const name = left.path.split("/").at(-1) ?? "";
    await vscode.commands.executeCommand("vscode.diff", left, diffAddress(event), `${name}: as it is ↔ as proposed`);
  }

  /** The document with every hunk in place. */
  function proposed(uri: vscode.Uri): string {
    const event = proposals.get(uri.query);
    const document = event && documentOf(event.uri);
    if (!event || !document) {
      return "";
    }
    let text = document.getText();
    for (const { range, added } of [...event.hunks].sort((a, b) => b.range.start.line - a.range.start.line)) {
      const { start, end } = toCode(range);
      text = text.slice(0, document.offsetAt(start)) + added + text.slice(document.offsetAt(end));
    }
    return text;
  }

  context.subscriptions.push(
    vscode.languages.registerCodeLensProvider([{ scheme: "file" }, { scheme: "untitled" }, { scheme: "vscode-vfs" }], {
      onDidChangeCodeLenses: lensesChanged.event,
      provideCodeLenses: lenses,
    }),
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: diffChanged.event,
      provideTextDocumentContent: proposed,
    }),
    vscode.window.onDidChangeVisibleTextEditors(editors => {
      for (const { document } of editors) {
        drawLines(document);
      }
    }),
  );

  return {
    draw,
    clear: () => {
      for (const { thread } of threads.values()) {
        thread.dispose();
      }
      threads.clear();
      vscode.window.visibleTextEditors.forEach(({ document }) => void drawLines(document));
      lensesChanged.fire();
    },
    openDiff,
    shade: (editor, range) => {
      editor.setDecorations(shaded, [range]);
      return { dispose: () => editor.setDecorations(shaded, []) };
    },
    where: thread => [...threads.values()].find(entry => entry.thread === thread)?.where,
  };
}

/** The part of a working proposal that no hunk has settled yet. */
function untouched({ range, hunks }: ProposalEvent): vscode.Range | undefined {
  const from = Math.max(range.start.line, ...hunks.map(hunk => hunk.range.end.line));
  const to = Math.max(range.start.line, range.end.character === 0 ? range.end.line - 1 : range.end.line);
  return from <= to ? new vscode.Range(from, 0, to, 0) : undefined;
}

function toCode({ start, end }: Range): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

/** Whole lines: a range that ends at a line's start does not hold that line. */
function toLines({ start, end }: Range): vscode.Range {
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  // New lines stand below the line before them.
  const first =
    start.line === end.line && start.character === 0 && end.character === 0 ? Math.max(0, start.line - 1) : start.line;
  return new vscode.Range(first, 0, Math.max(first, first < start.line ? first : last), 0);
}

function summary({ removed, added }: ProposalHunk): string {
  const lines = (text: string) => text.replace(/\r?\n$/, "").split("\n").length;
  const more = `${lines(added)} ${lines(added) === 1 ? "line" : "lines"}`;
  return removed === "" ? `Add ${more}` : `Put ${more} in place of ${lines(removed)}`;
}

/** A fence longer than any in the code. */
function code(text: string, language: string): vscode.MarkdownString {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return new vscode.MarkdownString(`${fence}${language}\n${text.replace(/\r?\n$/, "")}\n${fence}`);
}
