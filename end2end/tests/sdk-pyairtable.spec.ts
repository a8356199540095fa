// Runs pyairtable, the Python client for Airtable, against the sandbox in a process of its own. Its models parse every schema
// and comment, and every response is validated against Airtable's documentation.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect, test } from "@playwright/test";

import { startRecordingProxy, type RecordingProxy } from "../support/recording-proxy.ts";
import { startSandbox, type Sandbox } from "../support/sandbox.ts";
import { AirtableValidator } from "../validation/airtable.ts";

const redirect = "http://localhost:3000/oauth-callback";
const session = fileURLToPath(new URL("../pyairtable/session.py", import.meta.url));

let sandbox: Sandbox;
let proxy: RecordingProxy;

test.beforeAll(async () => {
  sandbox = await startSandbox();
  proxy = await startRecordingProxy(`${sandbox.url}/airtable`);
});

test.afterAll(async () => {
  await proxy?.stop();
  await sandbox?.stop();
});

/** Connects an integration without a client secret to all bases, or to the one with this name. Returns its access token. */
async function token(scope: string, base?: string): Promise<string> {
  const [verifier, state] = [randomBytes(48).toString("base64url"), randomBytes(24).toString("base64url")];
  const code_challenge = createHash("sha256").update(verifier).digest("base64url");
  const client_id = "public-pyairtable";
  const parameters = { client_id, redirect_uri: redirect, response_type: "code", scope, state, code_challenge, code_challenge_method: "S256" };
  const page = `${sandbox.url}/airtable/oauth2/v1/authorize?${new URLSearchParams(parameters)}`;
  const form = new URLSearchParams({ decision: "approve" });
  if (base) {
    const html = await (await fetch(page)).text();
    form.append("picked", "1");
    form.append("base", new RegExp(`value="(app\\w{14})" checked> ${base}<`).exec(html)![1]!);
  }
  const response = await fetch(page, { method: "POST", body: form, redirect: "manual" });
  const code = new URL(response.headers.get("location")!).searchParams.get("code")!;
  const exchange = { grant_type: "authorization_code", client_id, code, redirect_uri: redirect, code_verifier: verifier };
  const tokens = await fetch(`${sandbox.url}/airtable/oauth2/v1/token`, { method: "POST", body: new URLSearchParams(exchange) });
  expect(tokens.status).toBe(200);
  return ((await tokens.json()) as { access_token: string }).access_token;
}

test("pyairtable works with the sandbox", async () => {
  const python = process.env.TRIBUTARY_PYTHON;
  if (!python) throw new Error("TRIBUTARY_PYTHON isn't set. Run these tests with `make test`, which installs pyairtable and sets it.");
  const whole = await token("data.records:read schema.bases:read data.recordComments:read user.email:read");
  const narrow = await token("schema.bases:read", "Event planning");

  const output = await promisify(execFile)(python, [session, proxy.url, whole, narrow, sandbox.url], { timeout: 25_000 });
  const { calls, passed } = JSON.parse(output.stdout.trim().split("\n").at(-1)!) as { calls: number; passed: string[] };
  expect(passed).toEqual([
    "current user", "paged bases", "schemas parsed by models", "all records of all tables", "pages", "formulas",
    "sorts fields and views", "cells as text", "one record and its comments", "models", "rejected requests", "stale offsets", "rate limits",
  ]);
  console.log(`SDK calls made: ${calls}`);
  expect(calls).toBeGreaterThanOrEqual(25);
  expect(proxy.exchanges.some(({ path }) => path.endsWith("/listRecords"))).toBe(true);

  const { validated, violations, unspecified } = new AirtableValidator().validate(proxy.exchanges);
  console.log(`Responses validated: ${validated}; violations: ${violations.length}`);
  for (const [name, times] of unspecified) console.log(`No schema for: ${name} (${times} times)`);
  expect(violations).toEqual([]);
  expect(validated).toBeGreaterThanOrEqual(calls);
});
