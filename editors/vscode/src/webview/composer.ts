// Where the user writes: the text, what goes along (`#`), how large that is, and to whom.

import type { EditorContext, FromView, Named } from "../turns.js";
import { fill, h, iconButton, plural } from "./dom.js";
import { icon } from "./icons.js";
import { items } from "./turn.js";

type Preview = { id: number; items: Parameters<typeof items>[0]; tokens: number; origin: string };

export interface Draft {
  text: string;
  named: Named[];
}

export interface Composer {
  readonly element: HTMLElement;
  readonly focus: () => void;
  readonly compose: (draft: Draft) => void;
  readonly draft: () => Draft;
  readonly setContext: (context: EditorContext) => void;
  readonly setPreview: (preview: Preview) => void;
  readonly setModel: (model: string) => void;
  readonly setRunning: (running: boolean) => void;
}

const PREVIEW_AFTER_MS = 250;
const same = (a: Named, b: Named) => a.kind === b.kind && a.uri === b.uri;

export function createComposer(post: (message: FromView) => void, saved: Draft, changed: () => void): Composer {
  let named = saved.named;
  let offers: Named[] = [];
  let found: Named[] = [];
  let chosen = 0;
  let running = false;
  let asked = 0;
  let timer: number | undefined;

  const list = h("ul.offers", {
    id: "offers",
    role: "listbox",
    "aria-label": "What can go along",
    hidden: true,
  });
  const chips = h("div.chips", { role: "group", "aria-label": "What goes along" });
  const box = h<HTMLTextAreaElement>("textarea", {
    rows: "1",
    placeholder: "Ask a question. # adds files, the selection, problems.",
    role: "combobox",
    "aria-label": "Your question",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": "offers",
  });
  const model = h<HTMLButtonElement>("button.model", {
    type: "button",
    title: "Choose the model",
    onclick: () => post({ type: "command", command: "chooseModel" }),
  });
  const hash = h<HTMLButtonElement>(
    "button.model",
    {
      type: "button",
      title: "Add what goes along",
      "aria-label": "Add what goes along",
      onclick: openOffers,
    },
    "#",
  );
  const send = iconButton("Send", icon("send"), () => (running ? post({ type: "stop" }) : submit()));
  const sizeTitle = h("summary", {}, "Only your words go");
  const sizeItems = h("div");
  const size = h<HTMLDetailsElement>("details.size", { hidden: true }, sizeTitle, sizeItems);
  const element = h(
    "div.composer",
    {},
    list,
    size,
    h("div.box", {}, chips, box, h("div.row", {}, hash, model, h("span.gap"), send)),
  );
  box.value = saved.text;

  function submit() {
    const text = box.value.trim();
    if (!text || running) {
      return;
    }
    post({ type: "send", text, named });
    compose({ text: "", named: [] });
  }

  function compose(draft: Draft) {
    box.value = draft.text;
    named = draft.named;
    edited();
  }

  function edited() {
    drawChips();
    drawOffers();
    changed();
    clearTimeout(timer);
    timer = window.setTimeout(askPreview, PREVIEW_AFTER_MS);
  }

  function askPreview() {
    asked += 1;
    if (!box.value.trim() && named.length === 0) {
      size.hidden = true;
      return;
    }
    post({ type: "preview", id: asked, text: box.value, named });
  }

  function drawChips() {
    // The label of the selection, the file in front and its problems follows the editor.
    const label = (one: Named) => offers.find(offer => same(offer, one))?.label ?? one.label;
    const remove = (one: Named) => () => {
      named = named.filter(other => other !== one);
      edited();
      box.focus();
    };
    fill(
      chips,
      ...named.map(one => {
        const chip = h(
          "button.chip",
          {
            type: "button",
            title: "Leave it out",
            "aria-label": `Leave out ${label(one)}`,
            onclick: remove(one),
          },
          `#${label(one)}`,
        );
        chip.insertAdjacentHTML("beforeend", icon("close"));
        return chip;
      }),
    );
    chips.hidden = named.length === 0;
  }

  /** The `#word` before the caret, if there is one. */
  function word(): { from: number; text: string } | undefined {
    const match = /(^|\s)#([^\s#]*)$/.exec(box.value.slice(0, box.selectionEnd));
    return match
      ? { from: box.selectionEnd - (match[2]?.length ?? 0) - 1, text: (match[2] ?? "").toLowerCase() }
      : undefined;
  }

  function drawOffers() {
    const typed = word();
    found = typed
      ? offers.filter(offer => offer.label.toLowerCase().includes(typed.text) && !named.some(one => same(one, offer)))
      : [];
    chosen = Math.min(chosen, Math.max(0, found.length - 1));
    list.hidden = !typed;
    box.setAttribute("aria-expanded", String(!list.hidden));
    box.toggleAttribute("aria-activedescendant", false);
    if (found.length > 0) {
      box.setAttribute("aria-activedescendant", `offer-${chosen}`);
    }
    const rows = found.map((offer, index) =>
      h(
        "li",
        {
          id: `offer-${index}`,
          role: "option",
          "aria-selected": String(index === chosen),
          onmousedown: event => {
            event.preventDefault();
            take(offer);
          },
        },
        `#${offer.label}`,
      ),
    );
    fill(
      list,
      ...(rows.length > 0
        ? rows
        : [
            h(
              "li.none",
              { role: "option", "aria-disabled": "true", "aria-selected": "false" },
              "Nothing of that name is open",
            ),
          ]),
    );
    list.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }

  function take(offer: Named) {
    const typed = word();
    if (typed) {
      box.setRangeText("", typed.from, box.selectionEnd, "end");
    }
    named = [...named, offer];
    chosen = 0;
    edited();
  }

  function openOffers() {
    box.focus();
    const before = box.value.slice(0, box.selectionEnd);
    box.setRangeText(before === "" || /\s$/.test(before) ? "#" : " #", box.selectionEnd, box.selectionEnd, "end");
    edited();
  }

  function offersKey(event: KeyboardEvent): boolean {
    if (list.hidden) {
      return false;
    }
    const offer = found[chosen];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length);
      drawOffers();
    } else if ((event.key === "Enter" || event.key === "Tab") && offer) {
      take(offer);
    } else if (event.key === "Escape") {
      list.hidden = true;
      box.setAttribute("aria-expanded", "false");
    } else {
      return false;
    }
    return true;
  }

  box.addEventListener("input", edited);
  box.addEventListener("blur", () => {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
  });
  box.addEventListener("keydown", event => {
    if (event.isComposing) {
      return;
    }
    if (offersKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === "Backspace" && box.selectionEnd === 0 && named.length > 0) {
      named = named.slice(0, -1);
      edited();
    } else if (event.key === "ArrowUp" && box.value === "") {
      event.preventDefault();
      [...document.querySelectorAll<HTMLElement>(".question .acts button")].at(-1)?.click();
    }
  });
  drawChips();

  return {
    element,
    focus: () => box.focus(),
    compose: draft => {
      compose(draft);
      box.focus();
    },
    draft: () => ({ text: box.value, named }),
    setContext: context => {
      offers = context.offers;
      drawChips();
      if (!list.hidden) {
        drawOffers();
      }
      if (named.length > 0) {
        clearTimeout(timer);
        timer = window.setTimeout(askPreview, PREVIEW_AFTER_MS);
      }
    },
    setPreview: preview => {
      if (preview.id !== asked) {
        return;
      }
      const went = preview.items.filter(item => !item.leftOut).length;
      sizeTitle.textContent = `${went ? `${plural(went, "thing")} will go along` : "Only your words will go"} · ${plural(preview.tokens, "token")} to ${preview.origin}`;
      fill(sizeItems, items(preview.items));
      size.hidden = false;
    },
    setModel: name => {
      model.textContent = name;
      model.setAttribute("aria-label", `Choose the model, ${name}`);
    },
    setRunning: now => {
      running = now;
      send.title = now ? "Stop" : "Send";
      send.setAttribute("aria-label", send.title);
      send.classList.toggle("stop", now);
      send.innerHTML = icon(now ? "stop" : "send");
    },
  };
}
