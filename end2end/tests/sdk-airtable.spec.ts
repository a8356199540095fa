// Runs Airtable's own JavaScript SDK against the sandbox, and validates every response against Airtable's documentation.

import { createHash, randomBytes } from "node:crypto";

import { expect, test } from "@playwright/test";
import Airtable from "airtable";

import { startRecordingProxy, type RecordingProxy } from "../support/recording-proxy.ts";
import { startSandbox, type Sandbox } from "../support/sandbox.ts";
import { AirtableValidator } from "../validation/airtable.ts";

const app = { id: "0f7a1f4e-1111-4222-8333-444455556666", secret: "a-secret", redirect: "http://localhost:3000/oauth-callback" };
const allScopes = "data.records:read schema.bases:read data.recordComments:read user.email:read";

let sandbox: Sandbox;
let proxy: RecordingProxy;
let calls = 0;

test.beforeAll(async () => {
  sandbox = await startSandbox();
  proxy = await startRecordingProxy(`${sandbox.url}/airtable`);
  await sandbox.config({ limits: false });
});

test.afterAll(async () => {
  await proxy?.stop();
  await sandbox?.stop();
});

/** Counts the calls of the SDK. */
function sdk<T>(call: T): T {
  calls += 1;
  return call;
}

/** The error that a call of the SDK throws. */
async function rejection(call: Promise<unknown>): Promise<Airtable.Error> {
  const outcome = await sdk(call).then(
    () => undefined,
    (error: unknown) => error as Airtable.Error,
  );
  expect(outcome, "the call is rejected").toBeInstanceOf(Airtable.Error);
  return outcome!;
}

function client(apiKey: string): Airtable {
  return new Airtable({ apiKey, endpointUrl: proxy.url, noRetryIfRateLimited: true });
}

interface Tokens {
  access_token: string;
  refresh_token: string;
  [key: string]: unknown;
}

/** Sends a request to the token endpoint, which the SDK doesn't support. */
async function token(fields: Record<string, string>): Promise<{ status: number; body: Tokens }> {
  const authorization = `Basic ${Buffer.from(`${app.id}:${app.secret}`).toString("base64url")}`;
  const request = { method: "POST", headers: { authorization }, body: new URLSearchParams(fields) };
  const response = await fetch(`${proxy.url}/oauth2/v1/token`, request);
  return { status: response.status, body: (await response.json()) as Tokens };
}

/** Grants access on the consent page, as a person would: to all bases, or to those with these names. */
async function connect(scopes: string, bases?: string[]): Promise<Tokens> {
  const [verifier, state] = [randomBytes(48).toString("base64url"), randomBytes(24).toString("base64url")];
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const parameters = new URLSearchParams({
    client_id: app.id, redirect_uri: app.redirect, response_type: "code", scope: scopes, state, code_challenge: challenge,
    code_challenge_method: "S256",
  });
  const page = `${proxy.url}/oauth2/v1/authorize?${parameters}`;
  const html = await (await fetch(page)).text();
  expect(html).toContain(">Cancel</button>");
  const button = /<button name=(\w+) value=(\w+)>Grant access<\/button>/.exec(html);
  expect(button, "the page has a button Grant access").not.toBeNull();
  const form = new URLSearchParams({ [button![1]!]: button![2]!, picked: "1" });
  for (const [, id, name] of html.matchAll(/name=base value="(\w+)" checked> ([^<]+)</g)) {
    if (!bases || bases.includes(name!)) form.append("base", id!);
  }
  const response = await fetch(page, { method: "POST", body: form, redirect: "manual" });
  expect(response.status).toBe(303);
  const callback = new URL(response.headers.get("location")!).searchParams;
  expect(callback.get("state")).toBe(state);
  expect(callback.get("code_challenge")).toBe(challenge);
  const code = callback.get("code")!;
  const { status, body } = await token({ grant_type: "authorization_code", code, redirect_uri: app.redirect, code_verifier: verifier });
  expect(status).toBe(200);
  return body;
}

interface Base {
  id: string;
  name: string;
  tables: { id: string; name: string; fields: { id: string; name: string; type: string }[]; views: { id: string; name: string }[] }[];
}

test("Airtable's SDK works with the sandbox", async () => {
  const granted = await connect(allScopes);

  const tokens = await test.step("refresh tokens rotate", async () => {
    expect(granted).toMatchObject({ token_type: "Bearer ", scope: allScopes, expires_in: 3600, refresh_expires_in: 5184000 });
    const refreshed = await token({ grant_type: "refresh_token", refresh_token: granted.refresh_token });
    expect(refreshed.status).toBe(200);
    const again = await token({ grant_type: "refresh_token", refresh_token: granted.refresh_token });
    expect(again).toMatchObject({ status: 409, body: { error: "conflict" } });
    const unknown = await token({ grant_type: "refresh_token", refresh_token: "oar-unknown" });
    expect(unknown).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    return refreshed.body;
  });
  const airtable = client(tokens.access_token);

  const bases = await test.step("user, bases and tables, through the SDK's generic request", async () => {
    const meta = airtable.base("meta");
    const me = await sdk(meta.makeRequest({ path: "/whoami" }));
    expect(me.body).toMatchObject({ id: expect.stringMatching(/^usr\w{14}$/), email: "sam.rivers@birch-studio.example" });
    await sandbox.config({ airtable: { bases_page_size: 2 } });
    const first = (await sdk(meta.makeRequest({ path: "/bases" }))).body;
    const second = (await sdk(meta.makeRequest({ path: "/bases", qs: { offset: first.offset } }))).body;
    await sandbox.config({ airtable: { bases_page_size: 1000 } });
    const listed: Base[] = [...first.bases, ...second.bases];
    expect(listed.map((base) => base.name)).toEqual(["Product launches", "Event planning", "Studio CRM"]);
    for (const base of listed) {
      const include = { include: ["visibleFieldIds"] };
      base.tables = (await sdk(meta.makeRequest({ path: `/bases/${base.id}/tables`, qs: include }))).body.tables;
    }
    expect(listed.flatMap((base) => base.tables)).toHaveLength(9);
    return listed;
  });
  const crm = airtable.base(bases[2]!.id);
  const invoices = crm("Invoices");

  await test.step("all records of all tables", async () => {
    let total = 0;
    for (const base of bases) {
      for (const table of base.tables) {
        const records = await sdk(airtable.base(base.id)(table.id).select().all());
        expect(new Set(records.map((record) => record.id)).size).toBe(records.length);
        total += records.length;
      }
    }
    expect(total).toBe(1500);
  });

  await test.step("pages", async () => {
    const first = await sdk(invoices.select({ pageSize: 7 }).firstPage());
    expect(first).toHaveLength(7);
    const sizes: number[] = [];
    const query = invoices.select({ pageSize: 50, maxRecords: 120 });
    await sdk(query.eachPage((records, next) => {
      sizes.push(records.length);
      next();
    }));
    expect(sizes).toEqual([50, 50, 20]);
    expect(await sdk(invoices.select({ maxRecords: 3 }).all())).toHaveLength(3);
  });

  await test.step("filters, sorts, fields and views", async () => {
    const large = await sdk(invoices.select({ filterByFormula: "AND({Amount} > 5000, NOT({Paid}))" }).all());
    expect(large.length).toBeGreaterThan(0);
    for (const record of large) {
      expect(record.get("Amount")).toBeGreaterThan(5000);
      expect(record.get("Paid")).toBeUndefined();
    }
    const sort = [{ field: "Amount", direction: "desc" as const }, { field: "Number" }];
    const sorted = await sdk(invoices.select({ sort, fields: ["Amount"] }).all());
    const amounts = sorted.map((record) => (record.get("Amount") as number | undefined) ?? -1);
    expect(amounts).toEqual([...amounts].sort((a, b) => b - a));
    expect(sorted.every((record) => Object.keys(record.fields).every((name) => name === "Amount"))).toBe(true);
    const unpaid = await sdk(invoices.select({ view: "Unpaid" }).all());
    expect(unpaid.length).toBeGreaterThan(0);
    expect(unpaid.length).toBeLessThan(180);
    const view = bases[2]!.tables[2]!.views.find((known) => known.name === "Unpaid")!;
    const byId = await sdk(invoices.select({ view: view.id }).all());
    expect(byId.map((record) => record.id)).toEqual(unpaid.map((record) => record.id));
    const counted = await sdk(invoices.select({ recordMetadata: ["commentCount"] }).all());
    expect(counted.some((record) => (record.commentCount ?? 0) > 0)).toBe(true);
    const ids = await sdk(invoices.select({ returnFieldsByFieldId: true, pageSize: 5 }).firstPage());
    expect(Object.keys(ids[0]!.fields).every((name) => /^fld\w{14}$/.test(name))).toBe(true);
  });

  await test.step("cells as text", async () => {
    const text = { cellFormat: "string" as const, timeZone: "Europe/Berlin", userLocale: "en-gb" };
    for (const table of bases[0]!.tables) {
      const records = await sdk(airtable.base(bases[0]!.id)(table.name).select({ ...text, pageSize: 40 }).firstPage());
      expect(records.flatMap((record) => Object.values(record.fields)).every((value) => typeof value === "string")).toBe(true);
    }
  });

  await test.step("a formula too long for a URL is posted, in pages", async () => {
    const names = Array.from({ length: 600 }, (_, number) => `{Number}=${number + 1000000}`);
    const filterByFormula = `OR({Number} <= 60, ${names.join(", ")})`;
    expect(filterByFormula.length).toBeGreaterThan(10_000);
    const posted = await sdk(invoices.select({ filterByFormula, pageSize: 25 }).all());
    expect(posted).toHaveLength(60);
    const explicit = await sdk(invoices.select({ method: "post", sort: [{ field: "Due" }], fields: ["Due"] }).all());
    expect(explicit).toHaveLength(180);
    expect(proxy.exchanges.filter(({ path }) => path.endsWith("/listRecords")).length).toBeGreaterThanOrEqual(5);
  });

  await test.step("one record, what it links to, and its comments", async () => {
    const linked = await sdk(invoices.select({ filterByFormula: "{Project}", maxRecords: 1 }).firstPage());
    const invoice = await sdk(invoices.find(linked[0]!.id));
    expect(invoice.fields).toEqual(linked[0]!.fields);
    const [projectId] = invoice.get("Project") as unknown as string[];
    const project = await sdk(crm("Projects").find(projectId!));
    expect(project.get("Invoices")).toContain(invoice.id);
    const again = await sdk(invoice.fetch());
    expect(again.id).toBe(invoice.id);
    const busy = (await sdk(invoices.select({ recordMetadata: ["commentCount"] }).all())).find((record) => (record.commentCount ?? 0) > 1)!;
    const path = `/Invoices/${busy.id}/comments`;
    const comments = (await sdk(crm.makeRequest({ path }))).body;
    expect(comments.comments).toHaveLength(busy.commentCount!);
    const newest = (await sdk(crm.makeRequest({ path, qs: { pageSize: 1 } }))).body;
    const next = (await sdk(crm.makeRequest({ path, qs: { pageSize: 1, offset: newest.offset } }))).body;
    expect(next.comments[0]).toEqual(comments.comments[1]);
  });

  await test.step("only the chosen base is visible", async () => {
    const narrow = client((await connect(allScopes, ["Event planning"])).access_token);
    const visible = (await sdk(narrow.base("meta").makeRequest({ path: "/bases" }))).body.bases;
    expect(visible.map((base: Base) => base.name)).toEqual(["Event planning"]);
    await sdk(narrow.base(bases[1]!.id)("Venues").select().firstPage());
    const hidden = await rejection(narrow.base(bases[2]!.id)("Invoices").select().firstPage());
    expect(hidden).toMatchObject({ error: "NOT_AUTHORIZED", statusCode: 403 });
  });

  await test.step("rejected requests", async () => {
    const rows: [() => Promise<unknown>, Partial<Airtable.Error>][] = [
      [() => invoices.find("recAAAAAAAAAAAAAA"), { error: "NOT_FOUND", statusCode: 404 }],
      [() => crm("Nothing").select().firstPage(), { error: "NOT_AUTHORIZED", statusCode: 403 }],
      [() => invoices.create([{ fields: { Amount: 1 } }]), { error: "NOT_AUTHORIZED", statusCode: 403 }],
      [() => invoices.update("recAAAAAAAAAAAAAA", { Amount: 1 }), { error: "NOT_AUTHORIZED", statusCode: 403 }],
      [() => invoices.destroy("recAAAAAAAAAAAAAA"), { error: "NOT_AUTHORIZED", statusCode: 403 }],
      [() => client("oaa-made-up").base(bases[2]!.id)("Invoices").select().firstPage(), { error: "AUTHENTICATION_REQUIRED", statusCode: 401 }],
      [() => invoices.select({ fields: ["Nobody"] }).firstPage(), { error: "UNKNOWN_FIELD_NAME", statusCode: 422 }],
      [() => invoices.select({ view: "Nobody" }).firstPage(), { error: "VIEW_NAME_NOT_FOUND", statusCode: 422 }],
      [() => invoices.select({ pageSize: 101 }).firstPage(), { error: "INVALID_REQUEST_UNKNOWN", statusCode: 422 }],
      [() => crm.makeRequest({ path: "/Invoices", qs: { filterByFormula: "1".repeat(16_000) } }), { error: "REQUEST_TOO_LARGE", statusCode: 413 }],
    ];
    for (const [call, expected] of rows) expect(await rejection(call())).toMatchObject(expected);
    const formula = await rejection(invoices.select({ filterByFormula: "AND({Amount}" }).firstPage());
    expect(formula).toMatchObject({ error: "INVALID_FILTER_BY_FORMULA", statusCode: 422 });
    expect(formula.message).toBe("The formula for filtering records is invalid: Invalid formula. Please check your formula text.");
  });

  await test.step("an expired offset", async () => {
    await sandbox.config({ airtable: { stale_iterator_after: 2 } });
    const stale = await rejection(invoices.select({ pageSize: 20 }).all());
    expect(stale).toMatchObject({ error: "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", statusCode: 422 });
    expect(await sdk(invoices.select({ pageSize: 20 }).all())).toHaveLength(180);
    await sandbox.config({ airtable: { stale_iterator_after: null } });
  });

  await test.step("the rate limit of five requests a second", async () => {
    for (const envelope of ["singular", "plural"]) {
      await sandbox.config({ limits: true, airtable: { error_envelope_429: envelope } });
      const outcomes = await Promise.allSettled(Array.from({ length: 6 }, () => sdk(invoices.select({ pageSize: 1 }).firstPage())));
      const limited = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Airtable.Error] : []));
      expect(limited).toHaveLength(1);
      expect(limited[0]).toMatchObject({ error: "TOO_MANY_REQUESTS", statusCode: 429 });
      const blocked = await rejection(crm("Clients").select().firstPage());
      expect(blocked.statusCode).toBe(429);
      await sdk(airtable.base(bases[0]!.id)("Launches").select({ pageSize: 1 }).firstPage());
      // A reset ends the 30-second penalty and keeps the records and tokens that these calls use.
      await sandbox.config({ limits: false });
      await sandbox.command("reset");
      await sandbox.config({ limits: false });
    }
  });

  await test.step("server errors, and an expired token", async () => {
    for (const [status, error] of [[500, "SERVER_ERROR"], [503, "SERVICE_UNAVAILABLE"]] as const) {
      await sandbox.config({ faults: [{ path: "/airtable/v0", kind: "status", status }] });
      expect(await rejection(invoices.select().firstPage())).toMatchObject({ error, statusCode: status });
    }
    await sandbox.config({ faults: [] });
    await sandbox.command("expire");
    expect(await rejection(invoices.select().firstPage())).toMatchObject({ error: "AUTHENTICATION_REQUIRED", statusCode: 401 });
  });

  console.log(`SDK calls made: ${calls}`);
  expect(calls).toBeGreaterThanOrEqual(25);

  await test.step("every response matches Airtable's documentation", () => {
    const { validated, violations, unspecified } = new AirtableValidator().validate(proxy.exchanges);
    console.log(`Responses validated: ${validated}; violations: ${violations.length}`);
    for (const [name, times] of unspecified) console.log(`No schema for: ${name} (${times} times)`);
    expect(violations).toEqual([]);
    expect(validated).toBeGreaterThan(60);
  });
});
