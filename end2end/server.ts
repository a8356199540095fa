// The server with its built-in sandbox, in a folder of its own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { freePort, start } from "./program.ts";
import { controls, type Controls } from "./sandbox.ts";

/** A running server. */
export interface Server {
  /** Its address, without a slash at the end. */
  url: string;
  /** The one-time link that it printed. */
  signInLink: string;
  /** The stand-ins that answer for the providers. */
  sandbox: Controls;
  /** Its log so far. */
  log(): string;
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** Runs `$TRIBUTARY_BIN serve` and waits until it prints the sign-in link. */
export async function startServer(): Promise<Server> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), "tributary-end2end-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const url = `http://localhost:${port}`;
  const variables = {
    TRIBUTARY_LISTEN: `127.0.0.1:${port}`,
    TRIBUTARY_PUBLIC_URL: url,
    TRIBUTARY_SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
    TRIBUTARY_API_KEY: "an-api-key-of-the-tests",
  };
  try {
    const program = await start(["serve"], /Sign in \(once\): (http:\/\/\S+)$/, folder, variables);
    const end = async () => {
      await program.stop();
      await remove();
    };
    const sandbox = controls(`http://127.0.0.1:${sandboxPort}`);
    return { url, signInLink: program.said[1]!, sandbox, log: program.log, stop: end, kill: program.kill };
  } catch (error) {
    await remove();
    throw error;
  }
}
