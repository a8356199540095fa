// Starts the program as a process of its own, waits for what it prints, and ends that process and no other.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** A running program. */
export interface Program {
  /** What the awaited line said. */
  said: RegExpExecArray;
  /** Its log so far. */
  log(): string;
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** Runs `$TRIBUTARY_BIN` and waits for a line of its output that fits `awaited`. */
export async function start(parameters: string[], awaited: RegExp, cwd?: string, variables: NodeJS.ProcessEnv = {}): Promise<Program> {
  const program = process.env.TRIBUTARY_BIN;
  if (!program) throw new Error("TRIBUTARY_BIN does not name the tributary program. `make test` builds it and runs these tests with it.");
  const child = spawn(program, parameters, { cwd, env: { ...environment(), ...variables }, stdio: ["ignore", "pipe", "pipe"] });
  const log: string[] = [];
  child.stderr!.setEncoding("utf8").on("data", (text: string) => log.push(text));
  try {
    const said = await line(child, awaited, () => log.join(""));
    return { said, log: () => log.join(""), stop: () => end(child, "SIGTERM"), kill: () => end(child, "SIGKILL") };
  } catch (error) {
    await end(child, "SIGTERM");
    throw error;
  }
}

/** A port that nobody uses, below those that systems give to outgoing connections. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer();
    const free = new Promise<boolean>((resolve) => server.once("error", () => resolve(false)).listen(port, "127.0.0.1", () => resolve(true)));
    if (await free) {
      await new Promise((closed) => server.close(closed));
      return port;
    }
  }
}

/** Ours, without what would configure the program. */
function environment(): NodeJS.ProcessEnv {
  const configures = /^(TRIBUTARY_|HUBSPOT_|NOTION_|AIRTABLE_|REDIS_URL$|RUST_LOG$)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !configures.test(name)));
}

async function line(child: ChildProcess, awaited: RegExp, log: () => string): Promise<RegExpExecArray> {
  const lines = createInterface({ input: child.stdout! });
  const ended = new AbortController();
  const failed = Promise.race([
    once(child, "close", { signal: ended.signal }).then(([code]) => `it exited with ${code}: ${log()}`),
    once(child, "error", { signal: ended.signal }).then(([error]) => String(error)),
  ]);
  const found = new Promise<RegExpExecArray>((resolve) => {
    lines.on("line", (text) => {
      const said = awaited.exec(text);
      if (said) resolve(said);
    });
  });
  try {
    const first = await Promise.race([found, failed]);
    if (typeof first === "string") throw new Error(`${child.spawnargs.join(" ")} did not start: ${first}`);
    return first;
  } finally {
    failed.catch(() => undefined);
    ended.abort();
    lines.close();
    // Whatever it writes later must not fill the pipe and stop it.
    child.stdout!.resume();
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const impatience = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await exited;
  clearTimeout(impatience);
}
