// Connect links and sign-in links: opening one has no effect, and its button works with every display and without scripts.

import { displays, expectAccessible } from "../support/accessibility.ts";
import { expect, test } from "../support/fixtures.ts";
import { providers, slug } from "../support/home-page.ts";

for (const [display, options] of displays) {
  test.describe(`With a ${display} display`, () => {
    test.use(options);

    test("The page of a sign-in link is accessible", async ({ page, server }) => {
      await page.goto(server.signInLink);
      await expect(page.getByRole("button", { name: "Sign in" })).toBeVisible();
      await expectAccessible(page, "sign-in link");
    });

    test("The page of a connect link is accessible", async ({ page, server }) => {
      await page.goto(await server.connectLink("notion"));
      await expect(page.getByRole("button", { name: "Continue to Notion" })).toBeVisible();
      await expectAccessible(page, "connect link");
    });
  });
}

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "With scripts" : "Without scripts", () => {
    test.use({ javaScriptEnabled });

    test("A connect link says what will be read and leads to each provider", async ({ page, server }) => {
      for (const provider of providers) {
        const link = await server.connectLink(slug(provider));
        // A chat program's preview opens it first.
        expect((await fetch(link)).status).toBe(200);
        await page.goto(link);
        await expect(page.getByRole("heading", { name: `Connect ${provider}` })).toBeVisible();
        await expect(page.getByText("for user ada of organisation acme")).toBeVisible();
        await expect(page.getByText(`It never changes anything in ${provider}.`)).toBeVisible();
        await page.getByRole("button", { name: `Continue to ${provider}` }).click();
        await expect(page).toHaveURL(new RegExp(`^${server.sandbox.url}/${slug(provider)}/`));
        await page.getByRole("button", { name: /^(Approve|Allow access|Grant access)$/ }).click();
        await expect(page.getByRole("heading", { name: `${provider} is connected` })).toBeVisible();
      }
    });
  });
}

test("A connect link survives a double click, and going back from the provider's page", async ({ page, server }) => {
  await page.goto(await server.connectLink("hubspot"));
  await page.getByRole("button", { name: "Continue to HubSpot" }).dblclick();
  await expect(page).toHaveURL(new RegExp(`^${server.sandbox.url}/hubspot/`));
  await page.goBack();
  await page.getByRole("button", { name: "Continue to HubSpot" }).click();
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
});

test.describe("A used link", () => {
  test.use({ expectedErrors: [/status of 410/] });

  test("A connect link works once", async ({ page, server }) => {
    const link = await server.connectLink("hubspot");
    await page.goto(link);
    await page.getByRole("button", { name: "Continue to HubSpot" }).click();
    await page.getByRole("button", { name: "Approve" }).click();
    await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
    await page.goto(link);
    await expect(page.getByRole("heading", { name: "This link no longer works" })).toBeVisible();
  });
});
