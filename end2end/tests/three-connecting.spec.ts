// Three cards side by side: each is connected for itself.

import { expect, providers, slug, test } from "../desk.ts";
import { connectAll } from "../three.ts";

const accounts = {
  HubSpot: "acme-sandbox.com (24816357)",
  Notion: /^Northwind Press/,
  Airtable: /^sam\.rivers@birch-studio\.example/,
};

test("All three are connected in their own popups, and each card shows its own account", async ({ desk, server }) => {
  await connectAll(desk);
  for (const provider of providers) {
    const card = desk.at(provider);
    await expect(card.badge).toHaveText("Connected");
    await expect(card.message).toHaveText(`${provider} is connected.`);
    await expect(card.card.getByRole("definition").first()).toHaveText(accounts[provider]);
  }
  const { by_provider } = await server.sandbox.stats();
  expect(providers.map((provider) => by_provider[slug(provider)]!.exchanges)).toEqual([1, 1, 1]);

  await desk.reload();
  for (const provider of providers) await expect(desk.at(provider).badge).toHaveText("Connected");
});

test("Two popups that are open at once end each in its own card", async ({ desk }) => {
  await desk.signIn();
  await desk.open();
  const [notion, airtable] = [desk.at("Notion"), desk.at("Airtable")];
  const [first, second] = [await notion.popup(), await airtable.popup()];
  await second.approve();
  await expect(airtable.message).toHaveText("Airtable is connected.");
  await expect(notion.badge).toHaveText("Connecting…");
  await first.approve();
  await expect(notion.message).toHaveText("Notion is connected.");
  await expect(airtable.message).toHaveText("Airtable is connected.");
  await expect(desk.badge).toHaveText("Not connected");
  await expect(desk.message).toHaveText("");
});

test("A refusal at one provider is told in its card alone", async ({ desk }) => {
  await desk.signIn();
  await desk.open();
  for (const provider of ["Notion", "Airtable"] as const) {
    const card = desk.at(provider);
    await (await card.popup()).deny();
    await expect(card.message).toHaveText(`You did not allow Tributary to read ${provider}, so nothing was connected. You can try again at any time.`);
    await expect(card.badge).toHaveText("Not connected");
  }
  await expect(desk.message).toHaveText("");
  await desk.at("Notion").connectAccount();
});

test.describe("Airtable without a base", () => {
  test.use({ expectedErrors: [/status of 400/] });

  test("Airtable asks for at least one base before it goes on", async ({ desk }) => {
    await desk.signIn();
    await desk.open();
    const airtable = desk.at("Airtable");
    const popup = await airtable.popup();
    await popup.choose();
    await popup.page.getByRole("button", { name: "Grant access" }).click();
    await expect(popup.page.getByRole("alert")).toHaveText("Choose at least one base. An app that sees none cannot be connected.");
    await popup.choose("Event planning");
    await popup.approve();
    await expect(airtable.badge).toHaveText("Connected");
  });
});

test("Airtable's card says by when its access must be used, and the others' do not", async ({ desk }) => {
  // Airtable's refresh tokens live for sixty days.
  const day = () => new Date(Date.now() + 60 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  const early = day();
  await connectAll(desk);
  const until = "Must be used before";
  await expect(desk.at("Airtable").card).toContainText(new RegExp(`${until}(${early}|${day()})`));
  for (const provider of ["HubSpot", "Notion"] as const) await expect(desk.at(provider).card).not.toContainText(until);
});
