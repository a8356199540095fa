// Runs HubSpot's own Node SDK against the sandbox, and validates every response against HubSpot's OpenAPI documents.

import { createHash, randomBytes } from "node:crypto";

import { Client } from "@hubspot/api-client";
import { FilterOperatorEnum } from "@hubspot/api-client/lib/codegen/crm/contacts/index.js";
import { expect, test } from "@playwright/test";

import { startRecordingProxy, type RecordingProxy } from "../support/recording-proxy.ts";
import { startSandbox, type Sandbox } from "../support/sandbox.ts";
import { knownDifferences, readValidator } from "../validation/hubspot.ts";

const app = { id: "11111111-2222-3333-4444-555555555555", secret: "a-secret", redirect: "http://localhost:3000/oauth-callback" };
const allScopes = ["contacts", "companies", "deals", "owners"].map((type) => `crm.objects.${type}.read`).join(" ");

let sandbox: Sandbox;
let proxy: RecordingProxy;
let calls = 0;

test.beforeAll(async () => {
  sandbox = await startSandbox();
  proxy = await startRecordingProxy(`${sandbox.url}/hubspot`);
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

/** The error that the SDK throws when HubSpot rejects a request. */
interface Rejection {
  code: number;
  body: { category?: string; message?: string; correlationId?: string; status?: string; [key: string]: unknown };
  headers: Record<string, string>;
}

async function rejection(call: Promise<unknown>): Promise<Rejection> {
  const outcome = await sdk(call).then(
    () => undefined,
    (error: unknown) => error as Rejection,
  );
  expect(outcome, "the call is rejected").toBeDefined();
  return outcome!;
}

function client(accessToken?: string): Client {
  return new Client({ basePath: proxy.url, accessToken });
}

/** Grants access on the consent page, as a person would. Returns the authorization code. */
async function consent(scopes: string, state: string, challenge?: string): Promise<string> {
  const authorizationUrl = new URL(sdk(client().oauth.getAuthorizationUrl(app.id, app.redirect, scopes, undefined, state)));
  if (challenge) {
    authorizationUrl.searchParams.set("code_challenge", challenge);
    authorizationUrl.searchParams.set("code_challenge_method", "S256");
  }
  const page = `${sandbox.url}/hubspot${authorizationUrl.pathname}${authorizationUrl.search}`;
  const html = await (await fetch(page)).text();
  const button = /<button name=(\w+) value=(\w+)>Approve<\/button>/.exec(html);
  expect(button, "the page has a button Approve").not.toBeNull();
  const response = await fetch(page, { method: "POST", body: new URLSearchParams({ [button![1]!]: button![2]! }), redirect: "manual" });
  expect(response.status).toBe(303);
  const callback = new URL(response.headers.get("location")!);
  expect(callback.origin + callback.pathname).toBe(app.redirect);
  expect(callback.searchParams.get("state")).toBe(state);
  return callback.searchParams.get("code")!;
}

/** Connects an account through the SDK and returns its tokens. */
async function connect(scopes: string) {
  const code = await consent(scopes, "a state");
  const tokens = await sdk(client().oauth.tokensApi.create("authorization_code", code, app.redirect, app.id, app.secret));
  return { code, tokens };
}

test("HubSpot's SDK works with the sandbox", async () => {
  const { code, tokens } = await connect(allScopes);
  const hubspot = client(tokens.accessToken);
  const { contacts, companies, deals } = hubspot.crm;

  await test.step("tokens", async () => {
    expect(tokens).toMatchObject({ tokenType: "bearer", expiresIn: 1800 });
    const info = await sdk(hubspot.oauth.accessTokensApi.get(tokens.accessToken!));
    expect(info).toMatchObject({ hubId: 24816357, hubDomain: "acme-sandbox.com", token: tokens.accessToken });
    const refresh = await sdk(hubspot.oauth.refreshTokensApi.get(tokens.refreshToken!));
    expect(refresh).toMatchObject({ hubId: 24816357, clientId: app.id });
    const fresh = await sdk(
      hubspot.oauth.tokensApi.create("refresh_token", undefined, undefined, app.id, app.secret, tokens.refreshToken),
    );
    expect(fresh.refreshToken).toBe(tokens.refreshToken);
    hubspot.setAccessToken(fresh.accessToken!);

    const again = await rejection(hubspot.oauth.tokensApi.create("authorization_code", code, app.redirect, app.id, app.secret));
    expect(again).toMatchObject({ code: 400, body: { status: "BAD_AUTH_CODE" } });
    const unknown = await rejection(
      hubspot.oauth.tokensApi.create("refresh_token", undefined, undefined, app.id, app.secret, "na1-unknown"),
    );
    expect(unknown).toMatchObject({ code: 400, body: { status: "BAD_REFRESH_TOKEN" } });
  });

  await test.step("PKCE, through the SDK's generic request", async () => {
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    for (const [presented, status] of [[verifier, 200], ["another-verifier", 400]] as const) {
      const body = new URLSearchParams({
        grant_type: "authorization_code", client_id: app.id, client_secret: app.secret, redirect_uri: app.redirect,
        code: await consent(allScopes, "s", challenge), code_verifier: presented,
      });
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const request = { method: "POST", path: "/oauth/2026-03/token", body: body.toString(), headers, defaultJson: false };
      const response = await sdk(client().apiRequest(request));
      expect(response.status).toBe(status);
    }
  });

  await test.step("introspection and revocation, and the account", async () => {
    const spare = (await connect("crm.objects.deals.read")).tokens;
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = (token: string) => new URLSearchParams({ client_id: app.id, client_secret: app.secret, token }).toString();
    for (const token of [spare.accessToken!, spare.refreshToken!]) {
      const request = { method: "POST", path: "/oauth/2026-03/token/introspect", body: form(token), headers, defaultJson: false };
      const response = await sdk(hubspot.apiRequest(request));
      expect(await response.json()).toMatchObject({ active: true, hub_id: 24816357, client_id: app.id });
    }
    await sdk(client().oauth.refreshTokensApi.archive(spare.refreshToken!));
    const gone = await rejection(
      client().oauth.tokensApi.create("refresh_token", undefined, undefined, app.id, app.secret, spare.refreshToken),
    );
    expect(gone).toMatchObject({ code: 400, body: { status: "BAD_REFRESH_TOKEN" } });
    const account = await sdk(hubspot.apiRequest({ path: "/account-info/2026-03/details" }));
    expect(await account.json()).toMatchObject({ portalId: 24816357, uiDomain: "app.hubspot.com" });
  });

  await test.step("pages of contacts", async () => {
    const first = await sdk(contacts.basicApi.getPage(20, undefined, ["firstname", "lastname", "email", "phone"]));
    expect(first.results).toHaveLength(20);
    expect(first.results[0]!.createdAt).toBeInstanceOf(Date);
    const second = await sdk(contacts.basicApi.getPage(20, first.paging!.next!.after, ["email"]));
    expect(second.results[0]!.id).toBe(first.paging!.next!.after);
    const short = await sdk(contacts.basicApi.getPage());
    expect(short.results).toHaveLength(10);
    const last = await sdk(contacts.basicApi.getPage(10, "999999999999"));
    expect(last).toMatchObject({ results: [] });
    expect(last.paging).toBeUndefined();
  });

  await test.step("all records, page by page", async () => {
    const stats = await sandbox.stats();
    for (const [api, count] of [[contacts, stats.records.contacts], [companies, stats.records.companies], [deals, stats.records.deals]] as const) {
      const all = await sdk(api.getAll(100));
      expect(new Set(all.map((record) => record.id)).size).toBe(count);
      expect(all).toHaveLength(count);
    }
  });

  await test.step("single records and batches", async () => {
    const { results } = await sdk(companies.basicApi.getPage(3));
    const company = await sdk(companies.basicApi.getById(results[1]!.id, ["name", "domain", "industry", "website"]));
    expect(Object.keys(company.properties).sort()).toEqual(Object.keys(company.properties));
    expect(company.properties).toHaveProperty("domain", results[1]!.properties.domain);
    const { results: people } = await sdk(contacts.basicApi.getPage(1));
    const byEmail = await sdk(contacts.basicApi.getById(people[0]!.properties.email!, undefined, undefined, undefined, false, "email"));
    expect(byEmail.id).toBe(people[0]!.id);
    const inputs = results.map(({ id }) => ({ id }));
    const batch = await sdk(companies.batchApi.read({ properties: ["name"], propertiesWithHistory: [], inputs }));
    expect(batch).toMatchObject({ status: "COMPLETE" });
    expect(batch.results.map(({ id }) => id)).toEqual(inputs.map(({ id }) => id));
    const { results: sales } = await sdk(deals.basicApi.getPage(1, undefined, ["dealname", "amount", "dealstage"]));
    const partial = await sdk(
      deals.batchApi.read({ properties: [], propertiesWithHistory: [], inputs: [{ id: sales[0]!.id }, { id: "1" }] }),
    );
    expect(partial).toMatchObject({ numErrors: 1, results: [{ id: sales[0]!.id }] });
    const properties = await sdk(hubspot.crm.properties.coreApi.getAll("deals"));
    expect(properties.results.map(({ name }) => name)).toContain("dealstage");
  });

  await test.step("searches", async () => {
    await sandbox.config({ limits: false });
    const named = [{ filters: [{ propertyName: "email", operator: FilterOperatorEnum.ContainsToken, value: "*.example" }] }];
    const body = { filterGroups: named, sorts: ["-createdate"], properties: ["email"], limit: 50 };
    const first = await sdk(contacts.searchApi.doSearch(body));
    expect(first).toMatchObject({ total: 1200, paging: { next: { after: "50" } } });
    const second = await sdk(contacts.searchApi.doSearch({ ...body, after: first.paging!.next!.after }));
    const ids = [...first.results, ...second.results].map(({ id }) => Number(id));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    const won = await sdk(
      deals.searchApi.doSearch({
        filterGroups: [
          {
            filters: [
              { propertyName: "dealstage", operator: FilterOperatorEnum.In, values: ["closedwon"] },
              { propertyName: "amount", operator: FilterOperatorEnum.Between, value: "10000", highValue: "60000" },
            ],
          },
        ],
        sorts: ["amount"],
        limit: 200,
      }),
    );
    const amounts = won.results.map(({ properties }) => Number(properties.amount));
    expect(amounts.length).toBeGreaterThan(0);
    expect(amounts).toEqual([...amounts].sort((a, b) => a - b));
    expect(amounts[0]).toBeGreaterThanOrEqual(10_000);
    const words = await sdk(companies.searchApi.doSearch({ query: "labs", limit: 5 }));
    expect(words.results[0]!.properties.name).toContain("Labs");
    const beyond = await rejection(contacts.searchApi.doSearch({ limit: 100, after: "10000" }));
    expect(beyond).toMatchObject({ code: 400, body: { category: "VALIDATION_ERROR" } });
    await sandbox.config({ limits: true });
  });

  await test.step("associations, of one record and of many", async () => {
    const associations = hubspot.crm.associations.v4;
    const { results: sales } = await sdk(deals.basicApi.getPage(40, undefined, ["dealname"], undefined, ["companies", "contacts"]));
    const embedded = sales[0]!.associations!.companies!.results;
    expect(embedded.map(({ type }) => type)).toEqual(["deal_to_company", "deal_to_company_unlabeled"]);
    const buyer = await sdk(associations.basicApi.getPage("deals", sales[0]!.id, "companies"));
    // The SDK declares a string, but returns the number that it receives.
    expect(buyer.results.map(({ toObjectId }) => String(toObjectId))).toEqual([embedded[0]!.id]);
    expect(buyer.results[0]!.associationTypes.map(({ typeId, label }) => [typeId, label])).toEqual([[5, "Primary"], [341, null]]);
    const company = await sdk(companies.basicApi.getById(embedded[0]!.id, ["name"], undefined, ["contacts"]));
    const staff = company.associations!.contacts!.results.filter(({ type }) => type === "company_to_contact");
    const first = await sdk(associations.basicApi.getPage("companies", company.id, "contacts", undefined, 1));
    const second = await sdk(associations.basicApi.getPage("companies", company.id, "contacts", first.paging!.next!.after, 1));
    expect([...first.results, ...second.results].map(({ toObjectId }) => String(toObjectId))).toEqual(staff.slice(0, 2).map(({ id }) => id));
    const withPeople = sales.filter((deal) => deal.associations?.contacts);
    const inputs = (records: { id: string }[]) => ({ inputs: records.map(({ id }) => ({ id })) });
    const whole = await sdk(associations.batchApi.getPage("deals", "contacts", inputs(withPeople)));
    expect(whole.results.map((result) => result._from.id)).toEqual(withPeople.map(({ id }) => id));
    const part = await sdk(associations.batchApi.getPage("deals", "contacts", inputs(sales)));
    expect(part.results).toHaveLength(withPeople.length);
    expect(part).toMatchObject({ numErrors: sales.length - withPeople.length });
    expect(withPeople.length).toBeLessThan(sales.length);
    await sandbox.config({ hubspot: { association_id_type: "string" } });
    const text = await sdk(associations.basicApi.getPage("deals", sales[0]!.id, "companies"));
    expect(text.results[0]!.toObjectId).toBe(embedded[0]!.id);
    await sandbox.config({ hubspot: { association_id_type: "number" } });
  });

  await test.step("owners, and the deals' pipeline", async () => {
    const { ownersApi } = hubspot.crm.owners;
    const first = await sdk(ownersApi.getPage(undefined, undefined, 4));
    const second = await sdk(ownersApi.getPage(undefined, first.paging!.next!.after, 4));
    const owners = [...first.results, ...second.results];
    expect(owners.map(({ type }) => type)).toEqual(Array(6).fill("PERSON"));
    expect(await sdk(ownersApi.getById(Number(owners[1]!.id)))).toEqual(owners[1]);
    const byEmail = await sdk(ownersApi.getPage(owners[2]!.email));
    expect(byEmail.results).toEqual([owners[2]]);
    const left = await sdk(ownersApi.getPage(undefined, undefined, undefined, true));
    expect(left.results).toMatchObject([{ archived: true, userId: null }]);
    const { results: owned } = await sdk(companies.basicApi.getPage(50, undefined, ["hubspot_owner_id"]));
    const ids = [...owners, ...left.results].map(({ id }) => id);
    for (const { properties } of owned) expect([null, ...ids]).toContain(properties.hubspot_owner_id);

    const { pipelinesApi, pipelineStagesApi } = hubspot.crm.pipelines;
    const pipelines = await sdk(pipelinesApi.getAll("deals"));
    expect(pipelines.results.map(({ id }) => id)).toEqual(["default"]);
    expect(await sdk(pipelinesApi.getById("deals", "default"))).toEqual(pipelines.results[0]);
    const stages = await sdk(pipelineStagesApi.getAll("deals", "default"));
    expect(stages.results.map(({ id }) => id)).toContain("closedwon");
    expect(stages.results[0]!.createdAt).toEqual(new Date(0));
  });

  await test.step("writes are rejected without a scope", async () => {
    const { results: people } = await sdk(contacts.basicApi.getPage(1));
    const writes: [() => Promise<unknown>, string][] = [
      [() => contacts.basicApi.create({ properties: { email: "new@hello.example" } }), "contacts"],
      [() => contacts.basicApi.update(people[0]!.id, { properties: { firstname: "New" } }), "contacts"],
      [() => deals.basicApi.archive("1"), "deals"],
      [() => companies.batchApi.archive({ inputs: [{ id: "1" }] }), "companies"],
      [() => hubspot.crm.associations.v4.basicApi.archive("deals", "1", "companies", "2"), "deals"],
    ];
    for (const [write, scope] of writes) {
      const { code, body } = await rejection(write());
      expect({ code, category: body.category }).toEqual({ code: 403, category: "MISSING_SCOPES" });
      expect(JSON.stringify(body)).toContain(`crm.objects.${scope}.write`);
    }
  });

  await test.step("rejected requests, as the SDK's own exceptions", async () => {
    await sandbox.command("reset");
    const searches = await Promise.allSettled(Array.from({ length: 12 }, () => sdk(deals.searchApi.doSearch({ limit: 1 }))));
    const limited = searches.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Rejection] : []));
    expect(limited.length).toBeGreaterThanOrEqual(1);
    const { body, headers } = limited[0]!;
    expect(limited[0]!.code).toBe(429);
    expect(body).toMatchObject({ message: "You have reached your secondly limit.", category: "RATE_LIMITS" });
    expect(headers["x-hubspot-correlation-id"]).toBe(body.correlationId);

    const pages = await Promise.allSettled(Array.from({ length: 112 }, () => sdk(deals.basicApi.getPage(1))));
    const burst = pages.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Rejection] : []));
    expect(burst).toHaveLength(2);
    expect(burst[0]).toMatchObject({ code: 429, body: { policyName: "TEN_SECONDLY_ROLLING", errorType: "RATE_LIMIT" } });
    expect(burst[0]!.headers).toMatchObject({ "x-hubspot-ratelimit-max": "110", "x-hubspot-ratelimit-remaining": "0" });
    await sandbox.command("reset");

    const missing = await rejection(contacts.basicApi.getById("1"));
    expect(missing).toMatchObject({ code: 404, body: { category: "OBJECT_NOT_FOUND" } });
    const nobody = await rejection(client("na1-made-up").crm.contacts.basicApi.getPage());
    expect(nobody).toMatchObject({ code: 401, body: { category: "INVALID_AUTHENTICATION" } });
    const narrow = client((await connect("crm.objects.contacts.read")).tokens.accessToken);
    await sdk(narrow.crm.contacts.basicApi.getPage(1));
    const forbidden = await rejection(narrow.crm.deals.basicApi.getPage(1));
    expect(forbidden).toMatchObject({ code: 403, body: { category: "MISSING_SCOPES" } });

    await sandbox.config({ hubspot: { daily_limit: 0 } });
    const tomorrow = await rejection(contacts.basicApi.getPage(1));
    expect(tomorrow).toMatchObject({ code: 429, body: { policyName: "DAILY", errorType: "RATE_LIMIT" } });
    await sandbox.config({ hubspot: { daily_limit: 250_000, hub: "gone" } });
    const gone = await rejection(contacts.basicApi.getPage(1));
    expect(gone).toMatchObject({ code: 401, body: { category: "INVALID_AUTHENTICATION" } });
    const uninstalled = await rejection(
      client().oauth.tokensApi.create("refresh_token", undefined, undefined, app.id, app.secret, tokens.refreshToken),
    );
    expect(uninstalled).toMatchObject({ code: 400, body: { status: "BAD_HUB" } });
    await sandbox.config({ hubspot: { hub: "active" } });

    await sandbox.command("expire");
    const expired = await rejection(contacts.basicApi.getPage(1));
    expect(expired).toMatchObject({ code: 401, body: { category: "EXPIRED_AUTHENTICATION" } });
    expect(expired.headers["x-hubspot-correlation-id"]).toBe(expired.body.correlationId);
  });

  console.log(`SDK calls made: ${calls}`);
  expect(calls).toBeGreaterThanOrEqual(25);

  await test.step("every response matches the OpenAPI documents", () => {
    const validator = readValidator(process.env.TRIBUTARY_SPECS);
    if (typeof validator === "string") {
      console.log(`Not validated against HubSpot's OpenAPI documents: ${validator}.`);
      return;
    }
    const { validated, violations, unspecified } = validator.validate(proxy.exchanges);
    console.log(`Responses validated: ${validated}; violations: ${violations.length}`);
    for (const difference of knownDifferences) console.log(`Known difference: ${difference}`);
    for (const [name, times] of unspecified) console.log(`No schema for: ${name} (${times} times)`);
    expect(violations).toEqual([]);
    expect(validated).toBeGreaterThan(25);
  });
});
