// Signing in and out, and choosing the user to act for.

import { expect, test, watchForErrors } from "../support/fixtures.ts";

test("A browser that isn't signed in sees how to sign in, and nothing else", async ({ page, server, home }) => {
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
  await expect(page.getByText("tributary sign-in")).toBeVisible();
  await expect(home.card).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Sign out", exact: true })).toHaveCount(0);
});

test.describe("A used sign-in link", () => {
  test.use({ expectedErrors: [/status of 410/] });

  test("The sign-in link signs in one browser, once", async ({ page, server, home, browser }) => {
    await home.signIn();
    await expect(page).toHaveURL(`${server.url}/`);
    await expect(home.connect).toBeVisible();
    const other = await browser.newContext();
    const expectNoErrors = watchForErrors(other, [/status of 410/]);
    const otherPage = await other.newPage();
    const response = await otherPage.goto(server.signInLink);
    expect(response!.status()).toBe(410);
    await expect(otherPage.getByText("This sign-in link was already used or has expired. Run `tributary sign-in` for a new one.")).toBeVisible();
    await otherPage.goto(server.url);
    await expect(otherPage.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
    await other.close();
    expectNoErrors();

    // In the browser that is signed in, the used link leads to the home page.
    await page.goto(server.signInLink);
    await expect(home.connect).toBeVisible();

    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
    await page.goto(server.signInLink);
    await expect(page.getByText("This sign-in link was already used")).toBeVisible();
  });
});

test("Signing out ends the session on the server, too", async ({ page, server, home, context }) => {
  await home.signIn();
  const cookies = await context.cookies();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
  await context.addCookies(cookies);
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
});

test("Signing out everywhere ends the sessions of other browsers, too", async ({ page, server, home, context, browser }) => {
  await home.signIn();
  const other = await browser.newContext();
  await other.addCookies(await context.cookies());
  const otherPage = await other.newPage();
  await otherPage.goto(server.url);
  await otherPage.getByRole("button", { name: "Sign out everywhere" }).click();
  await expect(otherPage.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("heading", { name: "Sign in to Tributary" })).toBeVisible();
  await other.close();
});

test("The form at the top puts another organisation and user into the URL", async ({ page, home }) => {
  await home.signIn();
  await page.getByLabel("Organisation").fill("globex & sons");
  await page.getByLabel("User").fill("homer");
  await page.getByRole("button", { name: "Switch" }).click();
  await expect(page).toHaveURL(/\?org_id=globex\+%26\+sons&user_id=homer$/);
  await expect(page.getByLabel("Organisation")).toHaveValue("globex & sons");
  await expect(page.getByLabel("User")).toHaveValue("homer");
});

test.describe("An invalid URL", () => {
  test.use({ expectedErrors: [/status of 400/] });

  test("An invalid id is rejected with the rule for ids", async ({ page, server, home }) => {
    await home.signIn();
    await page.goto(`${server.url}/?org_id=acme&user_id=${"x".repeat(129)}`);
    await expect(page.getByRole("alert")).toHaveText("user_id is too long. Use 1 to 128 printable characters.");
  });
});
