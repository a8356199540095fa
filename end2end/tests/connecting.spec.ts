// Connecting an account: in the popup, without a popup, and when the attempt fails.

import { expect, test, watchForErrors } from "../support/fixtures.ts";
import { approvedCallback, HomePage } from "../support/home-page.ts";

const account = "acme-sandbox.com (24816357)";

test("After approval, the popup closes and the card shows the account", async ({ home, server }) => {
  await home.signIn();
  await home.open();
  await expect(home.badge).toHaveText("Not connected");
  const popup = await home.openPopup();
  await expect(home.badge).toHaveText("Connecting…");
  await expect(popup.page.getByText("crm.objects.deals.read")).toBeVisible();
  await popup.approve();
  await expect(home.badge).toHaveText("Connected");
  await expect(home.card.getByRole("definition").first()).toHaveText(account);
  await expect(home.load).toBeEnabled();
  expect((await server.sandbox.stats()).exchanges).toBe(1);

  await home.reload();
  await expect(home.badge).toHaveText("Connected");
  await expect(home.card).toContainText(account);
});

test("After approval, the card says that HubSpot is connected", async ({ home }) => {
  await home.openConnected();
  await expect(home.message).toHaveText("HubSpot is connected.");
});

test("A connection belongs to one user, and another user is not connected", async ({ home }) => {
  await home.openConnected("ada");
  await home.open("ben");
  await expect(home.badge).toHaveText("Not connected");
});

test("After a denial, the card says so and a second attempt works", async ({ home }) => {
  await home.signIn();
  await home.open();
  const popup = await home.openPopup();
  await popup.deny();
  await expect(home.message).toHaveText("You didn't allow Tributary to read HubSpot, so nothing was connected. You can try again at any time.");
  await expect(home.badge).toHaveText("Not connected");
  await home.connectAccount();
});

test("Closing the popup leaves a hint", async ({ home }) => {
  await home.signIn();
  await home.open();
  const popup = await home.openPopup();
  await popup.page.close();
  await expect(home.message).toHaveText("The window seems to be closed. If HubSpot isn't connected in a moment, connect again.");
});

test("After the popup was closed, a second attempt works", async ({ home }) => {
  await home.signIn();
  await home.open();
  await (await home.openPopup()).page.close();
  await home.connectAccount();
});

test("When the popup's message is lost, polling finds the connection", async ({ context, home }) => {
  // Without its script the popup sends no message, as when a browser isolates it from the page.
  await context.route("**/connected.js", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  await home.signIn();
  await home.open();
  const popup = await home.openPopup();
  // The page polls at least once before the person approves.
  await home.page.waitForResponse(/\/api\/cards$/);
  await popup.page.getByRole("button", { name: "Approve" }).click();
  await expect(popup.page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
  await expect(home.badge).toHaveText("Connected");
});

test("A second click opens a second popup, whose outcome counts", async ({ home }) => {
  await home.signIn();
  await home.open();
  const first = await home.openPopup();
  const second = await home.openPopup();
  await second.approve();
  await expect(home.badge).toHaveText("Connected");
  await first.page.close();
});

test.describe("With popups blocked", () => {
  test.beforeEach(async ({ context, home }) => {
    await context.addInitScript(() => {
      window.open = () => null;
    });
    await home.signIn();
  });

  test("Connecting continues in the same tab and ends with a link back", async ({ page, server, home }) => {
    await page.goto(server.url);
    await home.waitForHydration();
    await home.connect.click();
    await page.getByRole("button", { name: "Approve" }).click();
    await expect(page.getByRole("heading", { name: "HubSpot is connected" })).toBeVisible();
    await expect(page).toHaveURL(`${server.url}/connected/hubspot/connected?org_id=demo&user_id=demo`);
    await page.getByRole("link", { name: "Go to Tributary" }).click();
    await expect(home.badge).toHaveText("Connected");
    await expect(home.card).toContainText(account);
  });

  test("The link back leads to the user who was connected", async ({ page, home }) => {
    await home.open("ada");
    await home.connect.click();
    await page.getByRole("button", { name: "Approve" }).click();
    await page.getByRole("link", { name: "Go to Tributary" }).click();
    await expect(page.getByLabel("User")).toHaveValue("ada");
    await expect(home.badge).toHaveText("Connected");
  });

  test("A denial ends with an explanation and a link back", async ({ page, home }) => {
    await home.open();
    await home.connect.click();
    await page.getByRole("button", { name: "Deny" }).click();
    await expect(page.getByRole("heading", { name: "HubSpot is not connected" })).toBeVisible();
    await expect(page.getByText("You didn't allow Tributary to read HubSpot, so nothing was connected.")).toBeVisible();
    await page.getByRole("link", { name: "Go to Tributary" }).click();
    await expect(home.connect).toBeVisible();
  });
});

const expired = "This attempt to connect has expired or was already used, so nothing changed. Start again from the page.";

test("A callback is accepted once, and its replay is rejected", async ({ page, context, home, server }) => {
  const callbacks: string[] = [];
  context.on("request", (request) => {
    if (request.url().includes("/oauth2callback?")) callbacks.push(request.url());
  });
  await home.openConnected();
  expect(callbacks).toHaveLength(1);
  await page.goto(callbacks[0]!);
  await expect(page.getByText(expired)).toBeVisible();
  await expect(page).toHaveURL(`${server.url}/connected/hubspot/expired`);
  // Neither the code nor the state remains in the URL, and the connection is unchanged.
  await home.open();
  await expect(home.badge).toHaveText("Connected");
  expect((await server.sandbox.stats()).exchanges).toBe(1);
});

test("A callback with an unknown state is rejected", async ({ page, home, server }) => {
  await home.signIn();
  for (const query of ["?state=made-up&code=made-up", "?code=made-up", ""]) {
    await page.goto(`${server.url}/integrations/hubspot/oauth2callback${query}`);
    await expect(page.getByRole("heading", { name: "HubSpot is not connected" })).toBeVisible();
    await expect(page.getByText(expired)).toBeVisible();
  }
  expect((await server.sandbox.stats()).exchanges).toBe(0);
});

test("A callback in another browser connects nothing", async ({ home, browser, server }) => {
  await home.signIn();
  await home.open();
  const popup = await home.openPopup();
  const other = await browser.newContext();
  const expectNoErrors = watchForErrors(other);
  const otherPage = await other.newPage();
  await otherPage.goto(await approvedCallback(popup.page.url()));
  await expect(otherPage.getByText("This attempt was started in another browser, so nothing changed.")).toBeVisible();
  await other.close();
  expectNoErrors();
  expect((await server.sandbox.stats()).exchanges).toBe(0);
  await popup.page.close();
  await home.open();
  await expect(home.badge).toHaveText("Not connected");
});

test("When the provider doesn't respond, the card says so, and connecting works once it does", async ({ home, server }) => {
  await server.sandbox.config({ faults: [{ path: "/hubspot/oauth/2026-03/token", method: "POST", kind: "status", status: 503 }] });
  await home.signIn();
  await home.open();
  await (await home.openPopup()).approve();
  await expect(home.message).toHaveText("HubSpot isn't responding, so nothing was connected. Try again in a few minutes.");
  await server.sandbox.config({ faults: [] });
  await home.connectAccount();
});

test("Two tabs connect two users at the same time", async ({ context, home, server }) => {
  await home.signIn();
  const second = new HomePage(await context.newPage(), server);
  await home.open("ada");
  await second.open("ben");
  const [first, other] = [await home.openPopup(), await second.openPopup()];
  await other.approve();
  await expect(second.badge).toHaveText("Connected");
  await expect(home.badge).toHaveText("Connecting…");
  await first.approve();
  for (const [tab, user] of [[home, "ada"], [second, "ben"]] as const) {
    await expect(tab.badge).toHaveText("Connected");
    await tab.open(user);
    await expect(tab.badge).toHaveText("Connected");
  }
  expect((await server.sandbox.stats()).exchanges).toBe(2);
});

test("A connection made in one tab appears in another tab of the same user", async ({ context, home, server }) => {
  await home.signIn();
  const second = new HomePage(await context.newPage(), server);
  await home.open();
  await second.open();
  await home.connectAccount();
  await expect(second.badge).toHaveText("Connected");
});
