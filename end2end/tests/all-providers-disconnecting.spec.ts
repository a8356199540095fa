// Ending or losing one provider's connection leaves the others unchanged.

import { connectAll, itemCount, itemsOf, itemsOfAll, loadAll } from "../support/all-providers.ts";
import { expect, test } from "../support/fixtures.ts";
import { providers, slug } from "../support/home-page.ts";

test("Notion's card reports a missing refresh token, and that its tokens are refused", async ({ home, server }) => {
  await server.sandbox.config({ notion: { refresh_token_null: true } });
  await home.signIn();
  await home.open();
  const notion = home.forProvider("Notion");
  await notion.connectAccount();
  await expect(notion.card).toContainText("Notion didn't issue a refresh token; reconnect when access expires.");
  await notion.loadEverything();
  await server.sandbox.command("expire", "notion");
  await notion.load.click();
  await expect(notion.card).toContainText("Notion has refused valid access tokens (401) since", { timeout: 30_000 });
  await expect(notion.badge).toHaveText("Connected");
  await server.sandbox.config({ notion: { refresh_token_null: false } });
  await notion.disconnect();
  await notion.connectAccount();
  await expect(notion.card).not.toContainText("reconnect when access expires");
  await notion.loadEverything();
});

test("Disconnecting Airtable says how to revoke access by hand, and the others stay connected", async ({ home, server }) => {
  const { HubSpot, Notion, Airtable } = await connectAll(home);
  await Airtable.disconnect();
  await expect(Airtable.message).toHaveText(
    "Airtable is disconnected. Airtable still lists Tributary, because it does not let programs revoke access. Remove Tributary in your Airtable account under Integrations, Third-party integrations.",
  );
  await Notion.disconnect();
  await expect(Notion.message).toHaveText("Notion is disconnected.");
  const { by_provider } = await server.sandbox.stats();
  expect(providers.map((provider) => by_provider[slug(provider)]!.revocations)).toEqual([0, 1, 0]);
  await home.reload();
  await expect(HubSpot.badge).toHaveText("Connected");
  await expect(Airtable.badge).toHaveText("Not connected");
});

test("A grant revoked at one provider doesn't affect the others", async ({ home, server }) => {
  test.setTimeout(90_000);
  const { HubSpot, Notion, Airtable } = await connectAll(home);
  await server.sandbox.command("revoke_all", "notion");
  await Notion.load.click();
  await loadAll([HubSpot, Airtable]);
  await expect(Notion.badge).toHaveText("Reconnect required");
  for (const card of [HubSpot, Airtable]) await expect(card.badge).toHaveText("Connected");
  const stats = await server.sandbox.stats();
  await expect(home.total).toHaveText(itemCount(itemsOf(stats, "HubSpot") + itemsOf(stats, "Airtable")));

  await server.sandbox.command("reset");
  await Notion.connectAccount(Notion.reconnect);
  await Notion.loadEverything();
  await expect(home.total).toHaveText(itemCount(itemsOfAll(stats)));
});

test("Expired tokens of all three providers are refreshed once each", async ({ home, server }) => {
  test.setTimeout(90_000);
  const cards = Object.values(await connectAll(home));
  await server.sandbox.command("expire");
  await loadAll(cards);
  const { by_provider } = await server.sandbox.stats();
  expect(providers.map((provider) => by_provider[slug(provider)]!.refreshes)).toEqual([1, 1, 1]);
  expect(providers.map((provider) => by_provider[slug(provider)]!.reused_tokens)).toEqual([0, 0, 0]);
});
