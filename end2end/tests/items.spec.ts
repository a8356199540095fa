// The list of items, its filter and the raw JSON.

import { expect, test } from "../support/fixtures.ts";
import { type Item } from "../support/home-page.ts";

test("A list of 15,000 items can be scrolled to its end and filtered, with fewer than 100 rows in the document", async ({ page, home, server }) => {
  // The load takes 152 requests, and Tributary stays within HubSpot's rate limit of 110 requests in ten seconds.
  test.setTimeout(90_000);
  await server.sandbox.config({ records: { contacts: 9475, companies: 3157, deals: 2368 }, limits: false });
  await home.openConnected();
  await home.loadEverything();
  await expect(home.total).toHaveText("15,000 items");
  const expectFewRows = async () => expect(await page.getByRole("row").count()).toBeLessThan(100);
  await expectFewRows();

  const last = await home.scrollToLastRow(15_000);
  await expectFewRows();
  await expect(page.getByRole("table", { name: "Items" })).toHaveAttribute("aria-rowcount", "15001");

  const items = await home.copyItems();
  expect(items).toHaveLength(15_000);
  await expect(last).toContainText(items.at(-1)!.name);
  const type = home.items.getByRole("combobox", { name: "Type" });
  const text = home.filter;
  const filtered = (count: number) => `${count.toLocaleString("en")} of 15,000 items`;
  for (const [kind, count] of [["contact", 9475], ["company", 3157], ["deal", 2368]] as const) {
    await type.selectOption(kind);
    await expect(home.total).toHaveText(filtered(count));
    await expect(await home.scrollToLastRow(count)).toContainText(items.findLast(({ type }) => type === kind)!.name);
    await expectFewRows();
  }
  const companies = items.filter(({ type }) => type === "company");
  const word = companies[1000]!.name.split(" ")[0]!.toLowerCase();
  const matches = ({ id, type, name }: Item) => `${name} ${type} ${id} HubSpot`.toLowerCase().includes(word);
  await text.fill(word.toUpperCase());
  await type.selectOption("company");
  await expect(home.total).toHaveText(filtered(companies.filter(matches).length));
  await type.selectOption("");
  await expect(home.total).toHaveText(filtered(items.filter(matches).length));
  await text.fill(items[7000]!.id);
  await expect(page.getByRole("row").filter({ hasText: items[7000]!.name })).toBeInViewport();
  await text.fill("no such thing");
  await expect(page.getByText("No items match the filter.")).toBeVisible();
  await expect(home.total).toHaveText("0 of 15,000 items");
  await text.fill("");
  await expect(home.total).toHaveText("15,000 items");
});

test("Filtering a scrolled list shows the results from the top", async ({ page, home }) => {
  await home.openConnected();
  await home.loadEverything();
  await home.scrollToLastRow(1900);
  await home.filter.fill("labs");
  const shown = Number((await home.total.textContent())!.split(" ")[0]);
  expect(shown).toBeGreaterThan(10);
  await expect(page.locator('[role=row][aria-rowindex="2"]')).toBeInViewport();
  await home.filter.fill("");
  await expect(home.total).toHaveText("1,900 items");
  await expect(home.rows.nth(1)).toBeAttached();
});

test("A row shows type, name and date, and links to the record at the provider", async ({ home }) => {
  await home.openConnected();
  await home.loadEverything();
  const [item] = await home.copyItems();
  const row = home.rows.filter({ has: home.page.locator(`a[href="${item!.url}"]`) });
  await expect(row).toContainText(item!.type);
  await expect(row).toContainText(item!.name);
  await expect(row).toContainText(/\d{4}-\d\d-\d\d/);
  await expect(row.getByRole("link", { name: `Open ${item!.name}` })).toHaveAttribute("rel", "noopener noreferrer");
});

test("Raw JSON shows all fourteen keys, copies every item and can be cleared", async ({ page, home }) => {
  await home.openConnected();
  await home.loadEverything();
  const json = page.getByLabel("Raw JSON of the items");
  await expect(json).toBeHidden();
  await home.items.getByText("Raw JSON", { exact: true }).click();
  await expect(json).not.toHaveValue("");
  const shown = JSON.parse(await json.inputValue()) as object[];
  expect(shown).toHaveLength(200);
  await expect(home.items.getByText("Showing the first 200 of 1,900 items. Copy includes all of them.")).toBeVisible();
  const keys = [
    "id", "type", "directory", "parent_path_or_name", "parent_id", "name", "creation_time", "last_modified_time", "url", "children",
    "mime_type", "delta", "drive_id", "visibility",
  ];
  for (const item of shown) expect(Object.keys(item)).toEqual(keys);

  const copied = await home.copyItems();
  expect(copied).toHaveLength(1900);
  expect(copied.slice(0, 200)).toEqual(shown);

  await home.items.getByRole("button", { name: "Clear" }).click();
  await expect(home.total).toHaveText("0 items");
  await expect(json).toHaveValue("[]");
  await expect(home.rows).toHaveCount(1);
  await expect(page.getByText("No items yet")).toBeVisible();
  await expect(home.items.getByRole("button", { name: "Copy" })).toBeDisabled();
});
