// The few pictures of the chat view, drawn here so that no font is loaded: 16 by 16, in the colour of the text.

import paths from "./icons.json";

export function icon(name: string): string {
  return (
    '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
    `stroke-width="1.2" stroke-linecap="round" stroke-linejoin="round"><path d="${paths[name as keyof typeof paths]}"/></svg>`
  );
}
