// Starts a sandbox without a server, and controls a running one.

import { startProcess } from "./tributary-process.ts";

/** The control endpoints of a sandbox, below `/__sandbox`. */
export interface Controls {
  /** Its URL, without a trailing slash. */
  url: string;
  /** Changes some settings. Returns all settings. */
  config(change?: object): Promise<Record<string, unknown>>;
  /** Counters since the last reset. */
  stats(): Promise<Stats>;
  /** Clears counters, revocations and faults. */
  command(name: "reset"): Promise<void>;
  /** Expires access tokens, or revokes all tokens; of one provider, or of all. */
  command(name: "expire" | "revoke_all", provider?: string): Promise<void>;
}

/** A running sandbox. */
export interface Sandbox extends Controls {
  stop(): Promise<void>;
}

/** Counters of requests to the token and revocation endpoints. */
interface TokenCounters {
  refreshes: number;
  reused_tokens: number;
  exchanges: number;
  revocations: number;
}

export interface Stats extends TokenCounters {
  requests: number;
  rate_limited: number;
  by_provider: Record<string, TokenCounters>;
  in_flight: number;
  records: { contacts: number; companies: number; deals: number; pages: number; rows: number; records: number };
  /** How many items a complete load returns, by provider and type. */
  holds: Record<string, Record<string, number>>;
  by_endpoint: Record<string, { requests: number; rate_limited: number; statuses: Record<string, number> }>;
}

/** Runs `$TRIBUTARY_BIN sandbox` on a free port, and waits until it prints its address. */
export async function startSandbox(...options: string[]): Promise<Sandbox> {
  const sandbox = await startProcess(["sandbox", "--listen", "127.0.0.1:0", ...options], /^sandbox listening on (http:\/\/\S+)$/);
  return { ...controls(sandbox.ready[1]!), stop: sandbox.stop };
}

/** The controls of the sandbox at a URL. */
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
  if (!response.ok) throw new Error(`The sandbox responded with ${response.status} to ${name}: ${await response.text()}`);
  return response;
}
