// Without JavaScript: plain links and forms do the work.

import { type Page } from "@playwright/test";

import { type Desk, expect, test } from "../desk.ts";

test.use({ javaScriptEnabled: false });

async function connect(page: Page, desk: Desk): Promise<void> {
  await desk.signIn();
  await desk.connect.click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("link", { name: "Go to Tributary" }).click();
  await expect(desk.badge).toHaveText("Connected");
}

test("Without JavaScript an account is connected and its first items are shown", async ({ page, desk, server }) => {
  await desk.signIn();
  await expect(desk.badge).toHaveText("Not connected");
  await desk.connect.click();
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
  await page.getByRole("link", { name: "Go to Tributary" }).click();
  await expect(desk.badge).toHaveText("Connected");
  await expect(desk.card).toContainText("acme-sandbox.com (24816357)");

  await desk.load.click();
  await expect(page.getByText("These are the first items. With WebAssembly, everything is loaded.")).toBeVisible();
  await expect(desk.total).toHaveText("300 items");
  await expect(desk.rows).toHaveCount(301);
  for (const kind of ["contact", "company", "deal"]) {
    await expect(desk.rows.locator(`.kind.${kind}`)).toHaveCount(100);
  }
  await desk.rows.last().scrollIntoViewIfNeeded();
  await expect(desk.rows.last()).toBeInViewport();
});

test("Without JavaScript an account is disconnected", async ({ page, desk, server }) => {
  await connect(page, desk);
  await desk.card.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(desk.badge).toHaveText("Not connected");
  expect((await server.sandbox.stats()).revocations).toBe(1);
});

// Not yet: the form leads back to the address that asks for items, which is now answered with 404 and an error.
test("Without JavaScript an account is disconnected while its items are shown", async ({ page, desk }) => {
  await connect(page, desk);
  await desk.load.click();
  await expect(desk.total).toHaveText("300 items");
  await desk.card.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(desk.badge).toHaveText("Not connected");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("Without JavaScript a stream that fails is named beside the items of the others", async ({ page, desk, server }) => {
  await connect(page, desk);
  await server.sandbox.config({ faults: [{ path: "/hubspot/crm/objects/2026-03/deals", kind: "status", status: 403 }] });
  await desk.load.click();
  await expect(desk.items.getByText(/^deals: HubSpot does not allow this to be read/)).toBeVisible();
  await expect(desk.total).toHaveText("200 items");
});

test.describe("With JavaScript", () => {
  test.use({ javaScriptEnabled: true });

  // Not yet: the server renders all rows and the browser expects those in sight, so the page cannot be taken over.
  test("An address that asks for items gives a page that works", async ({ page, desk }) => {
    await desk.begin();
    await page.goto(`${desk.address("ada")}&items=hubspot`);
    await expect(desk.total).toHaveText("300 items");
    await desk.loadAll();
    await expect(desk.total).toHaveText("1,900 items");
  });
});
