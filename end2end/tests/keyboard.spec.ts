// The page can be used with the keyboard alone.

import { type Locator, type Page } from "@playwright/test";

import { expect, test } from "../support/fixtures.ts";

/** Presses Tab until the target has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 40; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab doesn't reach ${target}`);
}

test("An account can be connected, loaded, browsed and disconnected with the keyboard", async ({ page, home }) => {
  await home.signIn();
  await home.open();
  await tabTo(page, home.connect);
  const opened = page.waitForEvent("popup");
  await page.keyboard.press("Enter");
  const popup = await opened;
  const closed = popup.waitForEvent("close");
  await tabTo(popup, popup.getByRole("button", { name: "Approve" }));
  await popup.keyboard.press("Enter");
  await closed;
  await expect(home.badge).toHaveText("Connected");

  await page.bringToFront();
  await tabTo(page, home.load);
  await page.keyboard.press("Enter");
  await expect(home.summary).toHaveText("Complete.");

  await tabTo(page, home.list);
  await page.keyboard.press("PageDown");
  await expect.poll(() => home.list.evaluate((list) => list.scrollTop)).toBeGreaterThan(0);
  await page.keyboard.press("End");
  await expect(page.locator('[role=row][aria-rowindex="1901"]')).toBeInViewport();

  // Starts again at the top of the page.
  await page.keyboard.press("Home");
  await page.reload();
  await home.waitForHydration();
  await tabTo(page, home.card.getByRole("button", { name: "Disconnect" }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("dialog").getByRole("button", { name: "Disconnect" }));
  await page.keyboard.press("Enter");
  await expect(home.badge).toHaveText("Not connected");
});

test("Bases can be chosen and a long progress list scrolled with the keyboard", async ({ page, home }) => {
  await home.signIn();
  await home.open();
  const airtable = home.forProvider("Airtable");
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
  // One for the list of bases, and one for each table: two bases with three tables each.
  await expect(airtable.streams).toHaveCount(7);
  await expect(airtable.stream("Event planning")).toHaveCount(0);
  await tabTo(page, airtable.card.getByRole("list", { name: "Progress" }));
  await page.keyboard.press("End");
  await expect(airtable.streams.last()).toBeInViewport({ ratio: 1 });
});

test("Every focused element has a visible outline", async ({ page, home }) => {
  await home.openConnected();
  await home.loadEverything();
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

test("After a load started with the keyboard, Tab moves on to the next button", async ({ page, home }) => {
  await home.openConnected();
  await home.load.focus();
  await page.keyboard.press("Enter");
  await expect(home.summary).toHaveText("Complete.");
  await page.keyboard.press("Tab");
  await expect(home.card.getByRole("button", { name: "Disconnect" })).toBeFocused();
});
