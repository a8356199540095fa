// Every state of the page against axe's rules, without exception.

import { AxeBuilder } from "@axe-core/playwright";
import { type Page } from "@playwright/test";

import { expect, providers, test } from "../desk.ts";
import { connectAll, loadAll } from "../three.ts";

const deals = "/hubspot/crm/objects/2026-03/deals";

/** Fails with the rules that are broken and where. */
async function verify(page: Page, state: string): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  const told = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  expect.soft(told, state).toEqual([]);
  expect(passes.length, state).toBeGreaterThan(5);
}

for (const [look, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
] as const) {
  test.describe(`In the look "${look}"`, () => {
    test.use({ ...options, expectedErrors: [/status of 4(00|04|10)/] });

    test("No state of the page breaks a rule of accessibility", async ({ page, desk, server }) => {
      test.setTimeout(120_000);
      await page.goto(server.url);
      await verify(page, "signed out");
      await desk.signIn();
      await desk.open();
      await verify(page, "not connected");
      const popup = await desk.popup();
      await verify(page, "connecting");
      await popup.approve();
      await expect(desk.badge).toHaveText("Connected");
      await verify(page, "connected");

      await server.sandbox.config({ latency_ms: 2_500 });
      await desk.load.click();
      await expect(desk.rows.nth(1)).toBeVisible();
      await verify(page, "loading");
      await desk.stop.click();
      await verify(page, "stopped");
      await server.sandbox.config({ latency_ms: 0 });
      await desk.loadAll();
      await verify(page, "loaded");
      await desk.filter.fill("no such thing");
      await expect(page.getByText("No item matches the filter.")).toBeVisible();
      await verify(page, "nothing found");
      await desk.filter.fill("");
      await desk.items.getByText("Raw JSON", { exact: true }).click();
      await expect(page.getByLabel("Raw JSON of the items")).toBeVisible();
      await verify(page, "raw JSON");

      await desk.card.getByRole("button", { name: "Disconnect" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await verify(page, "asked whether to disconnect");
      await page.keyboard.press("Escape");

      await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 429, retry_after: 10, when: { times: 1 } }] });
      await desk.load.click();
      await expect(desk.stream("deals")).toContainText("Try 2");
      await verify(page, "waiting");
      await desk.stop.click();
      await server.sandbox.config({ faults: [{ path: deals, kind: "status", status: 403 }] });
      await desk.load.click();
      await expect(desk.summary).toHaveText(/^Not complete/);
      await verify(page, "loaded in part");

      await server.sandbox.command("revoke_all");
      await desk.load.click();
      await expect(desk.stream("contacts")).toContainText("Connect HubSpot again.");
      await desk.reload();
      await expect(desk.reconnect).toBeVisible();
      await verify(page, "to be reconnected");
    });

    test("No state of three cards breaks a rule of accessibility", async ({ page, desk, server }) => {
      test.setTimeout(120_000);
      await server.sandbox.config({ notion: { refresh_token_null: true } });
      const { HubSpot, Notion, Airtable } = await connectAll(desk);
      await verify(page, "all connected, one that cannot be renewed");
      const late = [deals, "/notion/v1/data_sources", "/airtable/v0/app"].map((path) => ({ path, kind: "slow", slow_ms: 60_000 }));
      await server.sandbox.config({ faults: late });
      for (const card of [HubSpot, Notion, Airtable]) await card.load.click();
      await expect(Airtable.streams.nth(9)).toBeVisible();
      await verify(page, "all loading");
      for (const card of [HubSpot, Notion, Airtable]) await card.stop.click();
      await verify(page, "all stopped");
      await server.sandbox.config({ faults: [] });
      await loadAll([HubSpot, Notion, Airtable]);
      await verify(page, "all loaded");
      await Airtable.disconnect();
      await expect(Airtable.message).toContainText("Remove Tributary in your Airtable account");
      await verify(page, "disconnected, with something left to do");
      await server.sandbox.command("expire", "notion");
      await Notion.load.click();
      await expect(Notion.reconnect).toBeVisible();
      await verify(page, "one to be reconnected");
    });

    test("Every type of item is written in colours that can be told apart", async ({ page, desk }) => {
      test.setTimeout(90_000);
      await loadAll(Object.values(await connectAll(desk)));
      const chosen = desk.items.getByRole("combobox", { name: "Type" });
      const types = (await chosen.getByRole("option").allTextContents()).slice(1);
      expect(types).toHaveLength(9);
      await desk.list.scrollIntoViewIfNeeded();
      for (const type of types) {
        await chosen.selectOption(type);
        await expect(desk.rows.nth(1).locator(".kind")).toHaveText(type);
        const { violations, incomplete, passes } = await new AxeBuilder({ page }).include(`.kind.${type}`).withRules("color-contrast").analyze();
        expect.soft([violations, incomplete].flat(), type).toEqual([]);
        expect.soft(passes, type).toHaveLength(1);
      }
    });

    test("No consent page of the sandbox breaks a rule of accessibility", async ({ desk }) => {
      await desk.signIn();
      await desk.open();
      for (const provider of providers) {
        const popup = await desk.at(provider).popup();
        await verify(popup.page, provider);
        await popup.page.close();
      }
    });

    test("No small page breaks a rule of accessibility", async ({ page, desk, server }) => {
      test.setTimeout(60_000);
      for (const end of ["hubspot/connected", "notion/denied", "airtable/expired", "hubspot/rejected"]) {
        await page.goto(`${server.url}/connected/${end}`);
        await verify(page, `the popup's end: ${end}`);
      }
      await page.goto(`${server.url}/connect/no-such-link`);
      await expect(page.getByRole("heading", { name: "That did not work" })).toBeVisible();
      await verify(page, "an error");
      await desk.signIn();
      await page.goto(`${server.url}/?org_id=acme&user_id=${"x".repeat(129)}`);
      await expect(page.getByRole("alert")).toBeVisible();
      await verify(page, "a bad address");
    });
  });
}
