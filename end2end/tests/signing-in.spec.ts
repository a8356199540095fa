// Who gets in, and how they get out.

import { expect, test, watch } from "../desk.ts";

test("A browser that is not signed in is told how to sign in, and sees nothing else", async ({ page, server, desk }) => {
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
  await expect(page.getByText("tributary sign-in")).toBeVisible();
  await expect(desk.card).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Sign out" })).toHaveCount(0);
});

test.describe("A link that is used up", () => {
  test.use({ expectedErrors: [/status of 410/] });

  test("The link signs in one browser, once", async ({ page, server, desk, browser }) => {
    await desk.signIn();
    await expect(page).toHaveURL(`${server.url}/`);
    await expect(desk.connect).toBeVisible();
    const other = await browser.newContext();
    const verify = watch(other, [/status of 410/]);
    const stranger = await other.newPage();
    const answer = await stranger.goto(server.signInLink);
    expect(answer!.status()).toBe(410);
    await expect(stranger.getByText("This sign-in link was used already or is too old. Run `tributary sign-in` for a new one.")).toBeVisible();
    await stranger.goto(server.url);
    await expect(stranger.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
    await other.close();
    verify();

    // Whoever is signed in and opens the old link once more, is simply there.
    await page.goto(server.signInLink);
    await expect(desk.connect).toBeVisible();

    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
    await page.goto(server.signInLink);
    await expect(page.getByText("This sign-in link was used already")).toBeVisible();
  });
});

test("Signing out ends the session, and not only on the screen", async ({ page, server, desk, context }) => {
  await desk.signIn();
  const cookies = await context.cookies();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
  await context.addCookies(cookies);
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
});

test("The form at the top switches to another organisation and user, in the address", async ({ page, desk }) => {
  await desk.signIn();
  await page.getByLabel("Organisation").fill("globex & sons");
  await page.getByLabel("User").fill("homer");
  await page.getByRole("button", { name: "Switch" }).click();
  await expect(page).toHaveURL(/\?org_id=globex\+%26\+sons&user_id=homer$/);
  await expect(page.getByLabel("Organisation")).toHaveValue("globex & sons");
  await expect(page.getByLabel("User")).toHaveValue("homer");
});

test.describe("An address that cannot be meant", () => {
  test.use({ expectedErrors: [/status of 400/] });

  test("An id that breaks its rule is answered with the rule", async ({ page, server, desk }) => {
    await desk.signIn();
    await page.goto(`${server.url}/?org_id=acme&user_id=${"x".repeat(129)}`);
    await expect(page.getByRole("alert")).toHaveText("user_id is too long. It takes 1 to 128 printable characters.");
  });
});
