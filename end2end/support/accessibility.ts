// The accessibility check that all browser tests share.

import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** The colour schemes and the narrow viewport in which pages are checked, as options of `test.use`. */
export const displays = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 320, height: 640 } }],
] as const;

/** Checks the page against all of axe's rules. A failure names the violated rules and elements; `state` says what the page shows. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).analyze();
  const described = violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  expect.soft(described, state).toEqual([]);
  // Guards against a check that finds nothing because it ran on an empty page.
  expect(passes.length, state).toBeGreaterThan(5);
}
