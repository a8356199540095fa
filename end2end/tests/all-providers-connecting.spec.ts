// Connecting several providers: every card has a connection of its own.

import { connectAll } from "../support/all-providers.ts";
import { expect, test } from "../support/fixtures.ts";
import { providers, slug } from "../support/home-page.ts";

const accounts = {
  HubSpot: "acme-sandbox.com (24816357)",
  Notion: /^Northwind Press/,
  Airtable: /^sam\.rivers@birch-studio\.example/,
};

test("All three providers can be connected, and each card shows its own account", async ({ home, server }) => {
  await connectAll(home);
  for (const provider of providers) {
    const card = home.forProvider(provider);
    await expect(card.badge).toHaveText("Connected");
    await expect(card.message).toHaveText(`${provider} is connected.`);
    await expect(card.card.getByRole("definition").first()).toHaveText(accounts[provider]);
  }
  const { by_provider } = await server.sandbox.stats();
  expect(providers.map((provider) => by_provider[slug(provider)]!.exchanges)).toEqual([1, 1, 1]);

  await home.reload();
  for (const provider of providers) await expect(home.forProvider(provider).badge).toHaveText("Connected");
});

test("Two popups that are open at the same time each update their own card", async ({ home }) => {
  await home.signIn();
  await home.open();
  const [notion, airtable] = [home.forProvider("Notion"), home.forProvider("Airtable")];
  const [first, second] = [await notion.openPopup(), await airtable.openPopup()];
  await second.approve();
  await expect(airtable.message).toHaveText("Airtable is connected.");
  await expect(notion.badge).toHaveText("Connecting…");
  await first.approve();
  await expect(notion.message).toHaveText("Notion is connected.");
  await expect(airtable.message).toHaveText("Airtable is connected.");
  await expect(home.badge).toHaveText("Not connected");
  await expect(home.message).toHaveText("");
});

test("A denial at one provider is shown on its card only", async ({ home }) => {
  await home.signIn();
  await home.open();
  for (const provider of ["Notion", "Airtable"] as const) {
    const card = home.forProvider(provider);
    await (await card.openPopup()).deny();
    await expect(card.message).toHaveText(`You didn't allow Tributary to read ${provider}, so nothing was connected. You can try again at any time.`);
    await expect(card.badge).toHaveText("Not connected");
  }
  await expect(home.message).toHaveText("");
  await home.forProvider("Notion").connectAccount();
});

test.describe("With no base chosen", () => {
  test.use({ expectedErrors: [/status of 400/] });

  test("Airtable requires at least one base", async ({ home }) => {
    await home.signIn();
    await home.open();
    const airtable = home.forProvider("Airtable");
    const popup = await airtable.openPopup();
    await popup.choose();
    await popup.page.getByRole("button", { name: "Grant access" }).click();
    await expect(popup.page.getByRole("alert")).toHaveText("Choose at least one base. An app that sees none cannot be connected.");
    await popup.choose("Event planning");
    await popup.approve();
    await expect(airtable.badge).toHaveText("Connected");
  });
});

test("Airtable's card shows when unused access expires, and the other cards don't", async ({ home }) => {
  // Airtable's refresh tokens are valid for sixty days. The day may change while the test runs.
  const inSixtyDays = () => new Date(Date.now() + 60 * 24 * 3600 * 1000).toUTCString().slice(5, 16).replace(/^0/, "");
  const before = inSixtyDays();
  await connectAll(home);
  const expiry = home.forProvider("Airtable").card.getByRole("definition").last();
  await expect(expiry).toHaveText(new RegExp(`^on (${before}|${inSixtyDays()}) unless it's used$`));
  await expect(home.forProvider("Airtable").card.getByRole("term").last()).toHaveText("Expires");
  for (const provider of ["HubSpot", "Notion"] as const) await expect(home.forProvider(provider).card).not.toContainText("Expires");
});
