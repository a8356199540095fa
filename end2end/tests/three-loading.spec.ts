// Three loads at once into one list.

import { expect, providers, slug, test } from "../desk.ts";
import { connectAll, held, heldByAll, items, loadAll } from "../three.ts";

test("All three are loaded at once into one list, as many items as the providers hold, and the filter finds those of one", async ({ desk, server }) => {
  test.setTimeout(90_000);
  await loadAll(Object.values(await connectAll(desk)));
  const stats = await server.sandbox.stats();
  const all = heldByAll(stats);
  await expect(desk.total).toHaveText(items(all));
  const counted: Record<string, number> = {};
  for (const { type } of await desk.copied()) counted[type] = (counted[type] ?? 0) + 1;
  expect(counted).toEqual(Object.assign({}, ...providers.map((provider) => stats.holds[slug(provider)])));
  await expect(desk.items.getByRole("combobox", { name: "Type" }).getByRole("option")).toHaveText(["All types", ...Object.keys(counted).sort()]);

  for (const provider of providers) {
    const count = held(stats, provider);
    await desk.filter.fill(slug(provider));
    await expect(desk.total).toHaveText(`${count.toLocaleString("en")} of ${items(all)}`);
    await expect((await desk.last(count)).getByRole("cell").first()).toHaveText(provider);
    const sources = await desk.list.getByRole("row").getByRole("cell").and(desk.page.locator(".source")).allTextContents();
    expect(new Set(sources)).toEqual(new Set([provider]));
  }
});

test("Loading one again replaces its own items and leaves those of the others", async ({ desk, server }) => {
  test.setTimeout(90_000);
  const cards = await connectAll(desk);
  await loadAll(Object.values(cards));
  const before = await server.sandbox.stats();
  await server.sandbox.config({ records: { contacts: 50 } });
  await cards.HubSpot.loadAll();
  const after = await server.sandbox.stats();
  expect(held(after, "HubSpot")).toBeLessThan(held(before, "HubSpot"));
  await expect(desk.total).toHaveText(items(held(after, "HubSpot") + held(before, "Notion") + held(before, "Airtable")));
  await desk.filter.fill("airtable");
  await expect(desk.total).toContainText(`${held(before, "Airtable").toLocaleString("en")} of `);
});

test("Stopping one load lets the others go on to their end", async ({ desk, server }) => {
  test.setTimeout(90_000);
  const cards = await connectAll(desk);
  await server.sandbox.config({ faults: [{ path: "/notion/v1/data_sources", kind: "slow", slow_ms: 60_000 }] });
  for (const card of Object.values(cards)) await card.load.click();
  await cards.Notion.stop.click();
  await expect(cards.Notion.summary).toHaveText("Stopped. This is not everything.");
  for (const card of [cards.HubSpot, cards.Airtable]) await expect(card.summary).toHaveText("Complete.", { timeout: 60_000 });
});

test("Only what is chosen at the provider is loaded", async ({ desk, server }) => {
  await desk.signIn();
  await desk.open();
  const [notion, airtable] = [desk.at("Notion"), desk.at("Airtable")];
  const pages = await notion.popup();
  await pages.choose("Engineering");
  await pages.approve();
  const bases = await airtable.popup();
  await bases.choose("Studio CRM");
  await bases.approve();
  await loadAll([notion, airtable]);
  await expect(airtable.streams.locator(".name")).toHaveText(["bases", "Studio CRM / Clients", "Studio CRM / Projects", "Studio CRM / Invoices"]);
  const stats = await server.sandbox.stats();
  const loaded = await desk.copied();
  expect(loaded.filter(({ type }) => type === "base").map(({ name }) => name)).toEqual(["Studio CRM"]);
  const ofNotion = loaded.filter(({ type }) => ["page", "database", "data_source"].includes(type));
  expect(ofNotion.map(({ name }) => name)).toContain("Engineering");
  expect(ofNotion.map(({ name }) => name)).not.toContain("Marketing");
  expect(ofNotion.length).toBeLessThan(held(stats, "Notion"));
});

test("Notion with nothing shared says how to share something", async ({ desk }) => {
  await desk.signIn();
  await desk.open();
  const notion = desk.at("Notion");
  const popup = await notion.popup();
  await popup.choose();
  await popup.approve();
  await expect(notion.badge).toHaveText("Connected");
  await notion.load.click();
  await expect(notion.summary).toHaveText(
    "Nothing is shared with Tributary in this workspace. Connect again and choose pages, or open a page in Notion and add Tributary under its menu, Connections.",
  );
  await expect(desk.total).toHaveText("0 items");
});

test("An Airtable table that fails is named in its card, and all else is complete", async ({ desk, server }) => {
  test.setTimeout(90_000);
  const { HubSpot, Notion, Airtable } = await connectAll(desk);
  await loadAll([Airtable]);
  const loaded = await desk.copied();
  const table = loaded.find(({ type, name }) => type === "table" && name === "Invoices")!;
  const missing = loaded.filter(({ parent_id }) => parent_id === table.id).length;
  expect(missing).toBeGreaterThan(0);

  await server.sandbox.config({ faults: [{ path: `/airtable/v0/${table.parent_id}/${table.id}`, kind: "status", status: 403 }] });
  await Airtable.load.click();
  await loadAll([HubSpot, Notion]);
  await expect(Airtable.summary).toHaveText("Not complete: see above what could not be read.");
  const failed = Airtable.stream("Studio CRM / Invoices");
  await expect(failed).toContainText("failed");
  // It is the last of ten tables, and seen without scrolling their list.
  await Airtable.summary.scrollIntoViewIfNeeded();
  await expect(failed).toBeInViewport({ ratio: 1 });
  await expect(failed).toContainText(
    "Airtable does not let this be read: it is no longer shared with Tributary, or a permission is missing. Connect again and choose it.",
  );
  await expect(Airtable.streams.filter({ hasText: "complete" })).toHaveCount((await Airtable.streams.count()) - 1);
  const stats = await server.sandbox.stats();
  const all = heldByAll(stats);
  await expect(desk.total).toHaveText(items(all - missing));
});
