// node scripts/package.mjs [OUT.vsix]   packs the extension for this machine, with the server program in it.
// ASIDE_PROGRAM names a program that is built already; otherwise it is built here, in release mode.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";

const here = path.dirname(import.meta.dirname);
const root = path.join(here, "..", "..");
const target = `${process.platform}-${process.arch}`;
const name = process.platform === "win32" ? "aside.exe" : "aside";
const out = path.resolve(process.argv[2] ?? path.join(here, `aside-${target}.vsix`));
const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: "inherit", shell: process.platform === "win32" });

if (!existsSync(path.join(here, "node_modules"))) run("npm", ["ci", "--no-audit", "--no-fund"], here);
let program = process.env.ASIDE_PROGRAM;
if (!program) {
  run("cargo", ["build", "--release", "--locked", "--package", "aside"], root);
  program = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, "target"), "release", name);
}
rmSync(path.join(here, "bin"), { recursive: true, force: true });
mkdirSync(path.join(here, "bin"));
copyFileSync(program, path.join(here, "bin", name));
copyFileSync(path.join(root, "LICENSE"), path.join(here, "LICENSE"));
// What the program and the extension are made of, for whoever wants to scan it.
copyFileSync(path.join(root, "server", "aside.cdx.json"), path.join(here, "aside.cdx.json"));
run("npm", ["run", "--silent", "build"], here);
run(
  "npx",
  [
    "vsce",
    "package",
    "--no-dependencies",
    "--allow-missing-repository",
    "--no-rewrite-relative-links",
    "--target",
    target,
    "--out",
    out,
  ],
  here,
);
