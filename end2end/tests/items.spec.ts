// The list of items, its filter, and the raw JSON.

import { expect, test } from "../desk.ts";

test("A list of 15,000 items scrolls to its end and filters, with few rows in the document", async ({ page, desk, server }) => {
  // The product itself keeps to HubSpot's quota of 110 requests in ten seconds, and this takes 152.
  test.setTimeout(90_000);
  await server.sandbox.config({ records: { contacts: 9475, companies: 3157, deals: 2368 }, limits: false });
  await desk.begin();
  await desk.loadAll();
  await expect(desk.total).toHaveText("15,000 items");
  const few = async () => expect(await page.getByRole("row").count()).toBeLessThan(100);
  await few();

  const last = await desk.last(15_000);
  await few();
  await expect(page.getByRole("table", { name: "Items" })).toHaveAttribute("aria-rowcount", "15001");

  const items = await desk.copied();
  expect(items).toHaveLength(15_000);
  await expect(last).toContainText(items.at(-1)!.name);
  const type = desk.items.getByRole("combobox", { name: "Type" });
  const text = desk.filter;
  const shown = (count: number) => `${count.toLocaleString("en")} of 15,000 items`;
  for (const [kind, count] of [["contact", 9475], ["company", 3157], ["deal", 2368]] as const) {
    await type.selectOption(kind);
    await expect(desk.total).toHaveText(shown(count));
    await expect(await desk.last(count)).toContainText(items.findLast(({ type }) => type === kind)!.name);
    await few();
  }
  const companies = items.filter(({ type }) => type === "company");
  const word = companies[1000]!.name.split(" ")[0]!.toLowerCase();
  const fits = ({ id, type, name }: (typeof items)[number]) => `${name} ${type} ${id} HubSpot`.toLowerCase().includes(word);
  await text.fill(word.toUpperCase());
  await type.selectOption("company");
  await expect(desk.total).toHaveText(shown(companies.filter(fits).length));
  await type.selectOption("");
  await expect(desk.total).toHaveText(shown(items.filter(fits).length));
  await text.fill(items[7000]!.id);
  await expect(page.getByRole("row").filter({ hasText: items[7000]!.name })).toBeInViewport();
  await text.fill("no such thing");
  await expect(page.getByText("No item matches the filter.")).toBeVisible();
  await expect(desk.total).toHaveText("0 of 15,000 items");
  await text.fill("");
  await expect(desk.total).toHaveText("15,000 items");
});

test("A filter that is set while the list is scrolled down shows what it finds from the top", async ({ page, desk }) => {
  await desk.begin();
  await desk.loadAll();
  await desk.last(1900);
  await desk.filter.fill("labs");
  const shown = Number((await desk.total.textContent())!.split(" ")[0]);
  expect(shown).toBeGreaterThan(10);
  await expect(page.locator('[role=row][aria-rowindex="2"]')).toBeInViewport();
  await desk.filter.fill("");
  await expect(desk.total).toHaveText("1,900 items");
  await expect(desk.rows.nth(1)).toBeAttached();
});

test("A row shows type, name and day, and opens the record at the provider", async ({ desk }) => {
  await desk.begin();
  await desk.loadAll();
  const [item] = await desk.copied();
  const row = desk.rows.filter({ has: desk.page.locator(`a[href="${item!.url}"]`) });
  await expect(row).toContainText(item!.type);
  await expect(row).toContainText(item!.name);
  await expect(row).toContainText(/\d{4}-\d\d-\d\d/);
  await expect(row.getByRole("link", { name: `Open ${item!.name}` })).toHaveAttribute("rel", "noopener noreferrer");
});

test("Raw JSON opens with all fourteen keys, copies everything, and is cleared", async ({ page, desk }) => {
  await desk.begin();
  await desk.loadAll();
  const json = page.getByLabel("Raw JSON of the items");
  await expect(json).toBeHidden();
  await desk.items.getByText("Raw JSON", { exact: true }).click();
  await expect(json).not.toHaveValue("");
  const shown = JSON.parse(await json.inputValue()) as object[];
  expect(shown).toHaveLength(200);
  await expect(desk.items.getByText("The first 200 of 1,900 items. Copy takes all.")).toBeVisible();
  const keys = [
    "id", "type", "directory", "parent_path_or_name", "parent_id", "name", "creation_time", "last_modified_time", "url", "children",
    "mime_type", "delta", "drive_id", "visibility",
  ];
  for (const item of shown) expect(Object.keys(item)).toEqual(keys);

  const copied = await desk.copied();
  expect(copied).toHaveLength(1900);
  expect(copied.slice(0, 200)).toEqual(shown);

  await desk.items.getByRole("button", { name: "Clear" }).click();
  await expect(desk.total).toHaveText("0 items");
  await expect(json).toHaveValue("[]");
  await expect(desk.rows).toHaveCount(1);
  await expect(page.getByText("Nothing is loaded yet.")).toBeVisible();
  await expect(desk.items.getByRole("button", { name: "Copy" })).toBeDisabled();
});
