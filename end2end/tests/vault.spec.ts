// What a person sees of the vault: a connection in full, what happened to it, and the question before another account takes its place.

import { AxeBuilder } from "@axe-core/playwright";
import { type Page } from "@playwright/test";

import { type Desk, expect, test } from "../desk.ts";

async function verify(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)).toEqual([]);
}

/** Approves for another hub, in this window, and stays where that leads. */
async function approveAnotherHub(page: Page, desk: Desk): Promise<void> {
  await desk.server.sandbox.config({ hubspot: { hub_id: 24816358 } });
  await page.goto(`${desk.server.url}/connect/hubspot?org_id=acme&user_id=ada`);
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("heading", { name: "Another HubSpot account" })).toBeVisible();
}

for (const [look, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
] as const) {
  test.describe(`In the look "${look}"`, () => {
    test.use(options);

    test("A connection tells all that is known of it, and leads to what happened and back", async ({ page, desk }) => {
      await desk.begin();
      await desk.loadAll();
      await desk.card.getByRole("link", { name: "Details" }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("HubSpot: acme-sandbox.com (24816357)");
      await expect(page.getByRole("definition").first()).toHaveText("active");
      await expect(page.getByRole("row")).toHaveCount(3);
      await verify(page);
      await page.getByRole("link", { name: "All that happened in acme" }).click();
      await expect(page.getByRole("cell", { name: "loaded" })).toBeVisible();
      await expect(page.getByRole("cell", { name: "a browser 127.0.0.1" }).first()).toBeVisible();
      await verify(page);
      await page.getByRole("link", { name: "Back to the connections" }).click();
      await expect(desk.badge).toHaveText("Connected");
    });

    test("Another account is asked about before it takes the place of the one that is connected", async ({ page, desk }) => {
      await desk.begin();
      await approveAnotherHub(page, desk);
      await verify(page);
      await page.getByRole("button", { name: "Keep acme-sandbox.com (24816357)" }).click();
      await expect(page.getByRole("heading", { name: "Nothing was changed" })).toBeVisible();
      await approveAnotherHub(page, desk);
      await page.getByRole("button", { name: "Replace it by acme-sandbox.com (24816358)" }).click();
      await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
      await page.getByRole("link", { name: "Go to Tributary" }).click();
      await expect(desk.card).toContainText("24816358");
    });
  });
}

test("A refresh that fails is told on the card, while the token is still good", async ({ page, desk, server }) => {
  await server.sandbox.config({ hubspot: { access_token_seconds: 4 } });
  await desk.begin();
  await server.sandbox.config({ faults: [{ path: "/hubspot/oauth", kind: "status", status: 503 }] });
  await expect(async () => {
    await page.request.get(`${server.url}/?org_id=acme&user_id=ada&items=hubspot`);
    await desk.reload();
    await expect(desk.card).toContainText("The last refresh failed: HubSpot failed with status 503", { timeout: 500 });
  }).toPass();
});
