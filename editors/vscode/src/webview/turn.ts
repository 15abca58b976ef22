// One turn as it is drawn: the question, what went along, the reasoning, the answer, and how it ended.

import type { ContextItem, Problem } from "../protocol.js";
import { type FromView, sentence, type Turn } from "../turns.js";
import { createAnswer } from "./answer.js";
import { fill, h, iconButton, number, plural } from "./dom.js";
import { icon } from "./icons.js";

export interface TurnView {
  readonly element: HTMLElement;
  readonly update: (turn: Turn) => void;
}

type Post = (message: FromView) => void;
type Command = Extract<FromView, { type: "command" }>["command"];

/** The next step that the view can offer for a problem, beside asking again. */
const NEXT: { [kind in Problem["kind"]]?: [Command, string] } = {
  noKey: ["saveKey", "Save a key…"],
  keyRefused: ["saveKey", "Save a key…"],
  keyring: ["saveKey", "Save a key…"],
  unknownModel: ["chooseModel", "Choose a model…"],
  rateLimited: ["chooseModel", "Choose a model…"],
  overloaded: ["chooseModel", "Choose a model…"],
  promptTooLong: ["chooseModel", "Choose a model…"],
  setting: ["settings", "Open the settings"],
  network: ["settings", "Open the settings"],
  certificate: ["settings", "Open the settings"],
  notFound: ["restart", "Restart the server"],
  internal: ["showLog", "Show the log"],
};

export function items(list: ContextItem[]): HTMLElement {
  const rows = list.map(item =>
    h(
      item.leftOut ? "li.left-out" : "li",
      {},
      h("span.label", {}, item.label),
      h("span.size", {}, plural(item.tokens, "token")),
      item.leftOut && h("span.why", {}, item.leftOut),
    ),
  );
  return h("ul.items", {}, ...rows);
}

export function createTurn(first: Turn, post: Post): TurnView {
  let turn = first;
  const question = h("div.question");
  const sent = h<HTMLDetailsElement>("details.sent");
  const thoughts = h("div.thoughts");
  const thoughtsTitle = h("summary");
  const reasoning = h<HTMLDetailsElement>("details.reasoning", {}, thoughtsTitle, thoughts);
  const answer = createAnswer();
  const ending = h("div.ending");
  const element = h("article.turn", {}, question, sent, reasoning, answer.element, ending);
  let sentDrawn: unknown;
  let endingDrawn = "";

  function drawQuestion() {
    const edit = iconButton("Edit this question", icon("edit"), editQuestion);
    const chips = turn.named.map(named => h("span.chip", {}, `#${named.label}`));
    fill(
      question,
      h("h2.words", {}, turn.text),
      chips.length > 0 && h("div.chips", {}, ...chips),
      h("div.acts", {}, edit),
    );
    element.setAttribute("aria-label", `Question: ${turn.text.slice(0, 80)}`);
  }

  function editQuestion() {
    const box = h<HTMLTextAreaElement>("textarea", { "aria-label": "The question", rows: "3" });
    box.value = turn.text;
    const send = () => {
      if (box.value.trim()) {
        post({ type: "send", turn: turn.turn, text: box.value.trim(), named: turn.named });
      }
    };
    const leave = () => {
      drawQuestion();
      question.querySelector("button")?.focus();
    };
    box.addEventListener("keydown", event => {
      if (event.key === "Escape") {
        event.stopPropagation();
        leave();
      } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        send();
      }
    });
    const buttons = h(
      "div.buttons",
      {},
      h("button.primary", { type: "button", onclick: send }, "Ask again"),
      h("button", { type: "button", onclick: leave }, "Cancel"),
      h("span.note", {}, "What came after it goes."),
    );
    fill(question, box, buttons);
    box.focus();
  }

  function drawSent() {
    if (turn.sent === sentDrawn || !turn.sent) {
      return;
    }
    sentDrawn = turn.sent;
    const { model, origin, items: list, tokens, budget } = turn.sent;
    const went = list.filter(item => !item.leftOut).length;
    const left = list.length - went;
    const words = `${went ? `${plural(went, "thing")} went along` : "Nothing went along"}${left ? `, ${left} left out` : ""}`;
    fill(
      sent,
      h("summary", {}, `${words} · ${plural(tokens, "token")}`),
      h(
        "p",
        {},
        `Asked ${model}${origin && origin !== model ? ` at ${origin}` : ""}; up to ${plural(budget, "token")} go along.`,
      ),
      items(list),
    );
  }

  function drawReasoning() {
    reasoning.hidden = turn.reasoning === "";
    const thinking = turn.state === "running" && turn.answer === "";
    const title = thinking ? "Reasoning…" : "Reasoning";
    if (thoughtsTitle.textContent !== title) {
      thoughtsTitle.textContent = title;
    }
    const drawn = thoughts.textContent ?? "";
    if (turn.reasoning.startsWith(drawn)) {
      thoughts.append(turn.reasoning.slice(drawn.length));
    } else {
      thoughts.textContent = turn.reasoning;
    }
  }

  function drawEnding() {
    const { state, waiting, problem, usage, cut } = turn;
    const now = JSON.stringify([state, waiting, problem, usage, cut, state === "running" && turn.answer === ""]);
    if (now === endingDrawn) {
      return;
    }
    endingDrawn = now;
    fill(ending, ...(state === "running" ? running() : ended()));
  }

  function running(): HTMLElement[] {
    const { waiting } = turn;
    if (waiting) {
      return [h("p.waiting", {}, `${sentence(waiting.problem)} Trying again in ${plural(waiting.seconds, "second")}.`)];
    }
    return turn.answer === "" ? [h("p.dots", { "aria-label": "waiting for the answer" }, h("i"), h("i"), h("i"))] : [];
  }

  function ended(): (HTMLElement | false)[] {
    const { state, problem, usage, cut, sent: asked } = turn;
    const facts = [
      state === "cancelled" && "Stopped",
      cut && "Cut at the output limit",
      asked?.model,
      usage &&
        `${number(usage.input)} in, ${number(usage.output)} out${usage.cached ? `, ${number(usage.cached)} cached` : ""}`,
    ].filter(Boolean);
    return [
      problem !== undefined && drawProblem(problem),
      h(
        "footer",
        {},
        h("span.facts", { title: usage ? "tokens, as the provider counted them" : undefined }, facts.join(" · ")),
        iconButton("Copy the answer as Markdown", icon("copy"), () => post({ type: "copy", text: turn.answer })),
        iconButton("Ask again", icon("retry"), () => post({ type: "retry", turn: turn.turn })),
      ),
    ];
  }

  function drawProblem(problem: Problem): HTMLElement {
    const next = NEXT[problem.kind];
    return h(
      "div.problem",
      { role: "alert" },
      h("p", {}, sentence(problem)),
      h(
        "div.buttons",
        {},
        next &&
          h("button.primary", { type: "button", onclick: () => post({ type: "command", command: next[0] }) }, next[1]),
        h("button", { type: "button", onclick: () => post({ type: "retry", turn: turn.turn }) }, "Ask again"),
      ),
    );
  }

  drawQuestion();
  const update = (next: Turn) => {
    turn = next;
    sent.hidden = !turn.sent;
    drawSent();
    drawReasoning();
    answer.update(turn.answer, turn.state !== "running");
    drawEnding();
  };
  update(first);
  return { element, update };
}
