// Steps and expected counts for tests that use all three providers on one page.

import { expect } from "@playwright/test";

import { type HomePage, type Provider, providers, slug } from "./home-page.ts";
import { type Stats } from "./sandbox.ts";

/** Signs in and connects every provider, one after the other. Returns a card for each. */
export async function connectAll(home: HomePage): Promise<Record<Provider, HomePage>> {
  await home.signIn();
  await home.open();
  for (const provider of providers) await home.forProvider(provider).connectAccount();
  return { HubSpot: home, Notion: home.forProvider("Notion"), Airtable: home.forProvider("Airtable") };
}

/** Starts the loads of all these cards at once, and waits until all are complete. */
export async function loadAll(cards: HomePage[]): Promise<void> {
  for (const card of cards) await card.load.click();
  for (const card of cards) await expect(card.summary).toHaveText("Complete.", { timeout: 60_000 });
}

/** How many items a complete load of one provider returns. */
export const itemsOf = ({ holds }: Stats, provider: Provider) => Object.values(holds[slug(provider)]!).reduce((sum, count) => sum + count, 0);

/** How many items complete loads of all providers return. */
export const itemsOfAll = (stats: Stats) => providers.reduce((sum, provider) => sum + itemsOf(stats, provider), 0);

/** A count as the page shows it: `1,900 items`. */
export const itemCount = (count: number) => `${count.toLocaleString("en")} items`;
