// Starts the sandbox as a process of its own and ends that process, and no other, when the test is done.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A running sandbox. */
export interface Sandbox {
  /** Its address, without a slash at the end. */
  url: string;
  /** Merges a change into the settings; without one it only shows them. */
  config(change?: object): Promise<Record<string, unknown>>;
  /** What was asked of the sandbox so far. */
  stats(): Promise<Stats>;
  /** Clears counters, revocations and faults; expires access tokens; kills all tokens. */
  command(name: "reset" | "expire" | "revoke_all"): Promise<void>;
  stop(): Promise<void>;
}

export interface Stats {
  requests: number;
  rate_limited: number;
  refreshes: number;
  reused_tokens: number;
  exchanges: number;
  revocations: number;
  in_flight: number;
  records: { contacts: number; companies: number; deals: number };
  by_endpoint: Record<string, { requests: number; rate_limited: number; statuses: Record<string, number> }>;
}

/** Runs `$TRIBUTARY_BIN sandbox --listen 127.0.0.1:0` with more options, and waits until it says where it listens. */
export async function startSandbox(...options: string[]): Promise<Sandbox> {
  const program = process.env.TRIBUTARY_BIN;
  if (!program) throw new Error("TRIBUTARY_BIN must name the tributary program.");
  const child = spawn(program, ["sandbox", "--listen", "127.0.0.1:0", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const url = await address(child);
    return {
      url,
      config: async (change) => (await control(url, "config", change)).json(),
      stats: async () => (await control(url, "stats")).json(),
      command: async (name) => void (await control(url, name, {})),
      stop: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function address(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const ended = new AbortController();
  try {
    const [line] = (await Promise.race([
      once(lines, "line", { signal: ended.signal }),
      once(child, "exit", { signal: ended.signal }).then(([code]) => [`nothing, and exited with ${code}`]),
      once(child, "error", { signal: ended.signal }).then(([error]) => [String(error)]),
    ])) as [string];
    const url = /^sandbox listening on (http:\/\/\S+)$/.exec(line)?.[1];
    if (!url) throw new Error(`The sandbox said ${line}`);
    return url;
  } finally {
    ended.abort();
    // Whatever it writes later must not fill the pipe and stop it.
    child.stdout!.resume();
  }
}

async function control(url: string, name: string, body?: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const request = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/__sandbox/${name}`, request);
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${name}: ${await response.text()}`);
  return response;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  const impatience = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exited;
  clearTimeout(impatience);
}
