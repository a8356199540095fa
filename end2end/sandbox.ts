// The sandbox: steering it, and starting one alone.

import { start } from "./program.ts";

/** What steers a sandbox. */
export interface Controls {
  /** Its address, without a slash at the end. */
  url: string;
  /** Merges a change into the settings; without one it only shows them. */
  config(change?: object): Promise<Record<string, unknown>>;
  /** What was asked of the sandbox so far. */
  stats(): Promise<Stats>;
  /** Clears counters, revocations and faults; expires access tokens; kills all tokens. */
  command(name: "reset" | "expire" | "revoke_all"): Promise<void>;
}

/** A running sandbox. */
export interface Sandbox extends Controls {
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
  const program = await start(["sandbox", "--listen", "127.0.0.1:0", ...options], /^sandbox listening on (http:\/\/\S+)$/);
  return { ...controls(program.said[1]!), stop: program.stop };
}

/** The controls of the sandbox at an address. */
export function controls(url: string): Controls {
  return {
    url,
    config: async (change) => (await control(url, "config", change)).json(),
    stats: async () => (await control(url, "stats")).json(),
    command: async (name) => void (await control(url, name, {})),
  };
}

async function control(url: string, name: string, body?: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const request = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/__sandbox/${name}`, request);
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${name}: ${await response.text()}`);
  return response;
}
