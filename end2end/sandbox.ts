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
  /** Clears counters, revocations and faults. */
  command(name: "reset"): Promise<void>;
  /** Expires access tokens, or kills all tokens: one provider's, or everybody's. */
  command(name: "expire" | "revoke_all", provider?: string): Promise<void>;
}

/** A running sandbox. */
export interface Sandbox extends Controls {
  stop(): Promise<void>;
}

/** What happened to tokens. */
interface Counted {
  refreshes: number;
  reused_tokens: number;
  exchanges: number;
  revocations: number;
}

export interface Stats extends Counted {
  requests: number;
  rate_limited: number;
  by_provider: Record<string, Counted>;
  in_flight: number;
  records: { contacts: number; companies: number; deals: number; pages: number; rows: number; records: number };
  /** What a load that misses nothing finds, by provider and type of item. */
  holds: Record<string, Record<string, number>>;
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
    command: async (name, provider?: string) => void (await control(url, name, { provider })),
  };
}

async function control(url: string, name: string, body?: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  const request = body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/__sandbox/${name}`, request);
  if (!response.ok) throw new Error(`The sandbox answered ${response.status} to ${name}: ${await response.text()}`);
  return response;
}
