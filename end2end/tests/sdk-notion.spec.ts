// Runs Notion's own Node SDK against the sandbox, and validates every response against Notion's OpenAPI document.

import { createHash, randomBytes } from "node:crypto";

import {
  type APIResponseError, Client, collectPaginatedAPI, isFullBlock, isFullDatabase, isFullDataSource, isFullPage, isFullUser,
  isNotionClientError, iterateAllDataSourceRows, iteratePaginatedAPI, type ListBlockChildrenParameters, type ListUsersParameters,
  type SearchParameters,
} from "@notionhq/client";
import { expect, test } from "@playwright/test";

import { startRecordingProxy, type RecordingProxy } from "../support/recording-proxy.ts";
import { startSandbox, type Sandbox } from "../support/sandbox.ts";
import { knownDifferences, readValidator } from "../validation/notion.ts";

const app = { client_id: "1f8d872b-594c-80a4-b2f4-00370af2b13f", client_secret: "a-secret" };
const redirect_uri = "http://localhost:3000/oauth-callback";
const latest = "2026-03-11";

let sandbox: Sandbox;
let proxy: RecordingProxy;
let calls = 0;

test.beforeAll(async () => {
  sandbox = await startSandbox();
  proxy = await startRecordingProxy(`${sandbox.url}/notion`);
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

/** The error that a call of the SDK throws. The SDK's retries are turned off. */
async function rejection(call: Promise<unknown>): Promise<APIResponseError> {
  const outcome = await sdk(call).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(isNotionClientError(outcome), `the call is rejected: ${outcome}`).toBe(true);
  return outcome as APIResponseError;
}

function client(auth?: string, notionVersion: string = latest): Client {
  // The SDK logs every rejected request, which these tests cause on purpose.
  return new Client({ baseUrl: proxy.url, auth, notionVersion, retry: false, logger: () => undefined });
}

/** Grants access on the consent page, as a person would: to all pages, or to one. Returns the authorization code. */
async function consent(onlyPage?: string, more: Record<string, string> = {}): Promise<string> {
  const parameters = { client_id: app.client_id, redirect_uri, response_type: "code", owner: "user", state: "a state", ...more };
  const page = `${sandbox.url}/notion/v1/oauth/authorize?${new URLSearchParams(parameters)}`;
  const html = await (await fetch(page)).text();
  const fields = new URLSearchParams({ picked: "1", decision: "approve" });
  for (const [, id, title] of html.matchAll(/name=page value=([0-9a-f-]+) checked><span class=icon aria-hidden=true>[^<]*<\/span>([^<]*)</g)) {
    if (onlyPage === undefined || onlyPage === title) fields.append("page", id!);
  }
  expect(html).toContain("<button name=decision value=approve>Allow access</button>");
  const response = await fetch(page, { method: "POST", body: fields, redirect: "manual" });
  expect(response.status).toBe(303);
  const callback = new URL(response.headers.get("location")!);
  expect(callback.origin + callback.pathname).toBe(redirect_uri);
  expect(callback.searchParams.get("state")).toBe("a state");
  return callback.searchParams.get("code")!;
}

/** Connects a workspace through the SDK and returns its tokens. */
async function connect(onlyPage?: string) {
  const code = await consent(onlyPage);
  const tokens = await sdk(client().oauth.token({ ...app, grant_type: "authorization_code", code, redirect_uri }));
  return { code, tokens };
}

/** The response of a search or query in an older version, which the SDK has no types for. */
interface QueryResults {
  type: string;
  results: { parent: { type: string } }[];
}

test("Notion's SDK works with the sandbox", async () => {
  const { code, tokens } = await connect();
  let token = tokens.access_token;
  let notion = client(token);

  await test.step("tokens", async () => {
    expect(tokens).toMatchObject({ token_type: "bearer", duplicated_template_id: null, owner: { type: "user" } });
    const known = await sdk(notion.oauth.introspect({ ...app, token: tokens.access_token }));
    expect(known).toMatchObject({ active: true });
    const fresh = await sdk(notion.oauth.token({ ...app, grant_type: "refresh_token", refresh_token: tokens.refresh_token! }));
    expect(fresh.refresh_token).not.toBe(tokens.refresh_token);
    expect(fresh.bot_id).toBe(tokens.bot_id);
    expect(await rejection(notion.users.me({}))).toMatchObject({ code: "unauthorized", status: 401 });
    token = fresh.access_token;
    notion = client(token);
    const old = await sdk(notion.oauth.introspect({ ...app, token: tokens.access_token }));
    expect(old).toMatchObject({ active: false });

    // The SDK doesn't know the OAuth error codes, and passes unknown ones on unchanged.
    const again = await rejection(notion.oauth.token({ ...app, grant_type: "authorization_code", code, redirect_uri }));
    expect(again).toMatchObject({ name: "UnknownHTTPResponseError", status: 400 });
    expect(JSON.parse(again.body)).toMatchObject({ object: "error", code: "invalid_grant", error: "invalid_grant" });
    const wrong = { ...app, client_secret: "wrong" };
    const nobody = await rejection(notion.oauth.token({ ...wrong, grant_type: "refresh_token", refresh_token: fresh.refresh_token! }));
    expect(nobody).toMatchObject({ status: 401 });
    expect(JSON.parse(nobody.body)).toMatchObject({ code: "invalid_client" });
  });

  await test.step("PKCE, through the SDK's generic request", async () => {
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const other = { client_id: "another-app", client_secret: "a-secret" };
    for (const [presented, status] of [[verifier, 200], ["another-verifier", 400]] as const) {
      const code = await consent(undefined, { ...other, code_challenge: challenge, code_challenge_method: "S256" });
      const body = { grant_type: "authorization_code", code, redirect_uri, code_verifier: presented };
      const call = client().request({ path: "oauth/token", method: "post", body, auth: other });
      if (status === 200) expect(await sdk(call)).toMatchObject({ token_type: "bearer" });
      else expect((await rejection(call)).status).toBe(status);
    }
  });

  await test.step("users", async () => {
    const me = await sdk(notion.users.me({}));
    expect(me).toMatchObject({ type: "bot", id: tokens.bot_id, bot: { workspace_id: tokens.workspace_id } });
    const { results } = await sdk(notion.users.list({ page_size: 5 }));
    expect(results).toHaveLength(5);
    const all = await collectPaginatedAPI((parameters: ListUsersParameters) => sdk(notion.users.list(parameters)), { page_size: 5 });
    expect(new Set(all.map(({ id }) => id)).size).toBe(15);
    const person = await sdk(notion.users.retrieve({ user_id: results[0]!.id }));
    expect(isFullUser(person) && person.type === "person" && person.person.email).toContain("@");
    expect(await rejection(notion.users.retrieve({ user_id: "be907abe-510e-4116-a3d1-7ea71018c06f" }))).toMatchObject({ status: 404 });
  });

  const ids = { source: "", database: "", customers: "" };

  await test.step("search", async () => {
    const first = await sdk(notion.search({ page_size: 10 }));
    expect(first).toMatchObject({ type: "page_or_data_source", has_more: true });
    const second = await sdk(notion.search({ page_size: 10, start_cursor: first.next_cursor! }));
    expect(new Set([...first.results, ...second.results].map(({ id }) => id)).size).toBe(20);
    const pages = await collectPaginatedAPI((parameters: SearchParameters) => sdk(notion.search(parameters)), {
      filter: { property: "object", value: "page" },
    });
    expect(pages.filter((page) => isFullPage(page) && page.parent.type !== "data_source_id")).toHaveLength(400);
    expect(pages).toHaveLength(600);
    const sources = await sdk(notion.search({ filter: { property: "object", value: "data_source" } }));
    expect(sources.results).toHaveLength(6);
    const sorted = await sdk(notion.search({ sort: { timestamp: "last_edited_time", direction: "descending" } }));
    const times = sorted.results.map((found) => ("last_edited_time" in found ? found.last_edited_time : ""));
    expect(times).toEqual([...times].sort().reverse());
    const named = await sdk(notion.search({ query: "project", filter: { property: "object", value: "data_source" } }));
    const [project] = named.results;
    expect(project && isFullDataSource(project) && project.title[0]!.plain_text).toBe("Projects");
    const tasks = sources.results.filter(isFullDataSource).find(({ title }) => title[0]!.plain_text === "Tasks")!;
    const people = sources.results.filter(isFullDataSource).find(({ title }) => title[0]!.plain_text === "People")!;
    ids.source = tasks.id;
    ids.database = tasks.parent.type === "database_id" ? tasks.parent.database_id : "";
    ids.customers = people.parent.type === "database_id" ? people.parent.database_id : "";
  });

  await test.step("databases and data sources", async () => {
    const database = await sdk(notion.databases.retrieve({ database_id: ids.database }));
    expect(isFullDatabase(database) && database.data_sources).toEqual([{ id: ids.source, name: "Tasks" }]);
    const customers = await sdk(notion.databases.retrieve({ database_id: ids.customers }));
    expect(isFullDatabase(customers) && customers.data_sources).toHaveLength(2);
    for await (const found of iteratePaginatedAPI((parameters: SearchParameters) => sdk(notion.search(parameters)), {
      filter: { property: "object", value: "data_source" },
    })) {
      const source = await sdk(notion.dataSources.retrieve({ data_source_id: found.id }));
      expect(Object.values(source.properties).map(({ type }) => type)).toContain("title");
      const rows = await sdk(notion.dataSources.query({ data_source_id: found.id, page_size: 50 }));
      expect(rows.results.length).toBeGreaterThan(0);
    }
  });

  await test.step("queries", async () => {
    const data_source_id = ids.source;
    const query = (parameters: object) => sdk(notion.dataSources.query({ data_source_id, ...parameters }));
    const urgent = await query({
      filter: {
        and: [
          { property: "Priority", select: { equals: "High" } },
          { or: [{ property: "Estimate", number: { greater_than: 8 } }, { property: "Done", checkbox: { equals: true } }] },
        ],
      },
      sorts: [{ property: "Estimate", direction: "descending" }],
    });
    const rows = urgent.results.filter(isFullPage);
    expect(rows.length).toBeGreaterThan(3);
    const estimates = rows.map(({ properties }) => (properties.Estimate as { number: number | null }).number ?? -1);
    expect(estimates).toEqual([...estimates].sort((a, b) => b - a));
    for (const row of rows) expect(row.properties.Priority).toMatchObject({ select: { name: "High" } });

    const narrow = await query({ filter_properties: ["title", "kP%3Av"], page_size: 2 });
    expect(Object.keys(narrow.results.filter(isFullPage)[0]!.properties).sort()).toEqual(["Status", "Task"]);
    const early = await query({ filter: { timestamp: "created_time", created_time: { before: "2023-01-01" } } });
    for (const row of early.results.filter(isFullPage)) expect(row.created_time < "2023-01-01").toBe(true);
    const trash = await query({ in_trash: true });
    for (const row of trash.results.filter(isFullPage)) expect(row.in_trash).toBe(true);
    expect(trash.results.length).toBeGreaterThan(0);
    const all = [];
    for await (const row of iterateAllDataSourceRows(notion, { data_source_id })) all.push(row.id);
    calls += 4;
    expect(new Set(all).size).toBe(312);

    const unknown = await rejection(notion.dataSources.query({ data_source_id, sorts: [{ property: "Mood", direction: "ascending" }] }));
    expect(unknown).toMatchObject({ code: "validation_error", status: 400 });
  });

  await test.step("more rows than one query returns", async () => {
    await sandbox.config({ records: { rows: 20_000 }, limits: false });
    const found = new Set<string>();
    const status = [];
    const narrow = { data_source_id: ids.source, filter_properties: ["title"] };
    for (let start_cursor: string | undefined; ; ) {
      const page = await sdk(notion.dataSources.query({ ...narrow, start_cursor }));
      for (const { id } of page.results) found.add(id);
      if (page.request_status) status.push(page.request_status);
      if (!page.has_more) break;
      start_cursor = page.next_cursor!;
    }
    expect(found.size).toBe(10_000);
    expect(status).toEqual([{ type: "incomplete", incomplete_reason: "query_result_limit_reached" }]);
    const all = new Set<string>();
    for await (const row of iterateAllDataSourceRows(notion, narrow)) all.add(row.id);
    expect(all.size).toBe(10_400);
    await sandbox.config({ records: { rows: 600 }, limits: true });
    await sandbox.command("reset");
  });

  await test.step("pages and their properties", async () => {
    const projects = await sdk(notion.search({ query: "projects", filter: { property: "object", value: "data_source" } }));
    const rows = await sdk(notion.dataSources.query({ data_source_id: projects.results[0]!.id, page_size: 3 }));
    const [busy] = rows.results.filter(isFullPage);
    const page = await sdk(notion.pages.retrieve({ page_id: busy!.id.replaceAll("-", "") }));
    expect(page).toMatchObject({ id: busy!.id, url: busy!.url });
    const relation = busy!.properties.Tasks as unknown as { id: string; has_more: boolean; relation: { id: string }[] };
    expect(relation).toMatchObject({ has_more: true });
    expect(relation.relation).toHaveLength(25);
    const narrow = await sdk(notion.pages.retrieve({ page_id: busy!.id, filter_properties: ["title"] }));
    expect(isFullPage(narrow) && Object.keys(narrow.properties)).toEqual(["Project name"]);
    const related = [];
    for (let start_cursor: string | undefined; ; ) {
      const part = await sdk(notion.pages.properties.retrieve({ page_id: busy!.id, property_id: relation.id, page_size: 20, start_cursor }));
      if (part.object !== "list") throw new Error("a relation is a list");
      related.push(...part.results);
      if (!part.has_more) break;
      expect(part.property_item.next_url).toContain(part.next_cursor);
      start_cursor = part.next_cursor!;
    }
    expect(related.length).toBeGreaterThan(40);
    for (const property of Object.values(busy!.properties)) {
      const item = await sdk(notion.pages.properties.retrieve({ page_id: busy!.id, property_id: property.id }));
      expect(item.object === "list" ? item.property_item : item).toMatchObject({ id: property.id, type: property.type });
    }
  });

  await test.step("blocks, at every depth", async () => {
    await sandbox.command("reset");
    const found = await sdk(notion.search({ query: "engineering" }));
    const types = new Map<string, number>();
    const read = async (block_id: string): Promise<void> => {
      const list = (parameters: ListBlockChildrenParameters) => sdk(notion.blocks.children.list(parameters));
      const children = await collectPaginatedAPI(list, { block_id, page_size: 4 });
      for (const block of children.filter(isFullBlock)) {
        types.set(block.type, (types.get(block.type) ?? 0) + 1);
        if (block.has_children && (types.get("child_page") ?? 0) < 12) await read(block.id);
      }
    };
    await sandbox.config({ limits: false });
    await read(found.results.at(-1)!.id);
    expect(types.get("child_page")).toBeGreaterThan(5);
    expect(types.size).toBeGreaterThan(8);
    const block = await sdk(notion.blocks.retrieve({ block_id: found.results.at(-1)!.id }));
    expect(block).toMatchObject({ type: "child_page", child_page: { title: "Engineering" }, parent: { type: "workspace" } });
    const comments = await sdk(notion.comments.list({ block_id: block.id }));
    expect(comments).toMatchObject({ results: [], has_more: false });
    await sandbox.config({ limits: true });
  });

  await test.step("older versions", async () => {
    const { access_token } = (await connect()).tokens;
    const middle = client(access_token, "2025-09-03");
    const source = await sdk(middle.dataSources.retrieve({ data_source_id: ids.source }));
    expect(source).toMatchObject({ object: "data_source", archived: false, in_trash: false });
    const rows = await sdk(middle.dataSources.query({ data_source_id: ids.source, page_size: 1 }));
    expect(rows.results[0]).toMatchObject({ archived: false, parent: { type: "data_source_id", database_id: ids.database } });

    const old = client(access_token, "2022-06-28");
    const found = await sdk(old.request<QueryResults>({ path: "search", method: "post", body: { filter: { property: "object", value: "database" } } }));
    expect(found).toMatchObject({ type: "page_or_database" });
    expect(found.results).toHaveLength(4);
    const database = await sdk(old.databases.retrieve({ database_id: ids.database }));
    expect(database).toMatchObject({ object: "database", archived: false, properties: { Task: { type: "title" } } });
    const path = `databases/${ids.database}/query`;
    const tasks = await sdk(old.request<QueryResults>({ path, method: "post", body: { page_size: 2 } }));
    expect(tasks.results[0]).toMatchObject({ parent: { type: "database_id", database_id: ids.database } });
    const several = await rejection(old.databases.retrieve({ database_id: ids.customers }));
    expect(several).toMatchObject({ code: "validation_error", additional_data: { error_type: "multiple_data_sources_for_database" } });
    expect(await rejection(old.dataSources.retrieve({ data_source_id: ids.source }))).toMatchObject({ code: "invalid_request_url" });
    expect(await rejection(client(access_token, "2020-01-01").users.me({}))).toMatchObject({ code: "validation_error" });
    token = access_token;
    notion = client(token);
  });

  await test.step("rejected requests, as the SDK's own exceptions", async () => {
    const missing = await rejection(notion.pages.retrieve({ page_id: "be907abe-510e-4116-a3d1-7ea71018c06f" }));
    expect(missing).toMatchObject({ name: "APIResponseError", code: "object_not_found", status: 404 });
    expect(missing.request_id).toBe((missing.headers as Headers).get("x-notion-request-id"));
    expect(await rejection(notion.pages.retrieve({ page_id: "x" }))).toMatchObject({ code: "validation_error" });
    const write = await rejection(notion.pages.update({ page_id: ids.source, in_trash: true }));
    expect(write).toMatchObject({ code: "restricted_resource", status: 403 });
    expect(await rejection(client("ntn_made-up").search({}))).toMatchObject({ code: "unauthorized", status: 401 });
    expect(await rejection(notion.search({ page_size: 101 }))).toMatchObject({ code: "validation_error" });

    const other = { client_id: "a-narrow-app", client_secret: "a-secret" };
    const code = await consent("Finance", { client_id: other.client_id });
    const tokens = await sdk(client().oauth.token({ ...other, grant_type: "authorization_code", code, redirect_uri }));
    const narrow = client(tokens.access_token);
    const seen = await collectPaginatedAPI((parameters: SearchParameters) => sdk(narrow.search(parameters)), {});
    expect(seen.length).toBeGreaterThan(5);
    expect(seen.length).toBeLessThan(100);
    expect(await rejection(narrow.dataSources.retrieve({ data_source_id: ids.source }))).toMatchObject({ code: "object_not_found" });
    expect(await sdk(narrow.oauth.revoke({ ...other, token: tokens.refresh_token! }))).toHaveProperty("request_id");
    expect(await rejection(narrow.search({}))).toMatchObject({ code: "unauthorized" });

    await sandbox.command("reset");
    const burst = await Promise.allSettled(Array.from({ length: 183 }, () => sdk(notion.users.me({}))));
    const limited = burst.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as APIResponseError] : []));
    expect(limited).toHaveLength(3);
    expect(limited[0]).toMatchObject({
      code: "rate_limited", status: 429, additional_data: { rate_limit_reason: "public_api_request_rate_limit" },
    });
    const wait = Number((limited[0]!.headers as Headers).get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
    await sandbox.command("reset");

    const path = "/notion/v1/users";
    await sandbox.config({ faults: [{ path, kind: "status", status: 529, retry_after: 1, when: { times: 1 } }] });
    expect(await rejection(notion.users.me({}))).toMatchObject({ code: "service_overload", status: 529 });
    const patient = new Client({ baseUrl: proxy.url, auth: token, notionVersion: latest, logger: () => undefined });
    await sandbox.config({ faults: [{ path, kind: "status", status: 429, retry_after: 0, when: { times: 2 } }] });
    expect(await sdk(patient.users.me({}))).toMatchObject({ type: "bot" });

    await sandbox.command("expire");
    expect(await rejection(notion.search({}))).toMatchObject({ code: "unauthorized", status: 401 });
  });

  console.log(`SDK calls made: ${calls}`);
  expect(calls).toBeGreaterThanOrEqual(25);

  await test.step("every response matches the OpenAPI document", () => {
    const validator = readValidator(process.env.TRIBUTARY_SPECS);
    if (typeof validator === "string") {
      console.log(`Not validated against Notion's OpenAPI document: ${validator}.`);
      return;
    }
    const described = proxy.exchanges.filter(({ requestHeaders }) => requestHeaders.get("notion-version") === latest);
    const { validated, violations, unspecified } = validator.validate(described);
    console.log(`Responses validated: ${validated}; violations: ${violations.length}`);
    for (const difference of knownDifferences) console.log(`Known difference: ${difference}`);
    for (const [name, times] of unspecified) console.log(`No schema for: ${name} (${times} times)`);
    expect([...new Set(violations)]).toEqual([]);
    expect(validated).toBeGreaterThan(25);
  });
});
