import assert from "node:assert/strict";
import { test } from "node:test";
import type { Problem, TurnEvent } from "../generated/protocol.js";
import { applyEvent, type Chat, fromTranscript, newTurn, nextModels, putTurn, sentence } from "../src/turns.js";

const problem: Problem = { kind: "network", title: "no answer came", next: "Try again.", detail: "timed out." };

function after(...events: TurnEvent[]) {
  const turn = newTurn("t", { text: "why?", named: [] });
  for (const event of events) {
    applyEvent(turn, event);
  }
  return turn;
}

test("pieces of the answer and of the reasoning are kept apart", () => {
  const turn = after(
    { kind: "reasoning", text: "hm" },
    { kind: "text", text: "be" },
    { kind: "text", text: "cause" },
    { kind: "done", cut: false },
  );
  assert.deepEqual([turn.answer, turn.reasoning, turn.state], ["because", "hm", "done"]);
});

test("waiting ends with the next event", () => {
  assert.equal(after({ kind: "queued", place: 2 }).waiting?.place, 2);
  assert.equal(after({ kind: "queued", place: 2 }, { kind: "queued", place: 0 }).waiting, undefined);
  assert.equal(after({ kind: "waiting", seconds: 3, problem }).waiting?.seconds, 3);
  assert.equal(after({ kind: "waiting", seconds: 3, problem }, { kind: "text", text: "a" }).waiting, undefined);
});

test("what came before a failure or a stop is kept", () => {
  const failed = after({ kind: "text", text: "so far" }, { kind: "failed", problem });
  assert.deepEqual([failed.answer, failed.state, failed.problem], ["so far", "failed", problem]);
  assert.equal(after({ kind: "text", text: "so far" }, { kind: "cancelled" }).answer, "so far");
});

test("an earlier turn sent again takes its place, and what came after it goes", () => {
  const chat: Chat = {
    chat: "c",
    title: "",
    turns: ["a", "b", "c"].map(name => newTurn(name, { text: name, named: [] })),
  };
  putTurn(chat, newTurn("b", { text: "again", named: [] }));
  assert.deepEqual(
    chat.turns.map(({ text }) => text),
    ["a", "again"],
  );
  putTurn(chat, newTurn("d", { text: "new", named: [] }));
  assert.deepEqual(
    chat.turns.map(({ text }) => text),
    ["a", "again", "new"],
  );
});

test("a transcript is read turn by turn with all that happened, the running one still open", () => {
  const items = [{ label: "a.rs", tokens: 3 }];
  const sent = { kind: "context" as const, model: "a/b", origin: "o", items, tokens: 9, budget: 10, masked: 0 };
  const usage = { input: 1, output: 2, cached: 0, reasoning: 0 };
  const chat = fromTranscript({
    chat: "c",
    title: "t",
    messages: [
      { turn: "1", role: "user", text: "a" },
      {
        turn: "1",
        role: "assistant",
        text: "b",
        events: [sent, { kind: "reasoning", text: "hm" }, { kind: "usage", usage, cost: "1 EUR" }, { kind: "failed", problem }],
      },
      { turn: "2", role: "user", text: "c" },
      { turn: "2", role: "assistant", text: "half" },
    ],
    running: "2",
  });
  assert.deepEqual(
    chat.turns.map(({ text, answer, state, again }) => [text, answer, state, again]),
    [
      ["a", "b", "failed", true],
      ["c", "half", "running", true],
    ],
  );
  const [first] = chat.turns;
  assert.deepEqual(
    [first?.sent, first?.reasoning, first?.usage, first?.cost, first?.problem],
    [sent, "hm", usage, "1 EUR", problem],
  );
});

test("which models are asked next is said, and nothing where there are none", () => {
  const other = (model: string) => ({ model, origin: `https://${model}.example` });
  assert.equal(nextModels([]), "");
  assert.equal(nextModels([other("b")]), " If that gives no answer, b at https://b.example is asked.");
});

test("a problem is said as a sentence and its next step", () => {
  assert.equal(sentence(problem), "No answer came (timed out). Try again.");
});
