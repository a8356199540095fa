// Every state of the home page, the consent pages and the small pages passes axe's rules.

import { AxeBuilder } from "@axe-core/playwright";

import { displays, expectAccessible } from "../support/accessibility.ts";
import { connectAll, loadAll } from "../support/all-providers.ts";
import { expect, test } from "../support/fixtures.ts";
import { providers } from "../support/home-page.ts";

const deals = "/hubspot/crm/objects/2026-03/deals";

for (const [display, options] of displays) {
  test.describe(`With a ${display} display`, () => {
    test.use({ ...options, expectedErrors: [/status of 4(00|04|10)/] });

    test("The home page with one connection is accessible in every state", async ({ page, home, server }) => {
      test.setTimeout(120_000);
      await page.goto(server.url);
      await expectAccessible(page, "signed out");
      await home.signIn();
      await home.open();
      await expectAccessible(page, "not connected");
      const popup = await home.openPopup();
      await expectAccessible(page, "connecting");
      await popup.approve();
      await expect(home.badge).toHaveText("Connected");
      await expectAccessible(page, "connected");

      await server.sandbox.config({ latency_ms: 2_500 });
      await home.load.click();
      await expect(home.rows.nth(1)).toBeVisible();
      await expectAccessible(page, "loading");
      await home.stop.click();
      await expectAccessible(page, "stopped");
      await server.sandbox.config({ latency_ms: 0 });
      await home.loadEverything();
      await expectAccessible(page, "loaded");
      await home.filter.fill("no such thing");
      await expect(page.getByText("No items match the filter.")).toBeVisible();
      await expectAccessible(page, "no matching items");
      await home.filter.fill("");
      await home.items.getByText("Raw JSON", { exact: true }).click();
      await expect(page.getByLabel("Raw JSON of the items")).toBeVisible();
      await expectAccessible(page, "raw JSON");

      await home.card.getByRole("button", { name: "Disconnect" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await expectAccessible(page, "confirming a disconnect");
      await page.keyboard.press("Escape");

      await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 429, retry_after: 10, when: { times: 1 } }] });
      await home.load.click();
      await expect(home.stream("deals")).toContainText("attempt 2");
      await expectAccessible(page, "waiting for a retry");
      await home.stop.click();
      await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 403 }] });
      await home.load.click();
      await expect(home.summary).toHaveText("Loaded in part: deals are missing.");
      await expectAccessible(page, "loaded in part");

      await server.sandbox.command("revoke_all");
      await home.load.click();
      await expect(home.stream("contacts")).toContainText("Reconnect HubSpot to go on.");
      await home.reload();
      await expect(home.reconnect).toBeVisible();
      await expectAccessible(page, "reconnect required");
    });

    test("The home page with three connections is accessible in every state", async ({ page, home, server }) => {
      test.setTimeout(120_000);
      await server.sandbox.config({ notion: { refresh_token_null: true } });
      const { HubSpot, Notion, Airtable } = await connectAll(home);
      await expectAccessible(page, "all connected, one without a refresh token");
      const slow = [deals, "/notion/v1/data_sources", "/airtable/v0/app"].map((path) => ({ path, kind: "slow", slow_ms: 60_000 }));
      await server.sandbox.config({ faults: slow });
      for (const card of [HubSpot, Notion, Airtable]) await card.load.click();
      await expect(Airtable.streams.nth(9)).toBeVisible();
      await expectAccessible(page, "all loading");
      for (const card of [HubSpot, Notion, Airtable]) await card.stop.click();
      await expectAccessible(page, "all stopped");
      await server.sandbox.config({ faults: [] });
      await loadAll([HubSpot, Notion, Airtable]);
      await expectAccessible(page, "all loaded");
      await Airtable.disconnect();
      await expect(Airtable.message).toContainText("Remove Tributary in your Airtable account");
      await expectAccessible(page, "disconnected, with access to revoke by hand");
      await server.sandbox.command("expire", "notion");
      await Notion.load.click();
      await expect(Notion.card).toContainText("Notion has refused valid access tokens (401) since", { timeout: 30_000 });
      await expectAccessible(page, "access refused by one");
      await server.sandbox.command("revoke_all");
      await HubSpot.load.click();
      await expect(HubSpot.reconnect).toBeVisible();
      await expectAccessible(page, "reconnect required for another");
    });

    test("Every item type has enough colour contrast", async ({ page, home }) => {
      test.setTimeout(90_000);
      await loadAll(Object.values(await connectAll(home)));
      const filter = home.items.getByRole("combobox", { name: "Type" });
      const types = (await filter.getByRole("option").allTextContents()).slice(1);
      expect(types).toHaveLength(9);
      await home.list.scrollIntoViewIfNeeded();
      for (const type of types) {
        await filter.selectOption(type);
        await expect(home.rows.nth(1).locator(".kind")).toHaveText(type);
        const { violations, incomplete, passes } = await new AxeBuilder({ page }).include(`.kind.${type}`).withRules("color-contrast").analyze();
        expect.soft([violations, incomplete].flat(), type).toEqual([]);
        expect.soft(passes, type).toHaveLength(1);
      }
    });

    test("The sandbox's consent pages are accessible", async ({ home }) => {
      await home.signIn();
      await home.open();
      for (const provider of providers) {
        const popup = await home.forProvider(provider).openPopup();
        await expectAccessible(popup.page, provider);
        await popup.page.close();
      }
    });

    test("The popup's last page and the error pages are accessible", async ({ page, home, server }) => {
      test.setTimeout(60_000);
      for (const outcome of ["hubspot/connected", "notion/denied", "airtable/expired", "hubspot/rejected"]) {
        await page.goto(`${server.url}/connected/${outcome}`);
        await expectAccessible(page, `the popup's last page: ${outcome}`);
      }
      await page.goto(`${server.url}/connect/no-such-link`);
      await expect(page.getByRole("heading", { name: "This link no longer works" })).toBeVisible();
      await expectAccessible(page, "an error");
      await home.signIn();
      await page.goto(`${server.url}/?org_id=acme&user_id=${"x".repeat(129)}`);
      await expect(page.getByRole("alert")).toBeVisible();
      await expectAccessible(page, "an invalid id");
    });
  });
}
