// Runs the `tributary` program as a child process and waits for the line with which it reports that it is ready.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** A running `tributary` process. */
export interface TributaryProcess {
  /** The match of the line that it printed when it was ready. */
  ready: RegExpExecArray;
  /** Its log so far. */
  log(): string;
  /** Sends SIGTERM, and waits until it has exited. */
  stop(): Promise<void>;
  /** Sends SIGKILL, as if it had crashed. */
  kill(): Promise<void>;
}

/** Runs `$TRIBUTARY_BIN` and waits for a line of its output that matches `ready`. */
export async function startProcess(
  parameters: string[],
  ready: RegExp,
  cwd?: string,
  variables: NodeJS.ProcessEnv = {},
): Promise<TributaryProcess> {
  const program = process.env.TRIBUTARY_BIN;
  if (!program) throw new Error("TRIBUTARY_BIN isn't set. Run these tests with `make test`, which builds the program and sets it.");
  const child = spawn(program, parameters, { cwd, env: { ...environment(), ...variables }, stdio: ["ignore", "pipe", "pipe"] });
  const log: string[] = [];
  child.stderr!.setEncoding("utf8").on("data", (text: string) => log.push(text));
  try {
    const match = await matchingLine(child, ready, () => log.join(""));
    return { ready: match, log: () => log.join(""), stop: () => end(child, "SIGTERM"), kill: () => end(child, "SIGKILL") };
  } catch (error) {
    await end(child, "SIGTERM");
    throw error;
  }
}

/** An unused port below the range that operating systems use for outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    const isFree = new Promise<boolean>((resolve) => server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true)));
    if (await isFree) {
      await new Promise((closed) => server.close(closed));
      return port;
    }
  }
}

/** This process's environment without the variables that configure Tributary. */
function environment(): NodeJS.ProcessEnv {
  const configures = /^(TRIBUTARY_|HUBSPOT_|NOTION_|AIRTABLE_|REDIS_URL$|RUST_LOG$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !configures.test(name)));
}

async function matchingLine(child: ChildProcess, pattern: RegExp, log: () => string): Promise<RegExpExecArray> {
  const lines = createInterface({ input: child.stdout! });
  const settled = new AbortController();
  const failed = Promise.race([
    once(child, "close", { signal: settled.signal }).then(([code]) => `it exited with ${code}: ${log()}`),
    once(child, "error", { signal: settled.signal }).then(([error]) => String(error)),
  ]);
  const found = new Promise<RegExpExecArray>((resolve) => {
    lines.on("line", (text) => {
      const match = pattern.exec(text);
      if (match) resolve(match);
    });
  });
  try {
    const first = await Promise.race([found, failed]);
    if (typeof first === "string") throw new Error(`${child.spawnargs.join(" ")} did not start: ${first}`);
    return first;
  } finally {
    failed.catch(() => undefined);
    settled.abort();
    lines.close();
    // Discards further output: a full pipe would block the process.
    child.stdout!.resume();
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timeout = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exited;
  clearTimeout(timeout);
}
