// Proposals: the input over a selection, the proposal drawn into the editor, and taking it. The server says what a
// proposal is; nothing here changes a document but for the edit that the server answered, at its version.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import { createDrawing } from "./drawing.js";
import { toRange } from "./mentions.js";
import type { InlineStart, Problem, ProposalEdit, ProposalEvent, ProposalHunk } from "./protocol.js";
import type { Server } from "./server.js";
import { sentence } from "./turns.js";

export interface Proposals {
  readonly instruct: () => Promise<void>;
  readonly propose: (instruction: string) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const HISTORY = "aside.instructions";
const KEPT = 20;
/** How often an edit is asked for anew because the user typed in between. */
const TRIES = 5;

const OPEN = ["working", "ready", "applying", "conflict"];
export const isOpen = (proposal: ProposalEvent) => OPEN.includes(proposal.state);

type Where = { proposal: string; hunk?: number };

export function createProposals(context: vscode.ExtensionContext, server: Server): Proposals {
  const proposals = new Map<string, ProposalEvent>();
  const drawing = createDrawing(context, proposals);

  function hear(event: ProposalEvent) {
    const known = proposals.get(event.proposal);
    proposals.set(event.proposal, event);
    drawing.draw(event);
    if (event.state === "failed" && known?.state !== "failed") {
      void failed(event);
    }
    setContext();
  }

  async function failed({ proposal, problem }: ProposalEvent) {
    if (problem) {
      const again = await tell(problem, "Ask Again…");
      if (again) {
        await retry({ proposal });
      }
    }
  }

  function setContext() {
    const uri = vscode.window.activeTextEditor?.document.uri.toString();
    const here = [...proposals.values()].filter(proposal => proposal.uri === uri && isOpen(proposal));
    void vscode.commands.executeCommand("setContext", "aside.proposal", here.length > 0);
  }

  /** The proposal and hunk named, or those at the cursor, or the first in the editor in front. */
  function find(named?: unknown): { proposal: ProposalEvent; hunk?: ProposalHunk } | undefined {
    const where = drawing.where(named) ?? (isWhere(named) ? named : undefined);
    if (where) {
      const proposal = proposals.get(where.proposal);
      return proposal && { proposal, hunk: proposal.hunks.find(({ id }) => id === where.hunk) };
    }
    const editor = vscode.window.activeTextEditor;
    const line = editor?.selection.active.line ?? 0;
    const here = [...proposals.values()].filter(
      proposal => isOpen(proposal) && proposal.uri === editor?.document.uri.toString(),
    );
    const distance = ({ range: { start, end } }: ProposalEvent | ProposalHunk) =>
      line < start.line ? start.line - line : Math.max(0, line - Math.max(start.line, end.line - 1));
    const nearest = <T extends ProposalEvent | ProposalHunk>(list: T[]) =>
      [...list].sort((a, b) => distance(a) - distance(b))[0];
    const proposal = nearest(here);
    return proposal && { proposal, hunk: nearest(proposal.hunks) };
  }

  async function ask(title: string, prompt: string): Promise<string | undefined> {
    const history = context.globalState.get<string[]>(HISTORY, []);
    const pick = vscode.window.createQuickPick();
    pick.title = title;
    pick.placeholder = prompt;
    pick.matchOnDescription = true;
    const draw = () => {
      const typed = pick.value.trim();
      const earlier = history
        .filter(text => text !== typed)
        .map(label => ({ label, iconPath: new vscode.ThemeIcon("history") }));
      const own = { label: typed, iconPath: new vscode.ThemeIcon("edit"), alwaysShow: true };
      pick.items = typed ? [own, ...earlier] : earlier;
    };
    draw();
    pick.onDidChangeValue(draw);
    const answer = await new Promise<string | undefined>(resolve => {
      pick.onDidAccept(() => {
        resolve(pick.selectedItems[0]?.label || pick.value.trim() || undefined);
        pick.hide();
      });
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
    pick.dispose();
    if (answer) {
      await context.globalState.update(HISTORY, [answer, ...history.filter(text => text !== answer)].slice(0, KEPT));
    }
    return answer;
  }

  async function start(editor: vscode.TextEditor, range: vscode.Range, instruction: string) {
    const { uri, version } = editor.document;
    const params: InlineStart = {
      proposal: randomUUID(),
      uri: uri.toString(),
      version,
      range: toRange(range),
      instruction,
      mentions: [],
    };
    await server.request("aside/inline/start", params).catch(error => tell(bug(error)));
  }

  async function instruct() {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("Open a file, and select what the instruction is about.");
      return;
    }
    const range = editor.selection.isEmpty ? editor.document.lineAt(editor.selection.active).range : editor.selection;
    const { line: first } = range.start;
    const lines = range.end.line > first ? `lines ${first + 1} to ${range.end.line + 1}` : `line ${first + 1}`;
    const shade = drawing.shade(editor, range);
    const instruction = await ask(`Aside: change ${lines}`, "What should be done? For instance: sort the lines");
    shade.dispose();
    if (instruction) {
      // The user may have typed while the input was open elsewhere: the selection in the editor is what counts.
      const kept = editor.selection.isEmpty ? editor.document.validateRange(range) : editor.selection;
      await start(editor, kept, instruction);
    }
  }

  async function propose(instruction: string) {
    const editor = vscode.window.activeTextEditor;
    if (!editor) {
      void vscode.window.showInformationMessage("Open the file that the code is for.");
      return;
    }
    const { document, selection } = editor;
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    await start(editor, selection.isEmpty ? document.validateRange(whole) : selection, instruction);
  }

  async function accept(where: { proposal: ProposalEvent; hunk?: ProposalHunk } | undefined, take?: "mine" | "model") {
    if (!where) {
      return;
    }
    const { proposal, hunk } = where;
    const params = { proposal: proposal.proposal, hunks: hunk && [hunk.id], take };
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { edit, problem } = await server.request<ProposalEdit>("aside/proposal/accept", params);
      if (problem) {
        await tell(problem);
        return;
      }
      if (edit === undefined || (await apply(edit, proposal.uri))) {
        return;
      }
    }
    await tell({ kind: "conflict", title: "the text kept changing", next: "Accept it once more." });
  }

  /** Applies the server's edit as one undo step if the document is still at the edit's version. */
  async function apply(edit: unknown, uri: string): Promise<boolean> {
    const document = vscode.workspace.textDocuments.find(open => open.uri.toString() === uri);
    const change = await server.toCode()?.asWorkspaceEdit(edit as never);
    if (!change || !document || versionOf(edit) !== document.version) {
      return false;
    }
    // VS Code compares the version once more where the text is kept.
    return vscode.workspace.applyEdit(change);
  }

  async function reject(where: { proposal: ProposalEvent; hunk?: ProposalHunk } | undefined) {
    if (where) {
      const { proposal, hunk } = where;
      await server.request("aside/proposal/reject", {
        proposal: proposal.proposal,
        hunks: hunk && [hunk.id],
      });
    }
  }

  async function retry(named?: unknown) {
    const found = find(named);
    const { proposal } = found ?? {};
    if (proposal) {
      const instruction = await ask(
        `Ask again: ${proposal.instruction}`,
        "A further word, for instance: but keep the comments",
      );
      if (instruction) {
        await server.request("aside/proposal/retry", { proposal: proposal.proposal, instruction });
      }
    }
  }

  function go(step: 1 | -1) {
    const editor = vscode.window.activeTextEditor;
    const found = find();
    if (!editor || !found) {
      return;
    }
    const lines = found.proposal.hunks.map(({ range }) => range.start.line).sort((a, b) => (a - b) * step);
    const from = editor.selection.active.line;
    const line = lines.find(line => (line - from) * step > 0) ?? lines[0] ?? from;
    const position = editor.document.validatePosition(new vscode.Position(line, 0));
    editor.selection = new vscode.Selection(position, position);
    editor.revealRange(new vscode.Range(position, position), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  async function tell(problem: Problem, button?: string): Promise<boolean> {
    const key = ["noKey", "keyRefused", "keyring"].includes(problem.kind) ? "Save a Key…" : undefined;
    const buttons = [key, button].filter(label => label !== undefined);
    const choice = await vscode.window.showWarningMessage(sentence(problem), ...buttons);
    if (choice && choice === key) {
      await vscode.commands.executeCommand("aside.saveKey");
    }
    return choice !== undefined && choice === button;
  }

  async function stop() {
    const working = [...proposals.values()].filter(({ state }) => state === "working");
    await Promise.all(working.map(({ proposal }) => server.request("aside/cancel", { kind: "proposal", proposal })));
  }

  const command = (name: string, run: (named?: unknown) => unknown) =>
    context.subscriptions.push(
      vscode.commands.registerCommand(`aside.${name}`, async named => {
        try {
          await run(named);
        } catch (error) {
          await tell(bug(error));
        }
      }),
    );
  const whole = (named: unknown) => {
    const found = find(named);
    return found && { proposal: found.proposal };
  };
  command("instruct", instruct);
  command("acceptProposal", named => accept(whole(named)));
  command("acceptHunk", named => accept(find(named)));
  command("takeModel", named => accept(find(named), "model"));
  command("takeMine", named => accept(find(named), "mine"));
  command("rejectProposal", named => reject(whole(named)));
  command("rejectHunk", named => reject(find(named)));
  command("retryProposal", retry);
  command("nextHunk", () => go(1));
  command("previousHunk", () => go(-1));
  command("diffProposal", named => {
    const found = find(named);
    return found && drawing.openDiff(found.proposal);
  });
  command("stopProposal", named => {
    const found = find(named);
    return found && server.request("aside/cancel", { kind: "proposal", proposal: found.proposal.proposal });
  });

  server.on<ProposalEvent>("aside/proposal/event", hear);
  context.subscriptions.push(
    vscode.window.onDidChangeActiveTextEditor(setContext),
    // A server that went away takes its proposals with it; the text is untouched.
    server.onState(() => {
      if (server.state() === "stopped") {
        proposals.clear();
        drawing.clear();
        setContext();
      }
    }),
  );
  return { instruct, propose, stop };
}

function isWhere(value: unknown): value is Where {
  return typeof value === "object" && value !== null && typeof (value as Where).proposal === "string";
}

function bug(error: unknown): Problem {
  const title = error instanceof Error ? error.message : String(error);
  return { kind: "internal", title, next: "The log has the details." };
}

function versionOf(edit: unknown): number | undefined {
  const { documentChanges } = edit as { documentChanges?: { textDocument?: { version?: number } }[] };
  return documentChanges?.[0]?.textDocument?.version;
}
