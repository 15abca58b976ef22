// Making elements in one expression, and the few pictures on them: drawn here, so that no font is loaded.

import paths from "./icons.json";

type Child = Node | string | false | undefined;
type Attributes = { [name: string]: string | boolean | ((event: Event) => void) | undefined };

/** `h("button.icon", {title, onclick}, …children)`; a function is a listener, `true` an empty attribute. */
export function h<T extends HTMLElement = HTMLElement>(what: string, attributes: Attributes = {}, ...children: Child[]): T {
  const [tag = "div", ...classes] = what.split(".");
  const element = document.createElement(tag) as T;
  element.classList.add(...classes);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), value);
    } else if (value === true || typeof value === "string") {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  fill(element, ...children);
  return element;
}

/** The page's own element; one that is missing is a fault of the page. */
export function one<T extends HTMLElement = HTMLElement>(selector: string): T {
  const found = document.querySelector<T>(selector);
  if (!found) throw new Error(`the page has no ${selector}`);
  return found;
}

/** Fills an element anew. */
export function fill(element: Element, ...children: Child[]) {
  element.replaceChildren(...children.filter(child => child !== undefined && child !== false));
}

export const button = (what: string, words: string, onclick: (event: Event) => void): HTMLButtonElement =>
  h(`button${what}`, { type: "button", onclick }, words);

export function iconButton(label: string, picture: string, onclick: (event: Event) => void): HTMLButtonElement {
  const made = h<HTMLButtonElement>("button.icon", { type: "button", title: label, "aria-label": label, onclick });
  return Object.assign(made, { innerHTML: picture });
}

export const number = (n: number) => (n < 10_000 ? n.toLocaleString("en") : `${Math.round(n / 1000).toLocaleString("en")}k`);

export function icon(name: string): string {
  return (
    '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
    `stroke-width="1.2" stroke-linecap="round" stroke-linejoin="round"><path d="${paths[name as keyof typeof paths]}"/></svg>`
  );
}

export const maskedWords = (masked: number) => (masked ? `, ${plural(masked, "secret")} masked` : "");

export const plural = (n: number, thing: string) => `${number(n)} ${thing}${n === 1 ? "" : "s"}`;
