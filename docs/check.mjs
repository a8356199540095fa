// Checks what the docs refer to: tests, paths, links, make targets and cargo features. `make check` runs it.
//
//   node docs/check.mjs
//
// - A snake_case name of four or more words has to be a Rust function (such as a test) or the name of a field.
// - A path in backticks or in a link has to exist. It is relative to the repository, or to the page that names it.
// - Make targets, cargo features, and modules after `--test tributary` or `--lib` have to exist.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

process.chdir(join(import.meta.dirname, ".."));
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file && existsSync(file));
const pages = files.filter((file) => /^(docs\/)?[^/]+\.md$/.test(file) || file === "sandbox/README.md");

const rust = files.filter((file) => file.endsWith(".rs")).map((file) => readFileSync(file, "utf8")).join("\n");
const names = new Set(Array.from(rust.matchAll(/\bfn (\w+)|\b(\w+):(?!:)/g), ([, fn, field]) => fn ?? field));
const targets = new Set(Array.from(readFileSync("Makefile", "utf8").matchAll(/^([\w-]+):/gm), ([, target]) => target));
const manifests = ["Cargo.toml", "sandbox/Cargo.toml"].map((file) => readFileSync(file, "utf8")).join("\n");
const features = new Set(Array.from(manifests.matchAll(/^([\w-]+) = \[/gm), ([, feature]) => feature));
const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));

/** Whether a file or folder of the repository has this path, which may contain `*` and `{a,b}`. */
function isPath(path) {
  const choice = path.match(/^(.*)\{([^{}]*)\}(.*)$/);
  if (choice) return choice[2].split(",").every((one) => isPath(choice[1] + one + choice[3]));
  const exact = path.replace(/\/$/, "").replace(/[.+?^$()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  // The name of a file alone stands for any file of that name.
  const pattern = new RegExp(`${path.includes("/") ? "^" : "(^|/)"}${exact}(/|$)`);
  return files.some((file) => pattern.test(file));
}

/** What a text in backticks claims to be a path; `undefined` if it is none. */
function claimedPath(code) {
  if (!/^[\w./{},*-]+$/.test(code) || code.startsWith("/")) return undefined;
  const inFolder = code.includes("/") && (folders.has(code.split("/")[0]) || code.startsWith("./"));
  const isFile = /\.(rs|md|toml|ts|mjs|css|js|lock)$/.test(code);
  return inFolder || isFile ? code.replace(/^\.\//, "") : undefined;
}

const problems = [];
for (const page of pages) {
  const text = readFileSync(page, "utf8");
  const relative = (path) => normalize(join(dirname(page), path));
  text.split("\n").forEach((line, index) => {
    const problem = (what) => problems.push(`${page}:${index + 1}: ${what}`);
    for (const [name] of line.matchAll(/\b[a-z0-9]+(_[a-z0-9]+){3,}\b/g)) {
      if (!names.has(name)) problem(`there is no test, function or field ${name}`);
    }
    for (const [, code] of line.matchAll(/`([^`]+)`/g)) {
      const path = claimedPath(code);
      if (path && !isPath(path) && !isPath(relative(path))) problem(`there is no ${path}`);
    }
    for (const [, link] of line.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      if (!/^https?:/.test(link) && !isPath(relative(link))) problem(`the link to ${link} leads nowhere`);
    }
    for (const [, target] of line.matchAll(/(?:`|^)make ([a-z][\w-]*)/g)) {
      if (!targets.has(target)) problem(`there is no make target ${target}`);
    }
    for (const [, list] of line.matchAll(/--features[ =]([\w/,-]+)/g)) {
      for (const feature of list.split(",").map((name) => name.replace(/^tributary\//, ""))) {
        if (!features.has(feature)) problem(`there is no feature ${feature}`);
      }
    }
    for (const [, modules] of line.matchAll(/--(?:test tributary|lib) ((?:\w+::)+\w*)/g)) {
      for (const module of modules.split("::").filter(Boolean)) {
        if (!isPath(`${module}.rs`) && !files.some((file) => file.includes(`/${module}/`)) && !names.has(module)) {
          problem(`there is no module ${module}`);
        }
      }
    }
  });
}

console.log(problems.length > 0 ? problems.join("\n") : `${pages.length} pages: all references exist`);
process.exitCode = problems.length > 0 ? 1 : 0;
