import assert from "node:assert/strict";
import { test } from "node:test";
import { render } from "../src/webview/markdown.js";

const whole = (text: string) => render(text, true).settled;

/** The HTML of a text that came in pieces, as the view puts it together. */
function grown(text: string, size: number): string {
  let settled = 0;
  let html = "";
  for (let end = size; end < text.length; end += size) {
    const blocks = render(text.slice(settled, end), false);
    html += blocks.settled;
    settled += blocks.settled ? blocks.length : 0;
  }
  return html + whole(text.slice(settled));
}

const SAMPLE = `# Title

One *paragraph* with \`code\`,
and a second line.

1. first

   more of it
2. second
   - inner

\`\`\`rust
fn main() {

    // a blank line above
}
\`\`\`

| a | b |
|---|--:|
| 1 | 2 |

> quoted
> twice

    indented

Setext
------

The end, with an emoji 👩‍🚀 and \r\n a CRLF.
`;

test("an answer in pieces of any size is drawn as the whole answer is", () => {
  for (let size = 1; size < SAMPLE.length; size += 1) {
    assert.equal(grown(SAMPLE, size), whole(SAMPLE), `pieces of ${size}`);
  }
});

test("nothing in an answer can load or run by itself", () => {
  const html = whole(
    '![p](https://evil.example/p.png) <img src=x onerror=alert(1)> <script>alert(1)</script> [a](https://evil.example "t") ' +
      "[j](javascript:alert(1)) [c](command:aside.saveKey) [d](data:text/html,x) <https://evil.example/auto> [f](file:///etc/passwd)",
  );
  assert.doesNotMatch(html, /<(img|script|link|style|iframe|object)/i);
  for (const [tag] of html.matchAll(/<[^>]*>/g)) {
    assert.doesNotMatch(tag, /\s(href|src|srcset|style|on\w+)=/i);
  }
  assert.doesNotMatch(html, /data-href="(javascript|command|data|file):/i);
  assert.equal(html.match(/data-href="https:\/\/evil\.example/g)?.length, 3);
});

test("code keeps every character, whatever its language says", () => {
  const html = whole('```"><img src=x>\n<b>&amp;</b>\n```\n');
  assert.doesNotMatch(html, /<img|<b>/);
  assert.match(html, /<code>&lt;b&gt;&amp;amp;&lt;\/b&gt;\n<\/code>/);
});

test("a long unfinished code block is told apart, so that it can grow without being drawn anew", () => {
  const code = "let a = 1;\n".repeat(1000);
  assert.equal(render(`\`\`\`js\n${code}`, false).code, code);
  assert.equal(render("```js\nlet a = 1;\n", false).code, undefined);
});

test("tables are aligned by classes, since the content policy forbids styles", () => {
  assert.match(whole("|a|\n|--:|\n|1|\n"), /<td class="right">1<\/td>/);
});
