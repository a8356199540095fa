// At a width of 320 pixels, no page has to be scrolled sideways.

import { type Page } from "@playwright/test";

import { connectAll, loadAll } from "../support/all-providers.ts";
import { expect, test } from "../support/fixtures.ts";

test.use({ viewport: { width: 320, height: 640 }, expectedErrors: [/status of 404|status of 410/] });

/** Fails with the elements that extend beyond the viewport. */
async function expectNoOverflow(page: Page, state: string): Promise<void> {
  const found = await page.evaluate(() => {
    const beyond = [...document.querySelectorAll("body *")].filter((element) => {
      const { right, width, height } = element.getBoundingClientRect();
      return width > 1 && height > 1 && right > innerWidth + 0.5 && element.checkVisibility() && !element.closest("textarea, pre");
    });
    const names = beyond.map((element) => `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""}`);
    return { overflow: document.documentElement.scrollWidth - innerWidth, names };
  });
  expect.soft(found, state).toEqual({ overflow: 0, names: [] });
}

test("No state of the home page overflows", async ({ page, home, server }) => {
  await page.goto(server.url);
  await expectNoOverflow(page, "signed out");
  await home.signIn();
  await home.open("a-rather-long-user-id-without-any-space@a-rather-long-domain.example");
  await expectNoOverflow(page, "not connected");
  await home.connectAccount();
  await expectNoOverflow(page, "connected");
  await home.loadEverything();
  await expectNoOverflow(page, "loaded");
  await home.items.getByText("Raw JSON", { exact: true }).click();
  await expect(page.getByLabel("Raw JSON of the items")).toBeVisible();
  await expectNoOverflow(page, "raw JSON");
  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await expect(page.getByRole("dialog")).toBeInViewport({ ratio: 1 });
  await expectNoOverflow(page, "confirming a disconnect");
  await page.keyboard.press("Escape");
  await server.sandbox.config({ faults: [{ path: "/hubspot/crm/objects/2026-03/deals", kind: "status", status: 403 }] });
  await home.load.click();
  await expect(home.summary).toHaveText("Loaded in part: deals are missing.");
  await expectNoOverflow(page, "loaded in part");
  for (const path of ["/connected/hubspot/wrong_browser", "/connect/no-such-link"]) {
    await page.goto(`${server.url}${path}`);
    await expectNoOverflow(page, path);
  }
});

test("Three connections and items of every type don't overflow", async ({ page, home, server }) => {
  test.setTimeout(90_000);
  await server.sandbox.config({ notion: { refresh_token_null: true } });
  const cards = await connectAll(home);
  await expectNoOverflow(page, "all connected");
  await loadAll(Object.values(cards));
  for (const type of ["data_source", "table", "company"]) {
    await home.items.getByRole("combobox", { name: "Type" }).selectOption(type);
    await expect(home.rows.nth(1).locator(".kind")).toHaveText(type);
    await expectNoOverflow(page, type);
    const fits = await home.rows.nth(1).locator(".type").evaluate((cell) => cell.scrollWidth <= cell.clientWidth);
    expect.soft(fits, type).toBe(true);
  }
});

test("The message of the empty list appears below the head of the list", async ({ page, home }) => {
  await home.signIn();
  await home.open();
  const [head, message] = await Promise.all([home.rows.first().boundingBox(), page.getByText("No items yet").boundingBox()]);
  expect(message!.y).toBeGreaterThan(head!.y + head!.height);
});
