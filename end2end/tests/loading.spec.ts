// Loading: how far it is, how it ends, and how it is stopped.

import { expect, test } from "../desk.ts";

const deals = "/hubspot/crm/objects/2026-03/deals";

test("Everything is loaded, and each stream says that it is complete", async ({ desk, server }) => {
  await desk.begin();
  await desk.loadAll();
  for (const [name, count] of [["contacts", "1,200 records"], ["companies", "400 records"], ["deals", "300 records"]] as const) {
    await expect(desk.stream(name)).toContainText(count);
    await expect(desk.stream(name)).toContainText("complete");
  }
  await expect(desk.total).toHaveText("1,900 items");
  await expect(desk.load).toBeEnabled();
  await expect(desk.stop).toBeHidden();
  expect((await server.sandbox.stats()).rate_limited).toBe(0);
});

test("Loading again replaces what was there", async ({ desk }) => {
  await desk.begin();
  await desk.loadAll();
  await desk.loadAll();
  await expect(desk.total).toHaveText("1,900 items");
});

test("Items arrive while the load still runs", async ({ desk, server }) => {
  await desk.begin();
  await server.sandbox.config({ latency_ms: 400 });
  await desk.load.click();
  await expect(desk.rows.nth(1)).toBeVisible();
  await expect(desk.summary).toHaveText("Loading…");
  await expect(desk.load).toBeDisabled();
  await expect(desk.summary).toHaveText("Complete.");
});

test("Stop ends the requests at the provider, keeps what arrived, and says that it is not everything", async ({ desk, server }) => {
  await desk.begin();
  await server.sandbox.config({ latency_ms: 400 });
  await desk.load.click();
  await expect(desk.total).not.toHaveText("0 items");
  await desk.stop.click();
  await expect(desk.summary).toHaveText("Stopped. This is not everything.");
  await expect(desk.stop).toBeHidden();
  await expect.poll(async () => (await server.sandbox.stats()).in_flight).toBe(0);
  const requests: number[] = [];
  await expect.poll(async () => requests.push((await server.sandbox.stats()).requests), { intervals: [250] }).toBeGreaterThan(6);
  expect(new Set(requests).size, `${requests}`).toBe(1);
  const kept = Number((await desk.total.textContent())!.replace(/\D/g, ""));
  expect(kept).toBeGreaterThan(0);
  expect(kept).toBeLessThan(1900);

  await server.sandbox.config({ latency_ms: 0 });
  await desk.loadAll();
  await expect(desk.total).toHaveText("1,900 items");
});

test("A stream that fails is named with its reason, and the others are complete", async ({ desk, server }) => {
  await desk.begin();
  await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 403 }] });
  await desk.load.click();
  await expect(desk.summary).toHaveText("Not complete: see above what could not be read.");
  await expect(desk.stream("deals")).toContainText("failed");
  await expect(desk.stream("deals")).toContainText("HubSpot does not allow this to be read: a scope or permission is missing (403).");
  await expect(desk.stream("contacts")).toContainText("complete");
  await expect(desk.stream("companies")).toContainText("complete");
  await expect(desk.total).toHaveText("1,600 items");
});

test("A retry is shown with its reason while it waits, and the load is complete after it", async ({ desk, server }) => {
  await desk.begin();
  await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 429, retry_after: 2, when: { times: 1 } }] });
  await desk.load.click();
  await expect(desk.stream("deals")).toContainText(/HubSpot asks for a pause: too many requests \(429\)\. Try 2 in 2\.\d s\./);
  await expect(desk.summary).toHaveText("Complete.");
  await expect(desk.stream("deals")).not.toContainText("Try");
  await expect(desk.total).toHaveText("1,900 items");
});

test("An answer that breaks off is asked for again, and nothing is there twice", async ({ desk, server }) => {
  await desk.begin();
  const faults = ["truncate", "drop_after"].map((kind) => ({ path: "/hubspot/crm/objects", kind, when: { every: 5 } }));
  await server.sandbox.config({ faults });
  await desk.loadAll();
  await expect(desk.total).toHaveText("1,900 items");
  const items = await desk.copied();
  expect(new Set(items.map(({ type, id }) => `${type} ${id}`)).size).toBe(1900);
});

test.describe("A server that goes away", () => {
  test.use({ expectedErrors: [/^TypeError: network error|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/] });

  test("In the middle of a load, the page says that it is not everything", async ({ desk, server }) => {
    await desk.begin();
    await server.sandbox.config({ latency_ms: 400 });
    await desk.load.click();
    await expect(desk.total).not.toHaveText("0 items");
    await server.kill();
    await expect(desk.summary).toHaveText(/^The connection to Tributary was lost/);
    await desk.load.click();
    await expect(desk.summary).toHaveText("The connection to Tributary was lost. Check that it is running, then try again.");
  });
});
