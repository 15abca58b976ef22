// The few pictures of the chat view, drawn here so that no font is loaded.

const paths: { [name: string]: string } = {
  copy: "M5.5 3.5h7v9h-7zM3.5 10.5v-9h7",
  insert: "M2.5 3.5h11M2.5 12.5h11M8 5.5v5M5.8 8.4 8 10.6l2.2-2.2",
  apply: "M8 2.5v6M5 5.5h6M5 12.5h6M2.5 1v14",
  edit: "m3 13 .8-3.2 7-7 2.4 2.4-7 7zM9.5 4.1l2.4 2.4",
  retry: "M13 8a5 5 0 1 1-1.5-3.6M13 1.8v3h-3",
  send: "M2.5 13.5 14 8 2.5 2.5 4.3 8zM4.3 8H9",
  stop: "M4.5 4.5h7v7h-7z",
  close: "m4 4 8 8M12 4l-8 8",
  down: "M8 3v10M4 9l4 4 4-4",
  chevron: "m4.5 6.5 3.5 3.5 3.5-3.5",
};

/** A 16 by 16 picture in the colour of the text. */
export function icon(name: string): string {
  return (
    '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" ' +
    `stroke-width="1.2" stroke-linecap="round" stroke-linejoin="round"><path d="${paths[name] ?? ""}"/></svg>`
  );
}
