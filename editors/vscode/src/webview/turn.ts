// One turn as it is drawn: the question, what went along, the reasoning, the answer, and how it ended.

import type { ContextItem, Problem } from "../../generated/protocol.js";
import { type FromView, nextModels, type Post, sentence, type Turn } from "../turns.js";
import { createAnswer } from "./answer.js";
import { button, fill, h, icon, iconButton, maskedWords, number, plural } from "./dom.js";
import next from "./next.json";

export type TurnView = ReturnType<typeof createTurn>;

/** The next step that the view can offer for a problem, beside asking again: a command, and its words. */
const NEXT: { [kind in Problem["kind"]]?: string[] } = next;

/** What goes along, or went, and what did not. */
export function itemList(items: ContextItem[], allowOnce?: (uri: string) => void): HTMLElement {
  const rows = items.map(({ label, tokens, leftOut, blocked, uri }) => {
    const size = h("span.size", {}, plural(tokens, "token"));
    const allow = blocked && uri && allowOnce && button(".link", "Send it this once", () => allowOnce(uri));
    const why = leftOut && h("span.why", {}, leftOut, " ", allow);
    return h(leftOut ? "li.left-out" : "li", {}, h("span.label", {}, label), size, why);
  });
  return h("ul.items", {}, ...rows);
}

export function createTurn(first: Turn, post: Post<FromView>) {
  let turn = first;
  const question = h("div.question");
  const sent = h("details.sent");
  const thoughts = h("div.thoughts");
  const thoughtsTitle = h("summary");
  const reasoning = h("details.reasoning", {}, thoughtsTitle, thoughts);
  const answer = createAnswer();
  const ending = h("div.ending");
  const label = `Question: ${first.text.slice(0, 80)}`;
  const element = h("article.turn", { "aria-label": label }, question, sent, reasoning, answer.element, ending);
  const askAgain = () => post("retry", turn.turn);
  let sentDrawn: unknown;
  let endingDrawn = "";

  function drawQuestion() {
    const chips = turn.named.map(({ label }) => h("span.chip", {}, `#${label}`));
    const edit = iconButton("Edit this question", icon("edit"), editQuestion);
    fill(question, h("h2.words", {}, turn.text), h("div.chips", {}, ...chips), h("div.acts", {}, edit));
  }

  function editQuestion() {
    const box = h<HTMLTextAreaElement>("textarea", { "aria-label": "The question", rows: "2" });
    const send = () => {
      const text = box.value.trim();
      if (text) post("send", { turn: turn.turn, text, named: turn.named, again: turn.again });
    };
    const leave = () => {
      drawQuestion();
      question.querySelector("button")?.focus();
    };
    box.value = turn.text;
    box.addEventListener("keydown", event => {
      if (event.key === "Escape") {
        event.stopPropagation();
        leave();
      } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        send();
      }
    });
    const note = h("span.note", {}, "What came after it goes.");
    fill(question, box, h("div.buttons", {}, button(".primary", "Ask again", send), button("", "Cancel", leave), note));
    box.focus();
  }

  function drawSent() {
    sent.hidden = !turn.sent;
    if (turn.sent && turn.sent !== sentDrawn) {
      sentDrawn = turn.sent;
      const { model, origin, items, tokens, masked, budget, fallbacks } = turn.sent;
      const left = items.filter(({ leftOut }) => leftOut).length;
      const went = items.length > left ? `${plural(items.length - left, "thing")} went along` : "Only your words went";
      const title = `${went}${left ? `, ${left} left out` : ""} · ${plural(tokens, "token")}${maskedWords(masked)}`;
      const where = `Asked ${model}${origin && origin !== model ? ` at ${origin}` : ""}.${nextModels(fallbacks)} Up to ${plural(budget, "token")} may go along.`;
      fill(sent, h("summary", {}, title), h("p", {}, where), itemList(items));
    }
  }

  function drawReasoning() {
    reasoning.hidden = turn.reasoning === "";
    thoughtsTitle.textContent = turn.state === "running" && turn.answer === "" ? "Reasoning…" : "Reasoning";
    thoughts.append(turn.reasoning.slice(thoughts.textContent?.length));
  }

  function drawEnding() {
    const { state, waiting, problem, usage, cost, cut, fallbacks } = turn;
    const silent = state === "running" && turn.answer === "";
    const now = JSON.stringify([state, waiting, problem, usage, cost, cut, fallbacks.length, silent]);
    if (now === endingDrawn) return;
    endingDrawn = now;
    const notes = fallbacks.map(({ from, to, origin, problem }) =>
      h("p.waiting", {}, `${from} gave no answer: ${problem.title}. So ${to} was asked, at ${origin}.`),
    );
    if (state !== "running") {
      fill(ending, ...notes, problem && problemBox(problem), footer());
    } else if (waiting) {
      const again = waiting.problem && `${sentence(waiting.problem)} Trying again in ${waiting.seconds} s.`;
      fill(ending, ...notes, h("p.waiting", {}, again ?? `In line before the provider, place ${waiting.place}.`));
    } else {
      fill(ending, ...notes, silent && h("p.dots", {}, h("i"), h("i"), h("i"), h("span.unseen", {}, "Waiting for the answer")));
    }
  }

  function footer(): HTMLElement {
    const { state, usage, cost, cut, sent, fallbacks } = turn;
    const facts = [
      state === "cancelled" && "Stopped",
      cut && "Cut at the output limit",
      fallbacks.at(-1)?.to ?? sent?.model,
      usage &&
        `${number(usage.input)} in, ${number(usage.output)} out${usage.cached ? `, ${number(usage.cached)} cached` : ""}`,
      cost,
    ];
    const title = usage && "Tokens, as the provider counted them";
    const buttons = [
      turn.answer !== "" && iconButton("Copy the answer as Markdown", icon("copy"), () => post("copy", turn.answer)),
      iconButton("Ask again", icon("retry"), askAgain),
    ];
    return h("footer", {}, h("span.facts", { title }, facts.filter(Boolean).join(" · ")), ...buttons);
  }

  function problemBox(problem: Problem): HTMLElement {
    const [command, words] = NEXT[problem.kind] ?? [];
    const step = command && words && button(".primary", words, () => post("command", command));
    const parts = sentence(problem).split("`");
    const said = parts.map((part, n) => (n % 2 ? h("code", {}, part) : part));
    const buttons = h("div.buttons", {}, step, button("", "Ask again", askAgain));
    return h("div.problem", { role: "alert" }, h("p", {}, ...said), buttons);
  }

  /** Draws the turn as it now stands; whether there is more to draw in the next frame. */
  function update(now: Turn): boolean {
    turn = now;
    drawSent();
    drawReasoning();
    const more = answer.update(turn.answer, turn.state !== "running");
    drawEnding();
    return more;
  }
  drawQuestion();
  return { element, update };
}
