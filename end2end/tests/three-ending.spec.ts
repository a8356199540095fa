// How the connection with one provider ends, beside those that go on.

import { expect, providers, slug, test } from "../desk.ts";
import { connectAll, held, heldByAll, items, loadAll } from "../three.ts";

test("A Notion grant that cannot be renewed says so, and asks to reconnect when it has ended", async ({ desk, server }) => {
  await server.sandbox.config({ notion: { refresh_token_null: true } });
  await desk.signIn();
  await desk.open();
  const notion = desk.at("Notion");
  await notion.connectAccount();
  await expect(notion.card).toContainText("Notion gave nothing to renew this access with: when it ends, only connecting again helps.");
  await notion.loadAll();
  await server.sandbox.command("expire", "notion");
  await notion.load.click();
  await expect(notion.badge).toHaveText("Reconnect");
  await server.sandbox.config({ notion: { refresh_token_null: false } });
  await notion.connectAccount(notion.reconnect);
  await expect(notion.card).not.toContainText("only connecting again helps");
  await notion.loadAll();
});

test("Disconnecting Airtable says how to remove it by hand, and the others stay connected", async ({ desk, server }) => {
  const { HubSpot, Notion, Airtable } = await connectAll(desk);
  await Airtable.disconnect();
  await expect(Airtable.message).toHaveText(
    "Airtable is forgotten here. Airtable does not let programs revoke access. Remove Tributary in your Airtable account under Integrations, Third-party integrations.",
  );
  await Notion.disconnect();
  await expect(Notion.message).toHaveText("Notion is disconnected.");
  const { by_provider } = await server.sandbox.stats();
  expect(providers.map((provider) => by_provider[slug(provider)]!.revocations)).toEqual([0, 1, 0]);
  await desk.reload();
  await expect(HubSpot.badge).toHaveText("Connected");
  await expect(Airtable.badge).toHaveText("Not connected");
});

test("A grant that died at one provider leaves the others alone", async ({ desk, server }) => {
  test.setTimeout(90_000);
  const { HubSpot, Notion, Airtable } = await connectAll(desk);
  await server.sandbox.command("revoke_all", "notion");
  await Notion.load.click();
  await loadAll([HubSpot, Airtable]);
  await expect(Notion.badge).toHaveText("Reconnect");
  for (const card of [HubSpot, Airtable]) await expect(card.badge).toHaveText("Connected");
  const stats = await server.sandbox.stats();
  await expect(desk.total).toHaveText(items(held(stats, "HubSpot") + held(stats, "Airtable")));

  await server.sandbox.command("reset");
  await Notion.connectAccount(Notion.reconnect);
  await Notion.loadAll();
  await expect(desk.total).toHaveText(items(heldByAll(stats)));
});

test("Tokens that expired at all three are refreshed once each", async ({ desk, server }) => {
  test.setTimeout(90_000);
  const cards = Object.values(await connectAll(desk));
  await server.sandbox.command("expire");
  await loadAll(cards);
  const { by_provider } = await server.sandbox.stats();
  expect(providers.map((provider) => by_provider[slug(provider)]!.refreshes)).toEqual([1, 1, 1]);
  expect(providers.map((provider) => by_provider[slug(provider)]!.reused_tokens)).toEqual([0, 0, 0]);
});
