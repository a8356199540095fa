// A proxy between a provider's SDK and the sandbox. It records every request and response, so that they can be validated
// against the provider's specification.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A request and its response. */
export interface Exchange {
  method: string;
  /** The path below the provider's base URL, without the query. */
  path: string;
  query: URLSearchParams;
  /** The request headers that were forwarded. */
  requestHeaders: Headers;
  /** The response's. */
  status: number;
  headers: Headers;
  body: string;
}

export interface RecordingProxy {
  url: string;
  exchanges: Exchange[];
  stop(): Promise<void>;
}

/** Starts a proxy that forwards every request to `target`, the sandbox's base URL for one provider. */
export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const exchanges: Exchange[] = [];
  // Large enough for URLs that the sandbox, and not this proxy, has to reject as too long.
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
  const requestBody = await buffer(request);
  const requestHeaders = new Headers();
  for (const name of ["accept", "authorization", "content-type", "notion-version", "user-agent"]) {
    const value = request.headers[name];
    if (typeof value === "string") requestHeaders.set(name, value);
  }
  const method = request.method ?? "GET";
  const received = await fetch(target + request.url, {
    method,
    headers: requestHeaders,
    body: requestBody.length ? new Uint8Array(requestBody) : undefined,
    redirect: "manual",
  });
  const body = await received.text();
  // Recorded before it is forwarded, so that a caller who has the response finds it in `exchanges`.
  const { pathname: path, searchParams: query } = new URL(request.url ?? "/", target);
  exchanges.push({ method, path, query, requestHeaders, status: received.status, headers: received.headers, body });
  response.writeHead(received.status, Object.fromEntries(received.headers)).end(body);
}
