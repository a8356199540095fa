// A proxy between a provider's SDK and the sandbox, which keeps every exchange, so that it can be held against a specification.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Exchange {
  method: string;
  /** The path as the provider knows it, without the query. */
  path: string;
  query: URLSearchParams;
  /** What the SDK sent with it, as far as it was passed on. */
  sent: Headers;
  status: number;
  headers: Headers;
  body: string;
}

export interface Recorder {
  url: string;
  exchanges: Exchange[];
  stop(): Promise<void>;
}

/** Forwards what it is asked to `target`, under which the provider's own paths begin. */
export async function record(target: string): Promise<Recorder> {
  const exchanges: Exchange[] = [];
  // Room for the longest addresses that a provider takes, or refuses in its own words.
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    forward(target, request, response, exchanges).catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((closed) => {
      server.close(() => closed());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, exchanges, stop };
}

async function forward(target: string, request: IncomingMessage, response: ServerResponse, exchanges: Exchange[]) {
  const sent = await buffer(request);
  const headers = new Headers();
  for (const name of ["accept", "authorization", "content-type", "notion-version", "user-agent"]) {
    const value = request.headers[name];
    if (typeof value === "string") headers.set(name, value);
  }
  const method = request.method ?? "GET";
  const answer = await fetch(target + request.url, { method, headers, body: sent.length ? new Uint8Array(sent) : undefined, redirect: "manual" });
  const body = await answer.text();
  // Kept before it is passed on, so that who has the answer finds it in the record.
  const { pathname: path, searchParams: query } = new URL(request.url ?? "/", target);
  exchanges.push({ method, path, query, sent: headers, status: answer.status, headers: answer.headers, body });
  response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
}
