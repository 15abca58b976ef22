// An answer that grows: what is settled is drawn once, only its last block is drawn again.

import { render } from "./markdown.js";

/** So many characters are drawn in one frame: a long answer that comes at once must not stall the view. */
const PER_FRAME = 8_000;

export function createAnswer() {
  const element = document.createElement("div");
  element.className = "answer";
  const open = document.createElement("div");
  element.append(open);
  let shown = "";
  let settled = 0;
  let finished = false;
  let code: { text: string; element: Element } | undefined;

  return {
    element,
    /** Draws what is new of a text that only grows, but not too much in one frame; whether there is more to draw. */
    update(text: string, complete: boolean): boolean {
      if (text === shown && complete === finished) return false;
      shown = text.slice(0, shown.length + PER_FRAME);
      finished = complete && shown === text;
      const blocks = render(shown.slice(settled), finished);
      if (blocks.settled) {
        open.insertAdjacentHTML("beforebegin", blocks.settled);
        settled += blocks.length;
        code = undefined;
      }
      if (code && blocks.code?.startsWith(code.text)) {
        code.element.append(blocks.code.slice(code.text.length));
        code.text = blocks.code;
      } else {
        open.innerHTML = blocks.open;
        const drawn = open.querySelector("code");
        code = drawn && blocks.code !== undefined ? { text: blocks.code, element: drawn } : undefined;
      }
      return shown !== text;
    },
  };
}
