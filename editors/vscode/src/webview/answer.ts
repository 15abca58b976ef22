// An answer that grows: what is settled is drawn once, only its last block is drawn again.

import { render } from "./markdown.js";

export interface Answer {
  readonly element: HTMLElement;
  readonly update: (text: string, complete: boolean) => void;
}

export function createAnswer(): Answer {
  const element = document.createElement("div");
  element.className = "answer";
  const open = document.createElement("div");
  element.append(open);
  let shown = "";
  let settled = 0;
  let finished = false;
  let code: { text: string; element: Element } | undefined;

  const reset = () => {
    element.replaceChildren(open);
    open.replaceChildren();
    shown = "";
    settled = 0;
    code = undefined;
    finished = false;
  };

  return {
    element,
    update(text, complete) {
      if (text === shown && complete === finished) {
        return;
      }
      if (!text.startsWith(shown) || finished) {
        reset();
      }
      shown = text;
      finished = complete;
      const blocks = render(text.slice(settled), complete);
      if (blocks.settled) {
        open.insertAdjacentHTML("beforebegin", blocks.settled);
        settled += blocks.length;
        code = undefined;
      }
      if (code && blocks.code?.startsWith(code.text)) {
        code.element.append(blocks.code.slice(code.text.length));
        code.text = blocks.code;
        return;
      }
      open.innerHTML = blocks.open;
      const element_ = blocks.code === undefined ? null : open.querySelector("code");
      code = element_ && blocks.code !== undefined ? { text: blocks.code, element: element_ } : undefined;
    },
  };
}
