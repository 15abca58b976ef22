// node scripts/build.mjs [--watch]   bundles the extension and the chat view into dist/
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { context } from "esbuild";

const shared = {
  bundle: true,
  minify: true,
  sourcemap: "linked",
  logLevel: "warning",
  legalComments: "none",
  metafile: true,
};
mkdirSync("dist", { recursive: true });
copyFileSync("src/webview/chat.html", "dist/chat.html");
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
  const results = await Promise.all(builds.map(build => build.rebuild()));
  writeFileSync("dist/THIRD-PARTY.txt", licences(results.flatMap(({ metafile }) => Object.keys(metafile.inputs))));
  await Promise.all(builds.map(build => build.dispose()));
}

/** The licences of the packages that the bundled files come from. */
function licences(files) {
  const folders = new Set(files.map(file => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean));
  return [...folders]
    .sort()
    .map(folder => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
      const texts = readdirSync(folder).filter(file => /^licen[cs]e/i.test(file));
      const words = texts.map(file => readFileSync(path.join(folder, file), "utf8").trim());
      return `${name} ${version} (${license})\n\n${words.join("\n\n")}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}
