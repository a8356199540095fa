// How a connection ends: a person disconnects it, or the provider revokes its grant.

import { expect, test } from "../support/fixtures.ts";

test("Disconnecting asks for confirmation, revokes the grant and deletes it", async ({ page, home, server }) => {
  await home.openConnected();
  const confirm = page.getByRole("dialog", { name: "Disconnect HubSpot" });
  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await expect(confirm).toBeVisible();
  await confirm.getByRole("button", { name: "Keep connected" }).click();
  await expect(confirm).toBeHidden();
  await expect(home.badge).toHaveText("Connected");
  expect((await server.sandbox.stats()).revocations).toBe(0);

  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await confirm.getByRole("button", { name: "Disconnect" }).click();
  await expect(home.badge).toHaveText("Not connected");
  await expect(home.message).toHaveText("HubSpot is disconnected.");
  await expect(confirm).toHaveCount(0);
  expect((await server.sandbox.stats()).revocations).toBe(1);

  await home.reload();
  await expect(home.badge).toHaveText("Not connected");
  await home.connectAccount();
});

test("Escape closes the dialog and keeps the connection", async ({ page, home }) => {
  await home.openConnected();
  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await expect(home.badge).toHaveText("Connected");
});

test("When the provider doesn't confirm the revocation, the connection is deleted and the message says so", async ({ page, home, server }) => {
  await home.openConnected();
  await server.sandbox.config({ faults: [{ path: "/hubspot/oauth/2026-03/token/revoke", kind: "status", status: 400 }] });
  await home.card.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await expect(home.badge).toHaveText("Not connected");
  await expect(home.message).toHaveText(
    "HubSpot is disconnected. HubSpot did not confirm that the access is revoked. Remove Tributary in HubSpot's settings under Integrations, Connected Apps.",
  );
});

test("A load refreshes an expired token", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.command("expire");
  await home.loadEverything();
  await expect(home.total).toHaveText("1,900 items");
  expect((await server.sandbox.stats()).refreshes).toBe(1);
});

test("When the provider revoked the grant, a load says to reconnect", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.command("revoke_all");
  await home.load.click();
  await expect(home.summary).toHaveText("Nothing loaded: contacts, companies and deals are missing.");
  for (const name of ["contacts", "companies", "deals"]) {
    await expect(home.stream(name)).toContainText("Reconnect HubSpot to go on.");
  }
  await home.reload();
  await expect(home.badge).toHaveText("Reconnect required");
  await expect(home.card).toContainText("Reconnect to go on.");
  await expect(home.load).toHaveCount(0);
  await server.sandbox.command("reset");
  await home.connectAccount(home.reconnect);
  await home.loadEverything();
});

test("When a load finds that the grant was revoked, the card offers to reconnect at once", async ({ home, server }) => {
  await home.openConnected();
  await server.sandbox.command("revoke_all");
  await home.load.click();
  await expect(home.summary).toHaveText("Nothing loaded: contacts, companies and deals are missing.");
  await expect(home.badge).toHaveText("Reconnect required");
  await server.sandbox.command("reset");
  await home.connectAccount(home.reconnect);
  await home.loadEverything();
});
