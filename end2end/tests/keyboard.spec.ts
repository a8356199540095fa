// The keyboard alone.

import { type Locator, type Page } from "@playwright/test";

import { expect, test } from "../desk.ts";

/** Presses Tab until the target has the focus, as somebody would who has no mouse. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 40; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}

test("An account is connected, loaded, looked through and disconnected by keyboard", async ({ page, desk }) => {
  await desk.signIn();
  await desk.open();
  await tabTo(page, desk.connect);
  const opened = page.waitForEvent("popup");
  await page.keyboard.press("Enter");
  const popup = await opened;
  const closed = popup.waitForEvent("close");
  await tabTo(popup, popup.getByRole("button", { name: "Approve" }));
  await popup.keyboard.press("Enter");
  await closed;
  await expect(desk.badge).toHaveText("Connected");

  await page.bringToFront();
  await tabTo(page, desk.load);
  await page.keyboard.press("Enter");
  await expect(desk.summary).toHaveText("Complete.");

  await tabTo(page, desk.list);
  await page.keyboard.press("PageDown");
  await expect.poll(() => desk.list.evaluate((list) => list.scrollTop)).toBeGreaterThan(0);
  await page.keyboard.press("End");
  await expect(page.locator('[role=row][aria-rowindex="1901"]')).toBeInViewport();

  // Round the page and back to the card.
  await page.keyboard.press("Home");
  await page.reload();
  await desk.ready();
  await tabTo(page, desk.card.getByRole("button", { name: "Disconnect" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("dialog").getByRole("button", { name: "Disconnect" }));
  await page.keyboard.press("Enter");
  await expect(desk.badge).toHaveText("Not connected");
});

test("Bases are chosen and a long progress is read by keyboard", async ({ page, desk }) => {
  await desk.signIn();
  await desk.open();
  const airtable = desk.at("Airtable");
  await tabTo(page, airtable.connect);
  const opened = page.waitForEvent("popup");
  await page.keyboard.press("Enter");
  const popup = await opened;
  const closed = popup.waitForEvent("close");
  const base = popup.getByRole("checkbox", { name: "Event planning" });
  await tabTo(popup, base);
  await popup.keyboard.press("Space");
  await expect(base).not.toBeChecked();
  await tabTo(popup, popup.getByRole("button", { name: "Grant access" }));
  await popup.keyboard.press("Enter");
  await closed;
  await expect(airtable.badge).toHaveText("Connected");

  await page.bringToFront();
  await tabTo(page, airtable.load);
  await page.keyboard.press("Enter");
  await expect(airtable.summary).toHaveText("Complete.");
  // The bases, and three tables in each of two.
  await expect(airtable.streams).toHaveCount(7);
  await expect(airtable.stream("Event planning")).toHaveCount(0);
  await tabTo(page, airtable.card.getByRole("list", { name: "Progress" }));
  await page.keyboard.press("End");
  await expect(airtable.streams.last()).toBeInViewport({ ratio: 1 });
});

test("The focus can be seen wherever Tab leads", async ({ page, desk }) => {
  await desk.begin();
  await desk.loadAll();
  await page.locator("body").click({ position: { x: 1, y: 1 } });
  for (let presses = 0; presses < 12; presses += 1) {
    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement!);
      return `${outlineStyle} ${outlineWidth}`;
    });
    expect(outline).toBe("solid 2px");
  }
});

test("After a load by keyboard, Tab goes on from there", async ({ page, desk }) => {
  await desk.begin();
  await desk.load.focus();
  await page.keyboard.press("Enter");
  await expect(desk.summary).toHaveText("Complete.");
  await page.keyboard.press("Tab");
  await expect(desk.card.getByRole("button", { name: "Disconnect" })).toBeFocused();
});
