// The pages about one connection: its details, the audit log, and the choice between two accounts.

import { type Page } from "@playwright/test";

import { displays, expectAccessible } from "../support/accessibility.ts";
import { expect, test } from "../support/fixtures.ts";
import { type HomePage } from "../support/home-page.ts";

/** Connects another HubSpot account without a popup, up to the question which account to keep. */
async function approveAnotherHub(page: Page, home: HomePage): Promise<void> {
  await home.server.sandbox.config({ hubspot: { hub_id: 24816358 } });
  await page.goto(`${home.server.url}/connect/hubspot?org_id=acme&user_id=ada`);
  await page.getByRole("button", { name: "Continue to HubSpot" }).click();
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("heading", { name: "Which account do you want to keep?" })).toBeVisible();
}

for (const [display, options] of displays) {
  test.describe(`With a ${display} display`, () => {
    test.use(options);

    test("The details of a connection link to the audit log and back", async ({ page, home }) => {
      await home.openConnected();
      await home.loadEverything();
      await home.card.getByRole("link", { name: "Details" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("HubSpot: acme-sandbox.com (24816357)");
      await expect(page.getByRole("definition").first()).toHaveText("Active");
      await expect(page.getByRole("row")).toHaveCount(3);
      await expectAccessible(page, "details");
      await page.getByRole("link", { name: "Activity in acme" }).click();
      await expect(page.getByRole("cell", { name: /^Load ended Complete: [\d,]+ records in / })).toBeVisible();
      await expect(page.getByRole("cell", { name: "browser 127.0.0.1" }).first()).toBeVisible();
      await expectAccessible(page, "audit log");
      await page.getByRole("link", { name: "Back to connections" }).click();
      await expect(home.badge).toHaveText("Connected");
    });

    test("Connecting another account asks which account to keep", async ({ page, home }) => {
      await home.openConnected();
      await approveAnotherHub(page, home);
      await expectAccessible(page, "choice between two accounts");
      await page.getByRole("button", { name: "Keep acme-sandbox.com (24816357)" }).click();
      await expect(page.getByRole("heading", { name: "Nothing changed" })).toBeVisible();
      await approveAnotherHub(page, home);
      await page.getByRole("button", { name: "Replace it with acme-sandbox.com (24816358)" }).click();
      await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
      await page.getByRole("link", { name: "Go to Tributary" }).click();
      await expect(home.card).toContainText("24816358");
    });
  });
}

test("A failed refresh is shown on the card while the token is still valid", async ({ page, home, server }) => {
  await server.sandbox.config({ hubspot: { access_token_seconds: 4 } });
  await home.openConnected();
  await server.sandbox.config({ faults: [{ path: "/hubspot/oauth", kind: "status", status: 503 }] });
  await expect(async () => {
    await page.request.get(`${server.url}/?org_id=acme&user_id=ada&items=hubspot`);
    await home.reload();
    await expect(home.card).toContainText("The last refresh failed: HubSpot's token endpoint failed with status 503", { timeout: 500 });
  }).toPass();
});
