// Loading one provider: progress, completion, stopping and failures.

import { expect, test } from "../support/fixtures.ts";

const deals = "/hubspot/crm/objects/2026-03/deals";

test("A complete load shows every stream as complete, with its number of records", async ({ home, server }) => {
  await home.openConnected();
  await home.loadEverything();
  for (const [name, count] of [["contacts", "1,200 records"], ["companies", "400 records"], ["deals", "300 records"]] as const) {
    await expect(home.stream(name)).toContainText(count);
    await expect(home.stream(name)).toContainText("complete");
  }
  await expect(home.total).toHaveText("1,900 items");
  await expect(home.load).toBeEnabled();
  await expect(home.stop).toBeHidden();
  expect((await server.sandbox.stats()).rate_limited).toBe(0);
});

test("Loading again replaces the previous items", async ({ home }) => {
  await home.openConnected();
  await home.loadEverything();
  await home.loadEverything();
  await expect(home.total).toHaveText("1,900 items");
});

test("Items appear while the load is running", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.config({ latency_ms: 400 });
  await home.load.click();
  await expect(home.rows.nth(1)).toBeVisible();
  await expect(home.summary).toHaveText("Loading…");
  await expect(home.load).toBeDisabled();
  await expect(home.summary).toHaveText("Complete.");
});

test("Stopping a load cancels its requests, and keeps and counts the items that arrived", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.config({ latency_ms: 400 });
  await home.load.click();
  await expect(home.total).not.toHaveText("0 items");
  await home.stop.click();
  await expect(home.summary).toHaveText(/^You stopped this load\. [\d,]+ items are here\.$/);
  await expect(home.stop).toBeHidden();
  await expect.poll(async () => (await server.sandbox.stats()).in_flight).toBe(0);
  const requests: number[] = [];
  await expect.poll(async () => requests.push((await server.sandbox.stats()).requests), { intervals: [250] }).toBeGreaterThan(6);
  expect(new Set(requests).size, `${requests}`).toBe(1);
  const kept = Number((await home.total.textContent())!.replace(/\D/g, ""));
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(1900);
  await expect(home.summary).toHaveText(`You stopped this load. ${kept.toLocaleString("en")} items are here.`);

  await server.sandbox.config({ latency_ms: 0 });
  await home.loadEverything();
  await expect(home.total).toHaveText("1,900 items");
});

test("A failed stream is shown with its reason, and the others are complete", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 403 }] });
  await home.load.click();
  await expect(home.summary).toHaveText("Loaded in part: deals are missing.");
  await expect(home.stream("deals")).toContainText("failed");
  await expect(home.stream("deals")).toContainText("HubSpot does not allow this to be read: a scope or permission is missing (403).");
  await expect(home.stream("contacts")).toContainText("complete");
  await expect(home.stream("companies")).toContainText("complete");
  await expect(home.total).toHaveText("1,600 items");
});

test("A stream that waits for a retry says why, and the load completes", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 429, retry_after: 2, when: { times: 1 } }] });
  await home.load.click();
  await expect(home.stream("deals")).toContainText(/HubSpot received too many requests \(429\)\. Retrying in 2\.\d s \(attempt 2\)\./);
  await expect(home.summary).toHaveText("Complete.");
  await expect(home.stream("deals")).not.toContainText("Retrying");
  await expect(home.total).toHaveText("1,900 items");
});

test("A truncated response is requested again, and no item appears twice", async ({ home, server }) => {
  await home.openConnected();
  const faults = ["truncate", "drop_after"].map((kind) => ({ path: "/hubspot/crm/objects", kind, when: { every: 5 } }));
  await server.sandbox.config({ faults });
  await home.loadEverything();
  await expect(home.total).toHaveText("1,900 items");
  const items = await home.copyItems();
  expect(new Set(items.map(({ type, id }) => `${type} ${id}`)).size).toBe(1900);
});

test.describe("When the server stops", () => {
  test.use({ expectedErrors: [/^TypeError: network error|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/] });

  test("A running load reports the lost connection, and so does the next one", async ({ home, server }) => {
    await home.openConnected();
    await server.sandbox.config({ latency_ms: 400 });
    await home.load.click();
    await expect(home.total).not.toHaveText("0 items");
    await server.kill();
    await expect(home.summary).toHaveText(/^The connection to Tributary was lost/);
    await home.load.click();
    await expect(home.summary).toHaveText("The connection to Tributary was lost. Check that it is running, then try again.");
  });
});
