// Loads of all three providers at the same time, into one list.

import { connectAll, itemCount, itemsOf, itemsOfAll, loadAll } from "../support/all-providers.ts";
import { expect, test } from "../support/fixtures.ts";
import { providers, slug } from "../support/home-page.ts";

test("Three concurrent loads put every item into one list, and the filter finds those of one provider", async ({ home, server }) => {
  test.setTimeout(90_000);
  await loadAll(Object.values(await connectAll(home)));
  const stats = await server.sandbox.stats();
  const all = itemsOfAll(stats);
  await expect(home.total).toHaveText(itemCount(all));
  const counts: Record<string, number> = {};
  for (const { type } of await home.copyItems()) counts[type] = (counts[type] ?? 0) + 1;
  expect(counts).toEqual(Object.assign({}, ...providers.map((provider) => stats.holds[slug(provider)])));
  await expect(home.items.getByRole("combobox", { name: "Type" }).getByRole("option")).toHaveText(["All types", ...Object.keys(counts).sort()]);

  for (const provider of providers) {
    const count = itemsOf(stats, provider);
    await home.filter.fill(slug(provider));
    await expect(home.total).toHaveText(`${count.toLocaleString("en")} of ${itemCount(all)}`);
    await expect((await home.scrollToLastRow(count)).getByRole("cell").first()).toHaveText(provider);
    const shown = await home.list.getByRole("row").getByRole("cell").and(home.page.locator(".provider")).allTextContents();
    expect(new Set(shown)).toEqual(new Set([provider]));
  }
});

test("Loading one provider again replaces only its items", async ({ home, server }) => {
  test.setTimeout(90_000);
  const cards = await connectAll(home);
  await loadAll(Object.values(cards));
  const before = await server.sandbox.stats();
  await server.sandbox.config({ records: { contacts: 50 } });
  await cards.HubSpot.loadEverything();
  const after = await server.sandbox.stats();
  expect(itemsOf(after, "HubSpot")).toBeLessThan(itemsOf(before, "HubSpot"));
  await expect(home.total).toHaveText(itemCount(itemsOf(after, "HubSpot") + itemsOf(before, "Notion") + itemsOf(before, "Airtable")));
  await home.filter.fill("airtable");
  await expect(home.total).toContainText(`${itemsOf(before, "Airtable").toLocaleString("en")} of `);
});

test("Stopping one load doesn't stop the others", async ({ home, server }) => {
  test.setTimeout(90_000);
  const cards = await connectAll(home);
  await server.sandbox.config({ faults: [{ path: "/notion/v1/data_sources", kind: "slow", slow_ms: 60_000 }] });
  for (const card of Object.values(cards)) await card.load.click();
  await cards.Notion.stop.click();
  await expect(cards.Notion.summary).toHaveText(/^You stopped this load\. [\d,]+ items? (is|are) here\.$/);
  for (const card of [cards.HubSpot, cards.Airtable]) await expect(card.summary).toHaveText("Complete.", { timeout: 60_000 });
});

test("A load returns only what was shared at the provider", async ({ home, server }) => {
  await home.signIn();
  await home.open();
  const [notion, airtable] = [home.forProvider("Notion"), home.forProvider("Airtable")];
  const pages = await notion.openPopup();
  await pages.choose("Engineering");
  await pages.approve();
  const bases = await airtable.openPopup();
  await bases.choose("Studio CRM");
  await bases.approve();
  await loadAll([notion, airtable]);
  await expect(airtable.streams.locator(".name")).toHaveText(["bases", "Studio CRM / Clients", "Studio CRM / Projects", "Studio CRM / Invoices"]);
  const stats = await server.sandbox.stats();
  const loaded = await home.copyItems();
  expect(loaded.filter(({ type }) => type === "base").map(({ name }) => name)).toEqual(["Studio CRM"]);
  const notionItems = loaded.filter(({ type }) => ["page", "database", "data_source"].includes(type));
  expect(notionItems.map(({ name }) => name)).toContain("Engineering");
  expect(notionItems.map(({ name }) => name)).not.toContain("Marketing");
  expect(notionItems.length).toBeLessThan(itemsOf(stats, "Notion"));
});

test("Loading Notion with nothing shared says how to share something", async ({ home }) => {
  await home.signIn();
  await home.open();
  const notion = home.forProvider("Notion");
  const popup = await notion.openPopup();
  await popup.choose();
  await popup.approve();
  await expect(notion.badge).toHaveText("Connected");
  await notion.load.click();
  await expect(notion.summary).toHaveText(
    "Nothing is shared with Tributary in this workspace. Reconnect and choose pages, or open a page in Notion and add Tributary in its menu under Connections.",
  );
  await expect(home.total).toHaveText("0 items");
});

test("A failed Airtable table is shown on the card, and everything else is complete", async ({ home, server }) => {
  test.setTimeout(90_000);
  const { HubSpot, Notion, Airtable } = await connectAll(home);
  await loadAll([Airtable]);
  const loaded = await home.copyItems();
  const table = loaded.find(({ type, name }) => type === "table" && name === "Invoices")!;
  const missing = loaded.filter(({ parent_id }) => parent_id === table.id).length;
  expect(missing).toBeGreaterThan(0);

  await server.sandbox.config({ faults: [{ path: `/airtable/v0/${table.parent_id}/${table.id}`, kind: "status", status: 403 }] });
  await Airtable.load.click();
  await loadAll([HubSpot, Notion]);
  await expect(Airtable.summary).toHaveText("Loaded in part: Studio CRM / Invoices are missing.");
  const failed = Airtable.stream("Studio CRM / Invoices");
  await expect(failed).toContainText("failed");
  // The last of ten streams is visible without scrolling the list, since failed streams come first.
  await Airtable.summary.scrollIntoViewIfNeeded();
  await expect(failed).toBeInViewport({ ratio: 1 });
  await expect(failed).toContainText(
    "Airtable does not allow this to be read: it is no longer shared with Tributary, or a permission is missing. Reconnect and choose it.",
  );
  await expect(Airtable.streams.filter({ hasText: "complete" })).toHaveCount((await Airtable.streams.count()) - 1);
  const stats = await server.sandbox.stats();
  const all = itemsOfAll(stats);
  await expect(home.total).toHaveText(itemCount(all - missing));
});
