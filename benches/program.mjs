// Starts and stops the program and its sandbox, and connects an account, for the benchmarks.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const key = "an-api-key-for-the-bench";
export const subject = (org_id, user_id) => new URLSearchParams({ org_id, user_id });
export const ids = subject("bench", "bench");
export const bearer = { authorization: `Bearer ${key}` };
export const program = process.argv[2] ?? "target/release/tributary";

/** Starts the program. Resolves when its output matches `ready`. */
function start(args, env, cwd, ready) {
  const configures = /^(TRIBUTARY_|HUBSPOT_|NOTION_|AIRTABLE_|REDIS_URL)/;
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !configures.test(name)));
  const child = spawn(resolve(program), args, { cwd, env: { ...clean, RUST_LOG: "warn", ...env }, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((done, fail) => {
    let text = "";
    child.on("exit", (code) => fail(new Error(`${args[0]} exited with ${code}`)));
    child.stdout.on("data", (chunk) => {
      text += chunk;
      const found = text.match(ready);
      if (found) done({ child, found: found[1] });
    });
  });
}

async function stop(child) {
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

/** Runs `work` with the address of a new sandbox. */
export async function withSandbox(options, work) {
  const { child, found } = await start(["sandbox", "--listen", "127.0.0.1:0", ...options], {}, ".", /listening on http:\/\/(\S+)/);
  try {
    return await work(found);
  } finally {
    await stop(child);
  }
}

/** Runs `work` with the address, the process and the folder of a new server that uses this sandbox. */
export async function withServer(sandbox, work, more = {}) {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { ...more, TRIBUTARY_LISTEN: `127.0.0.1:${port}`, TRIBUTARY_PUBLIC_URL: url, TRIBUTARY_API_KEY: key, TRIBUTARY_SANDBOX_LISTEN: sandbox };
  const { child } = await start(["serve"], env, folder, /(Tributary is at)/);
  try {
    return await work(url, child, folder);
  } finally {
    await stop(child);
    rmSync(folder, { recursive: true });
  }
}

/** Connects the sandbox's account at a provider for a user. */
export async function connect(url, provider, user = ids) {
  const link = await fetch(`${url}/integrations/${provider}/authorize`, { method: "POST", headers: bearer, body: user });
  const started = await fetch(await link.json(), { method: "POST", redirect: "manual" });
  const cookie = started.headers.get("set-cookie").split(";")[0];
  const approved = await fetch(started.headers.get("location"), { method: "POST", body: new URLSearchParams({ decision: "approve" }), redirect: "manual" });
  const callback = await fetch(approved.headers.get("location"), { headers: { cookie }, redirect: "manual" });
  if (!/\/connected(_twice)?$/.test(callback.headers.get("location"))) throw new Error(`not connected: ${callback.headers.get("location")}`);
}
