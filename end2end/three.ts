// Three providers on one page, as the tests of all of them together use it.

import { type Desk, expect, type Provider, providers, slug } from "./desk.ts";
import { type Stats } from "./sandbox.ts";

/** How many items the sandbox has for a provider. */
export const held = ({ holds }: Stats, provider: Provider) => Object.values(holds[slug(provider)]!).reduce((sum, count) => sum + count, 0);

/** As the page writes it: `1,900 items`. */
export const items = (count: number) => `${count.toLocaleString("en")} items`;

/** Signs in and connects all, one after the other. */
export async function connectAll(desk: Desk): Promise<Record<Provider, Desk>> {
  await desk.signIn();
  await desk.open();
  for (const provider of providers) await desk.at(provider).connectAccount();
  return { HubSpot: desk, Notion: desk.at("Notion"), Airtable: desk.at("Airtable") };
}

/** Loads all at once, to the end. */
export async function loadAll(cards: Desk[]): Promise<void> {
  for (const card of cards) await card.load.click();
  for (const card of cards) await expect(card.summary).toHaveText("Complete.", { timeout: 60_000 });
}

/** How many items the sandbox has altogether. */
export const heldByAll = (stats: Stats) => providers.reduce((sum, provider) => sum + held(stats, provider), 0);
