// Loads 15,000 records from a sandbox that takes 50 ms a request, in both forms, each by a server of its own, and prints
// when the first and the last item came and how much memory the server needed at most.
//
//   node benches/load.mjs target/release/tributary
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const [program = "target/release/tributary"] = process.argv.slice(2);
const records = 15_000;
const latency = 50;
const ids = new URLSearchParams({ org_id: "bench", user_id: "bench" });
const key = "an-api-key-for-the-bench";
const bearer = { authorization: `Bearer ${key}` };

/** Starts the program; resolves when it prints what `ready` finds. */
function start(args, env, cwd, ready) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TRIBUTARY_|HUBSPOT_|REDIS_URL)/.test(name)));
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

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

async function connect(url) {
  const asked = await fetch(`${url}/integrations/hubspot/authorize`, { method: "POST", headers: bearer, body: ids });
  const setOut = await fetch(await asked.json(), { redirect: "manual" });
  const cookie = setOut.headers.get("set-cookie").split(";")[0];
  const decided = await fetch(setOut.headers.get("location"), { method: "POST", body: new URLSearchParams({ decision: "approve" }), redirect: "manual" });
  const back = await fetch(decided.headers.get("location"), { headers: { cookie }, redirect: "manual" });
  if (!back.headers.get("location").endsWith("/connected")) throw new Error(`not connected: ${back.headers.get("location")}`);
}

/** The most memory that a process has had, in MB; Linux alone tells. */
function peak(child) {
  try {
    return Number(readFileSync(`/proc/${child.pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

async function measure(sandbox, accept) {
  const folder = mkdtempSync(join(tmpdir(), "tributary-bench-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = { TRIBUTARY_LISTEN: `127.0.0.1:${port}`, TRIBUTARY_PUBLIC_URL: url, TRIBUTARY_API_KEY: key, TRIBUTARY_SANDBOX_LISTEN: sandbox };
  const { child } = await start(["serve"], env, folder, /(Sign in)/);
  try {
    await connect(url);
    const idle = peak(child);
    const began = performance.now();
    const answer = await fetch(`${url}/integrations/hubspot/items?${ids}`, { headers: { ...bearer, accept } });
    let [first, items, rest] = [Number.NaN, 0, ""];
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      // An item begins with its id; what may be the beginning of one waits for the next chunk.
      rest += chunk;
      const found = rest.split('{"id":').length - 1;
      if (found > 0 && Number.isNaN(first)) first = performance.now() - began;
      items += found;
      rest = found > 0 ? rest.slice(rest.lastIndexOf('{"id":') + 6) : rest.slice(-6);
    }
    const last = performance.now() - began;
    if (items !== records) throw new Error(`${items} items instead of ${records}`);
    return { items, first, last, idle, peak: peak(child) };
  } finally {
    child.removeAllListeners("exit");
    child.kill("SIGTERM");
    await new Promise((done) => child.once("exit", done));
    rmSync(folder, { recursive: true });
  }
}

const sandboxArgs = ["sandbox", "--listen", "127.0.0.1:0", "--records", `${records}`, "--latency-ms", `${latency}`, "--no-limits"];
const { child: sandbox, found: address } = await start(sandboxArgs, {}, ".", /listening on http:\/\/(\S+)/);
try {
  console.log(`${records} records, ${latency} ms a request, limits off. The longest stream has 95 pages: ${((95 * latency) / 1000).toFixed(2)} s at least.\n`);
  console.log("form    items   first item           last item   peak memory (before the load)");
  for (const [form, accept] of [["lines", "application/x-ndjson"], ["array", "application/json"]]) {
    const run = await measure(address, accept);
    const trips = (run.first / latency).toFixed(1);
    console.log(
      `${form}  ${run.items.toString().padStart(6)}  ${(run.first / 1000).toFixed(3)} s (${trips.padStart(5)} trips)  ${(run.last / 1000).toFixed(2).padStart(5)} s     ${run.peak.toFixed(1)} MB (${run.idle.toFixed(1)} MB)`,
    );
  }
} finally {
  sandbox.removeAllListeners("exit");
  sandbox.kill("SIGTERM");
}
