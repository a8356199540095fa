// Starts the program and its sandbox, connects an account, and ends both: what every benchmark needs.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const key = "an-api-key-for-the-bench";
export const ids = new URLSearchParams({ org_id: "bench", user_id: "bench" });
export const bearer = { authorization: `Bearer ${key}` };
export const program = process.argv[2] ?? "target/release/tributary";

/** Starts the program; resolves when it prints what `ready` finds. */
function start(args, env, cwd, ready) {
  const configures = /^(TRIBUTARY_|HUBSPOT_|NOTION_|AIRTABLE_|REDIS_URL)/;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !configures.test(name)));
  const child = spawn(resolve(program), args, { cwd, env: { ...clean, RUST_LOG: "warn", ...env }, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((done, fail) => {
    let text = "";
    child.on("exit", (code) => fail(new Error(`${args[0]} ended with ${code}`)));
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = text.match(ready);
      if (found) done({ child, found: found[1] });
    });
  });
}

async function end(child) {
  child.removeAllListeners("exit");
  child.kill("SIGTERM");
  await new Promise((done) => child.once("exit", done));
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** Runs `work` with the address of a sandbox. */
export async function withSandbox(options, work) {
  const { child, found } = await start(["sandbox", "--listen", "127.0.0.1:0", ...options], {}, ".", /listening on http:\/\/(\S+)/);
  try {
    return await work(found);
  } finally {
    await end(child);
  }
}

/** Runs `work` with a server of its own on that sandbox: its address and its process. */
export async function withServer(sandbox, work) {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { TRIBUTARY_LISTEN: `127.0.0.1:${port}`, TRIBUTARY_PUBLIC_URL: url, TRIBUTARY_API_KEY: key, TRIBUTARY_SANDBOX_LISTEN: sandbox };
  const { child } = await start(["serve"], env, folder, /(Sign in)/);
  try {
    return await work(url, child);
  } finally {
    await end(child);
    rmSync(folder, { recursive: true });
  }
}

/** Connects the sandbox's account of a provider. */
export async function connect(url, provider) {
  const asked = await fetch(`${url}/integrations/${provider}/authorize`, { method: "POST", headers: bearer, body: ids });
  const setOut = await fetch(await asked.json(), { redirect: "manual" });
  const cookie = setOut.headers.get("set-cookie").split(";")[0];
  const decided = await fetch(setOut.headers.get("location"), { method: "POST", body: new URLSearchParams({ decision: "approve" }), redirect: "manual" });
  const back = await fetch(decided.headers.get("location"), { headers: { cookie }, redirect: "manual" });
  if (!back.headers.get("location").endsWith("/connected")) throw new Error(`not connected: ${back.headers.get("location")}`);
}
