// Starts the server with its built-in sandbox, in a temporary folder of its own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { controls, type Controls } from "./sandbox.ts";
import { freePort, startProcess } from "./tributary-process.ts";

/** A running server. */
export interface Server {
  /** Its URL, without a trailing slash. */
  url: string;
  /** The one-time link that it printed. */
  signInLink: string;
  /** Controls of its built-in sandbox. */
  sandbox: Controls;
  /** Its log so far. */
  log(): string;
  /** Stops it and deletes its folder. */
  stop(): Promise<void>;
  /** Kills it, as if it had crashed. */
  kill(): Promise<void>;
}

/** Runs `$TRIBUTARY_BIN serve` and waits until it prints the sign-in link. */
export async function startServer(): Promise<Server> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), "tributary-end2end-"));
  const deleteFolder = () => rm(folder, { recursive: true, force: true });
  const url = `http://localhost:${port}`;
  const variables = {
    TRIBUTARY_LISTEN: `127.0.0.1:${port}`,
    TRIBUTARY_PUBLIC_URL: url,
    TRIBUTARY_SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
    TRIBUTARY_API_KEY: "an-api-key-of-the-tests",
  };
  try {
    const server = await startProcess(["serve"], /Sign in \(once\): (http:\/\/\S+)$/, folder, variables);
    const stop = async () => {
      await server.stop();
      await deleteFolder();
    };
    const sandbox = controls(`http://127.0.0.1:${sandboxPort}`);
    return { url, signInLink: server.ready[1]!, sandbox, log: server.log, stop, kill: server.kill };
  } catch (error) {
    await deleteFolder();
    throw error;
  }
}
