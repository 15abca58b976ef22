// Markdown as safe HTML: no HTML of the answer's own, no image, and no address that the browser could look up before
// the user clicks it.

import hljs from "highlight.js/lib/common";
import MarkdownIt from "markdown-it";
import { icon } from "./dom.js";

/** Longer code is shown plain: colours are not worth a stall. While it grows it is coloured anew in every frame. */
const COLOUR_AT_MOST = { settled: 50_000, open: 6_000 };

type Env = { [name: string]: unknown; colourAtMost?: number };

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
const { escapeHtml } = markdown.utils;

// What may open in the user's browser, on a click, after VS Code asked.
markdown.validateLink = href => /^(https?|mailto):/i.test(href.trim());
const anchor = (address?: unknown, more = "") => {
  const href = escapeHtml(String(address ?? ""));
  return `<a role="link" tabindex="0"${more} data-href="${href}" title="${href}">`;
};
markdown.renderer.rules.link_open = (tokens, index) => anchor(tokens[index]?.attrGet("href"));
markdown.renderer.rules.image = (tokens, index) =>
  `${anchor(tokens[index]?.attrGet("src"), ' class="image"')}${escapeHtml(tokens[index]?.content || "image")}</a>`;
markdown.renderer.rules.fence = (tokens, index, _, env?: Env) => {
  const token = tokens[index];
  return codeBlock(token?.content ?? "", token?.info.trim().split(/\s+/)[0] ?? "", env);
};
markdown.renderer.rules.code_block = (tokens, index, _, env?: Env) => codeBlock(tokens[index]?.content ?? "", "", env);
// An answer's headings are all of one level below the question: they can't break the order of the page's own.
markdown.renderer.rules.heading_open = (tokens, index) => `<h3 class="${tokens[index]?.tag}">`;
markdown.renderer.rules.heading_close = () => "</h3>";
markdown.renderer.rules.table_open = () => '<div class="table" tabindex="0" role="region" aria-label="table"><table>';
markdown.renderer.rules.table_close = () => "</table></div>";
for (const cell of ["th_open", "td_open"]) {
  // The content policy forbids style attributes, which is how markdown-it aligns.
  markdown.renderer.rules[cell] = (tokens, index) => {
    const align = /right|center/.exec(String(tokens[index]?.attrGet("style") ?? ""))?.[0];
    return `<${cell.slice(0, 2)}${align ? ` class="${align}"` : ""}>`;
  };
}

function codeBlock(code: string, language: string, env?: Env): string {
  const known = language && hljs.getLanguage(language) && code.length <= (env?.colourAtMost ?? 0);
  const html = known ? hljs.highlight(code, { language, ignoreIllegals: true }).value : escapeHtml(code);
  const name = escapeHtml(language || "text");
  const button = (act: string, label: string) =>
    `<button type="button" class="icon" data-act="${act}" title="${label}" aria-label="${label}">${icon(act)}</button>`;
  return (
    `<div class="code" data-language="${name}"><div class="bar"><span>${name}</span><span class="acts">` +
    button("copy", "Copy") +
    button("insert", "Insert at the cursor") +
    button("apply", "Apply to the file, as a proposal") +
    `</span></div><pre tabindex="0" role="region" aria-label="code, ${name}"><code>${html}</code></pre></div>`
  );
}

export interface Blocks {
  /** HTML of the blocks that no further text can change, and how many characters of the text they are. */
  settled: string;
  length: number;
  /** HTML of what may still change; and if that is one long code block, its text so far, shown plain. */
  open: string;
  code?: string;
}

/** Renders a piece of a growing answer. All but the last top-level block are settled; at the end everything is. */
export function render(text: string, complete: boolean): Blocks {
  const tokens = markdown.parse(text, {});
  const html = (from: number, to: number, colourAtMost: number) =>
    markdown.renderer.render(tokens.slice(from, to), markdown.options, { colourAtMost });
  if (complete) return { settled: html(0, tokens.length, COLOUR_AT_MOST.settled), length: text.length, open: "" };
  const found = tokens.findLastIndex(({ level, nesting }) => level === 0 && nesting >= 0);
  const last = Math.max(0, found);
  const token = tokens[last];
  return {
    settled: html(0, last, COLOUR_AT_MOST.settled),
    length: lineStart(text, token?.map?.[0] ?? 0),
    open: html(last, tokens.length, COLOUR_AT_MOST.open),
    code: token?.type === "fence" && token.content.length > COLOUR_AT_MOST.open ? token.content : undefined,
  };
}

function lineStart(text: string, line: number): number {
  let at = 0;
  for (let n = 0; n < line; n += 1) at = text.indexOf("\n", at) + 1;
  return at;
}
