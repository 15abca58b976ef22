// Where the user writes: the text, what goes along (`#`), how large that is, and to whom.

import { type Draft, type FromView, type Named, nextModels, type Post, type ToView } from "../turns.js";
import { fill, h, icon, maskedWords, one, plural } from "./dom.js";
import { itemList } from "./turn.js";

const PREVIEW_AFTER_MS = 250;
const same = (a: Named, b: Named) => a.kind === b.kind && a.uri === b.uri;

/** `keep` is given each draft, so that it survives the view. */
export function createComposer(post: Post<FromView>, saved: Draft, keep: (draft: Draft) => void) {
  let { named, allow = [] } = saved;
  let offers: Named[] = [];
  let found: Named[] = [];
  let chosen = 0;
  let running = false;
  let asked = 0;
  let timer: number | undefined;

  const list = one(".offers");
  const chips = one(".box .chips");
  const box = one<HTMLTextAreaElement>(".box textarea");
  const model = one(".model");
  const send = one(".send");
  const size = one<HTMLDetailsElement>(".going");
  const [sizeTitle, sizeItems] = [one(".going summary"), one(".going div")];

  const draft = (): Draft => ({ text: box.value.trim(), named, allow });

  function submit() {
    if (draft().text && !running) {
      post("send", draft());
      compose({ text: "", named: [] });
    }
  }

  function compose(next: Draft) {
    box.value = next.text;
    ({ named, allow = [] } = next);
    edited();
  }

  function edited() {
    drawChips();
    drawOffers();
    keep({ text: box.value, named, allow });
    previewSoon();
  }

  function previewSoon() {
    clearTimeout(timer);
    asked += 1;
    size.hidden ||= !box.value.trim() && named.length === 0;
    timer = window.setTimeout(() => {
      if (draft().text || named.length > 0) post("preview", { ...draft(), id: asked });
    }, PREVIEW_AFTER_MS);
  }

  function drawChips() {
    // The labels of the selection, the file in front and its problems follow the editor.
    const made = named.map(one => {
      const label = offers.find(offer => same(offer, one))?.label ?? one.label;
      const leaveOut = () => {
        named = named.filter(other => other !== one);
        edited();
        box.focus();
      };
      const [title, words] = ["Leave it out", `Leave out ${label}`];
      const chip = h("button.chip", { type: "button", title, "aria-label": words, onclick: leaveOut }, `#${label}`);
      chip.insertAdjacentHTML("beforeend", icon("close"));
      return chip;
    });
    fill(chips, ...made);
  }

  /** The `#word` before the caret, if there is one. */
  function word(): { from: number; text: string } | undefined {
    const text = /(?:^|\s)#([^\s#]*)$/.exec(box.value.slice(0, box.selectionEnd))?.[1];
    return text === undefined ? undefined : { from: box.selectionEnd - text.length - 1, text: text.toLowerCase() };
  }

  function drawOffers() {
    const typed = word();
    const fits = (offer: Named) =>
      offer.label.toLowerCase().includes(typed?.text ?? "") && !named.some(one => same(one, offer));
    found = typed ? offers.filter(fits) : [];
    chosen = Math.max(0, Math.min(chosen, found.length - 1));
    const rows = found.map((offer, index) => {
      const onmousedown = () => take(offer);
      const selected = String(index === chosen);
      return h("li", { id: `offer-${index}`, role: "option", "aria-selected": selected, onmousedown }, `#${offer.label}`);
    });
    const none = h("li.none", { role: "option", "aria-disabled": "true" }, "Nothing of that name is open");
    fill(list, ...(rows.length > 0 ? rows : [none]));
    showOffers(typed !== undefined);
    rows[chosen]?.scrollIntoView({ block: "nearest" });
  }

  function showOffers(shown: boolean) {
    list.hidden = !shown;
    box.setAttribute("aria-activedescendant", shown && found.length > 0 ? `offer-${chosen}` : "");
  }

  function take(offer: Named) {
    box.setRangeText("", word()?.from ?? box.selectionEnd, box.selectionEnd, "end");
    named = [...named, offer];
    chosen = 0;
    edited();
  }

  function openOffers() {
    const before = box.value.slice(0, box.selectionEnd);
    box.focus();
    box.setRangeText(/\S$/.test(before) ? " #" : "#", box.selectionEnd, box.selectionEnd, "end");
    edited();
  }

  /** Whether the key was for the list. */
  function offersKey(key: string): boolean {
    const offer = found[chosen];
    if (list.hidden) return false;
    if (key === "ArrowDown" || key === "ArrowUp") {
      chosen = (chosen + (key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length);
      drawOffers();
    } else if ((key === "Enter" || key === "Tab") && offer) {
      take(offer);
    } else if (key === "Escape") {
      showOffers(false);
    } else {
      return false;
    }
    return true;
  }

  one(".hash").addEventListener("click", openOffers);
  send.addEventListener("click", () => (running ? post("stop", undefined) : submit()));
  one(".whole").addEventListener("click", () => post("previewWhole", draft()));
  box.addEventListener("input", () => {
    edited();
    post("typing", undefined);
  });
  list.addEventListener("mousedown", event => event.preventDefault());
  box.addEventListener("blur", () => showOffers(false));
  box.addEventListener("keydown", event => {
    if (event.isComposing) return;
    if (offersKey(event.key)) {
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
  compose(saved);

  return {
    compose: (next?: Draft) => {
      if (next) compose(next);
      box.focus();
    },
    setOffers: (next: Named[]) => {
      offers = next;
      drawChips();
      if (!list.hidden) drawOffers();
      previewSoon();
    },
    setPreview: ({ id, items, tokens, masked, origin, model, fallbacks }: ToView["preview"]) => {
      if (id === asked) {
        const count = items.filter(({ leftOut }) => !leftOut).length;
        const words = count ? `${plural(count, "thing")} will go along` : "Only your words will go";
        sizeTitle.textContent = `${words} · ${plural(tokens, "token")}${maskedWords(masked)} to ${origin || model}${nextModels(fallbacks)}`;
        const allowOnce = (uri: string) => compose({ ...draft(), allow: [...allow, uri] });
        fill(sizeItems, itemList(items, allowOnce));
        size.hidden = false;
      }
    },
    setModel: (name: string) => {
      if (model.textContent !== name) previewSoon();
      model.textContent = name;
      model.setAttribute("aria-label", `Choose the model, ${name}`);
    },
    setRunning: (now: boolean) => {
      running = now;
      send.title = now ? "Stop" : "Send";
      send.setAttribute("aria-label", send.title);
      send.classList.toggle("stop", now);
      send.innerHTML = icon(now ? "stop" : "send");
    },
  };
}
