// node scripts/build.mjs [--watch]   bundles the extension and the chat view into dist/
import { context } from "esbuild";

const shared = {
  bundle: true,
  minify: true,
  sourcemap: "linked",
  logLevel: "warning",
  legalComments: "none",
};
const builds = await Promise.all([
  context({
    ...shared,
    entryPoints: ["src/extension.ts"],
    outfile: "dist/extension.js",
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
  }),
  context({
    ...shared,
    entryPoints: ["src/webview/chat.ts", "src/webview/chat.css"],
    outdir: "dist",
    platform: "browser",
    format: "iife",
    target: "es2022",
  }),
]);
if (process.argv.includes("--watch")) {
  await Promise.all(builds.map(build => build.watch()));
} else {
  await Promise.all(builds.map(build => build.rebuild()));
  await Promise.all(builds.map(build => build.dispose()));
}
