// Proposals: the input over a selection, and taking what comes of it. The server says what a proposal is; nothing here
// changes a document but for the edit that the server answered, at its version.

import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { Problem, ProposalEdit, ProposalEvent, ProposalHunk, ProposalSpot, Side, Step } from "../generated/protocol.js";
import { createDrawing, isOpen } from "./drawing.js";
import { toRange } from "./mentions.js";
import { problemOf, type Server } from "./server.js";
import { sentence } from "./turns.js";

/** What a button, a code lens or a key is about. */
type Found = { proposal: ProposalEvent; hunk?: ProposalHunk };

const HISTORY = "aside.instructions";
const KEPT = 20;
/** How often an edit is asked for anew because the user typed in between. */
const TRIES = 20;

export function createProposals(context: vscode.ExtensionContext, server: Server) {
  const proposals = new Map<string, ProposalEvent>();
  const drawing = createDrawing(context, proposals);
  const front = () => vscode.window.activeTextEditor;
  const openIn = (editor: vscode.TextEditor | undefined) =>
    [...proposals.values()].filter(event => isOpen(event) && event.uri === editor?.document.uri.toString());
  const setContext = () => vscode.commands.executeCommand("setContext", "aside.proposal", openIn(front()).length > 0);

  async function hear(event: ProposalEvent) {
    const before = proposals.get(event.proposal)?.state;
    proposals.set(event.proposal, event);
    drawing.draw(event);
    await setContext();
    const failed = event.state === "failed" && before !== "failed" && event.problem;
    if (failed && (await tell(failed, "Ask Again…"))) await retry({ proposal: event });
  }

  /** What a key pressed at the cursor is about: the nearest hunk, or the next one this way. */
  async function near(step?: Step): Promise<ProposalSpot | undefined> {
    const { document: { uri, version } = {}, selection } = front() ?? {};
    if (!uri || !selection) return undefined;
    const params = { uri: uri.toString(), version, line: selection.active.line, step };
    return (await server.request<ProposalSpot | null>("aside/proposal/near", params)) ?? undefined;
  }

  /** What is named, else what is nearest to the cursor. */
  async function find(about?: unknown): Promise<Found | undefined> {
    const named = drawing.named(about) ?? (await near());
    const proposal = named && proposals.get(named.proposal);
    return proposal && { proposal, hunk: proposal.hunks.find(({ id }) => id === named.hunk) };
  }

  /** Asks for an instruction, with the last ones at hand; a button calls `preview` with what is written so far. */
  async function ask(title: string, prompt: string, preview?: (text: string) => unknown): Promise<string | undefined> {
    const history = context.globalState.get<string[]>(HISTORY, []);
    const pick = vscode.window.createQuickPick<vscode.QuickPickItem & { text: string }>();
    const item = (text: string, icon: string) => ({ text, label: `$(${icon}) ${text}`, alwaysShow: icon === "edit" });
    const none = { text: "", label: "", kind: vscode.QuickPickItemKind.Separator };
    const earlier = history.map(text => item(text, "history"));
    // VS Code names what is taken by its place in the list, and may mean the list of a moment ago: no place ever changes.
    const fill = () => {
      const typed = pick.value.trim();
      pick.items = [typed ? item(typed, "edit") : none, ...earlier];
    };
    const eye = { iconPath: new vscode.ThemeIcon("eye"), tooltip: "See What Would Be Sent" };
    Object.assign(pick, { title, placeholder: prompt, buttons: preview ? [eye] : [] }).onDidChangeValue(fill);
    pick.onDidTriggerButton(() => preview?.(pick.activeItems[0]?.text ?? pick.value.trim()));
    server.tell("aside/warm", { feature: "inline" });
    fill();
    const answer = await new Promise<string | undefined>(resolve => {
      pick.onDidAccept(() => resolve(pick.selectedItems[0]?.text ?? pick.value.trim()));
      pick.onDidHide(() => resolve(undefined));
      pick.show();
    });
    pick.dispose();
    const kept = [answer ?? "", ...history.filter(text => text !== answer)].slice(0, KEPT);
    if (answer) await context.globalState.update(HISTORY, kept);
    return answer;
  }

  const asked = ({ version, uri }: vscode.TextDocument, range: vscode.Range, instruction: string) => {
    return { proposal: randomUUID(), uri: `${uri}`, version, range: toRange(range), instruction };
  };

  /** A file that a rule keeps back goes along where the user says so, this once. */
  async function start(params: { uri: string; allow?: string[] }) {
    await server.request("aside/inline/start", params).catch(async error => {
      const problem = problemOf(error);
      if (problem.kind !== "blocked") throw error;
      if (await tell(problem, "Send It This Once")) await start({ ...params, allow: [params.uri] });
    });
  }

  async function instruct() {
    const editor = front();
    if (!editor) throw new Error("open a file, and select what the instruction is about");
    const { document, selection } = editor;
    const range = selection.isEmpty ? document.lineAt(selection.active).range : selection;
    const [first, last] = [range.start.line + 1, range.end.line + (range.end.character === 0 ? 0 : 1)];
    const where = last > first ? `lines ${first} to ${last}` : `line ${first}`;
    const title = `Change ${where} of ${document.fileName.split(/[\\/]/).at(-1)}`;
    const params = (text: string) => ({ ...asked(document, document.validateRange(range), text), kind: "inline" });
    const preview = (text: string) => vscode.commands.executeCommand("aside.preview", params(text));
    const instruction = await ask(title, "What should be done? For instance: sort the lines", preview);
    if (!instruction) return;
    const there = front() === editor ? editor : await vscode.window.showTextDocument(document, editor.viewColumn);
    await start(params(instruction));
    // What is typed next goes on beside the selection, not in its place.
    there.selection = new vscode.Selection(there.selection.end, there.selection.end);
  }

  async function propose(instruction: string) {
    const editor = front();
    if (!editor) throw new Error("open the file that the code is for");
    const { document, selection } = editor;
    const whole = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
    await start(asked(document, selection.isEmpty ? whole : selection, instruction));
  }

  const about = ({ proposal: { proposal }, hunk }: Found) => ({ proposal, hunks: hunk && [hunk.id] });

  async function accept(found: Found, take?: Side) {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const { edit, problem } = await server.request<ProposalEdit>("aside/proposal/accept", { ...about(found), take });
      if (problem || !edit) return void (problem && (await tell(problem)));
      if (await apply(edit, found.proposal.uri)) return;
    }
    throw new Error("the text kept changing; accept it once more");
  }

  /** Applies the server's edit as one undo step if the document is still at the edit's version. */
  async function apply(edit: unknown, uri: string): Promise<boolean> {
    const change = await server.toWorkspaceEdit(edit);
    const document = vscode.workspace.textDocuments.find(open => open.uri.toString() === uri);
    const { documentChanges } = edit as { documentChanges?: { textDocument: { version: number } }[] };
    const current = document && document.version === documentChanges?.[0]?.textDocument.version;
    // VS Code compares the version once more where the text is kept.
    return change !== undefined && current === true && vscode.workspace.applyEdit(change);
  }

  async function retry({ proposal: { proposal, instruction: before } }: Found) {
    const instruction = await ask(`Again: ${before}`, "A further word, for instance: but keep the comments");
    if (instruction) await server.request("aside/proposal/retry", { proposal, instruction });
  }

  async function go(step: Step) {
    const [editor, spot] = [front(), await near(step)];
    if (editor && spot) {
      const { range } = editor.document.lineAt(Math.min(spot.line, editor.document.lineCount - 1));
      editor.selection = new vscode.Selection(range.start, range.start);
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
  }

  /** Says what went wrong and offers the next step; whether the user took `button`. */
  async function tell(problem: Problem, button?: string): Promise<boolean> {
    const key = ["noKey", "keyRefused", "keyring"].includes(problem.kind) && "Save a Key…";
    const buttons = [key, button].filter(label => typeof label === "string");
    const choice = await vscode.window.showWarningMessage(sentence(problem), ...buttons);
    if (choice && choice === key) await vscode.commands.executeCommand("aside.saveKey");
    return choice !== undefined && choice === button;
  }

  const reject = (found: Found) => server.request("aside/proposal/reject", about(found));
  /** A command on a hunk, or on the whole proposal; it may be told which, and does nothing where there is none. */
  const hunk = (act: (found: Found) => unknown) => async (named?: unknown) => {
    const found = await find(named);
    return found && act(found);
  };
  const whole = (act: (found: Found) => unknown) => hunk(({ proposal }) => act({ proposal }));

  server.on<ProposalEvent>("aside/proposal/event", hear);
  context.subscriptions.push(
    vscode.window.onDidChangeActiveTextEditor(setContext),
    // A server that went away takes its proposals with it; the text is untouched.
    server.onState(state => {
      if (state === "stopped") {
        proposals.clear();
        drawing.clear();
        void setContext();
      }
    }),
  );
  return {
    propose,
    commands: {
      instruct,
      acceptProposal: whole(accept),
      acceptHunk: hunk(accept),
      takeModel: hunk(found => accept(found, "model")),
      takeMine: hunk(found => accept(found, "mine")),
      rejectProposal: whole(reject),
      rejectHunk: hunk(reject),
      retryProposal: hunk(retry),
      diffProposal: hunk(({ proposal }) => drawing.openDiff(proposal)),
      nextHunk: () => go("next"),
      previousHunk: () => go("previous"),
    },
  };
}
