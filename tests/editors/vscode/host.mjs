// node host.mjs VSIX   runs host.cjs in VS Code's extension host, on the packed extension. Prints `ok NAME` and `not ok NAME`.
import path from "node:path";
import { startEditor } from "./editor.mjs";

const editor = await startEditor({
  vsix: process.argv[2],
  files: { "README.md": "# A folder\n" },
  tests: path.join(import.meta.dirname, "host.cjs"),
});
const code = await Promise.race([editor.ended, new Promise(resolve => setTimeout(resolve, 900_000, "none in 900 s"))]);
await editor.stop();
console.log(`# the extension host's tests ended with ${code}`);
process.exit(code === 0 ? 0 : 1);
