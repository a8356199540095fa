// Without JavaScript, plain links and forms connect, disconnect and show the first items.

import { type Page } from "@playwright/test";

import { expect, test } from "../support/fixtures.ts";
import { type HomePage } from "../support/home-page.ts";

test.use({ javaScriptEnabled: false });

async function connect(page: Page, home: HomePage): Promise<void> {
  await home.signIn();
  await home.connect.click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("link", { name: "Go to Tributary" }).click();
  await expect(home.badge).toHaveText("Connected");
}

test("Without JavaScript, an account can be connected and its first items are shown", async ({ page, home }) => {
  await home.signIn();
  await expect(home.badge).toHaveText("Not connected");
  await home.connect.click();
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
  await page.getByRole("link", { name: "Go to Tributary" }).click();
  await expect(home.badge).toHaveText("Connected");
  await expect(home.card).toContainText("acme-sandbox.com (24816357)");

  await home.load.click();
  await expect(page.getByText("The first items of each kind. To load everything, turn on JavaScript and load again.")).toBeVisible();
  await expect(home.total).toHaveText("300 items");
  await expect(home.rows).toHaveCount(301);
  for (const kind of ["contact", "company", "deal"]) {
    await expect(home.rows.locator(`.kind.${kind}`)).toHaveCount(100);
  }
  await home.rows.last().scrollIntoViewIfNeeded();
  await expect(home.rows.last()).toBeInViewport();
});

test("Without JavaScript, an account can be disconnected", async ({ page, home, server }) => {
  await connect(page, home);
  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(home.badge).toHaveText("Not connected");
  expect((await server.sandbox.stats()).revocations).toBe(1);
});

test("Without JavaScript, an account can be disconnected while its items are shown", async ({ page, home }) => {
  await connect(page, home);
  await home.load.click();
  await expect(home.total).toHaveText("300 items");
  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(home.badge).toHaveText("Not connected");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

test("Without JavaScript, a failed stream is named above the items of the others", async ({ page, home, server }) => {
  await connect(page, home);
  await server.sandbox.config({ faults: [{ path: "/hubspot/crm/objects/2026-03/deals", kind: "status", status: 403 }] });
  await home.load.click();
  await expect(home.items.getByText(/^deals: HubSpot does not allow this to be read/)).toBeVisible();
  await expect(home.total).toHaveText("200 items");
});

test.describe("With JavaScript", () => {
  test.use({ javaScriptEnabled: true });

  test("A URL that requests items renders a page that hydrates", async ({ page, home }) => {
    await home.openConnected();
    await page.goto(`${home.url("ada")}&items=hubspot`);
    await expect(home.total).toHaveText("300 items");
    await home.loadEverything();
    await expect(home.total).toHaveText("1,900 items");
  });
});
