// Starts the server with its built-in sandbox, in a temporary folder of its own.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { controls, type Controls } from "./sandbox.ts";
import { freePort, startProcess } from "./tributary-process.ts";

/** The API key of every server. */
const apiKey = "an-api-key-of-the-tests";

/** A running server. */
export interface Server {
  /** Its URL, without a trailing slash. */
  url: string;
  /** A one-time sign-in link. */
  signInLink: string;
  /** Creates a one-time link with which the user `ada` of `acme` connects. */
  connectLink(provider: string): Promise<string>;
  /** Controls of its built-in sandbox. */
  sandbox: Controls;
  /** Its log so far. */
  log(): string;
  /** Stops it and deletes its folder. */
  stop(): Promise<void>;
  /** Kills it, as if it had crashed. */
  kill(): Promise<void>;
}

/** Runs `$TRIBUTARY_BIN serve`, waits until it is ready, and creates a sign-in link. */
export async function startServer(): Promise<Server> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(join(tmpdir(), "tributary-end2end-"));
  const deleteFolder = () => rm(folder, { recursive: true, force: true });
  const url = `http://localhost:${port}`;
  const variables = {
    TRIBUTARY_LISTEN: `127.0.0.1:${port}`,
    TRIBUTARY_PUBLIC_URL: url,
    TRIBUTARY_SANDBOX_LISTEN: `127.0.0.1:${sandboxPort}`,
    TRIBUTARY_API_KEY: apiKey,
  };
  try {
    const server = await startProcess(["serve"], /^Tributary is at /, folder, variables);
    const post = async (path: string, fields: Record<string, string> = {}) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      return (await fetch(`${url}${path}`, { method: "POST", headers, body: new URLSearchParams(fields) })).json();
    };
    const { url: signInLink } = (await post("/sign-in-links")) as { url: string };
    const connectLink = async (provider: string) =>
      (await post(`/integrations/${provider}/authorize`, { org_id: "acme", user_id: "ada" })) as string;
    const stop = async () => {
      await server.stop();
      await deleteFolder();
    };
    const sandbox = controls(`http://127.0.0.1:${sandboxPort}`);
    return { url, signInLink, connectLink, sandbox, log: server.log, stop, kill: server.kill };
  } catch (error) {
    await deleteFolder();
    throw error;
  }
}
