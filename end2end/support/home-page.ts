// Page objects: the home page and the popup in which a provider asks for consent.

import { expect, type Locator, type Page } from "@playwright/test";

import type { Server } from "./server.ts";

/** The buttons on each provider's consent page. */
const consentButtons = {
  HubSpot: { approve: "Approve", deny: "Deny" },
  Notion: { approve: "Allow access", deny: "Cancel" },
  Airtable: { approve: "Grant access", deny: "Cancel" },
} as const;

export type Provider = keyof typeof consentButtons;

/** All providers, in the order of their cards. */
export const providers = Object.keys(consentButtons) as Provider[];

/** A provider's slug, which is used in paths and in the sandbox's counters: `notion`. */
export const slug = (provider: Provider) => provider.toLowerCase() as Lowercase<Provider>;

/** The home page: one provider's card, and the list of items. */
export class HomePage {
  readonly page: Page;
  readonly server: Server;
  readonly provider: Provider;
  readonly card: Locator;
  readonly badge: Locator;
  readonly message: Locator;
  readonly connect: Locator;
  readonly reconnect: Locator;
  readonly load: Locator;
  readonly stop: Locator;
  readonly summary: Locator;
  readonly streams: Locator;
  readonly items: Locator;
  readonly total: Locator;
  readonly rows: Locator;
  readonly list: Locator;
  readonly filter: Locator;

  constructor(page: Page, server: Server, provider: Provider = "HubSpot") {
    this.page = page;
    this.server = server;
    this.provider = provider;
    this.card = page.getByRole("article", { name: provider });
    this.badge = this.card.locator("header .badge:not(.sandbox)");
    this.message = this.card.locator(".message");
    this.connect = this.card.getByRole("link", { name: `Connect ${provider}`, exact: true });
    this.reconnect = this.card.getByRole("link", { name: `Reconnect ${provider}` });
    this.load = this.card.getByRole("button", { name: "Load" });
    this.stop = this.card.getByRole("button", { name: "Stop" });
    this.summary = this.card.locator(".summary");
    this.streams = this.card.getByRole("list", { name: "Progress" }).getByRole("listitem");
    this.items = page.getByRole("region", { name: "Items" });
    this.total = this.items.locator(".total");
    this.rows = page.getByRole("table", { name: "Items" }).getByRole("row");
    this.list = page.locator(".table .body");
    this.filter = page.getByLabel("Filter by name, type, id or provider");
  }

  /** The same page with the card of another provider. */
  forProvider(provider: Provider): HomePage {
    return new HomePage(this.page, this.server, provider);
  }

  /** The page's URL for a user of the organisation `acme`. */
  url(user: string): string {
    return `${this.server.url}/?org_id=acme&user_id=${user}`;
  }

  /** Opens the sign-in link, which works once, and presses its button. */
  async signIn(): Promise<void> {
    await this.page.goto(this.server.signInLink);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await expect(this.page).toHaveURL(`${this.server.url}/`);
  }

  /** Opens the page for a user and waits for hydration. */
  async open(user = "ada"): Promise<void> {
    await this.page.goto(this.url(user));
    await this.waitForHydration();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.waitForHydration();
  }

  /** Waits until the page's WASM handles events. */
  async waitForHydration(): Promise<void> {
    await this.page.waitForFunction(() => (globalThis as { hydrated?: boolean }).hydrated);
  }

  /** Clicks a link of the card, and returns the popup once it shows the provider's consent page. */
  async openPopup(link: Locator = this.connect): Promise<Popup> {
    const opened = this.page.waitForEvent("popup");
    await link.click();
    const popup = await opened;
    await expect(popup.getByRole("button", { name: consentButtons[this.provider].approve })).toBeVisible();
    return new Popup(popup, this.provider);
  }

  /** Connects through the popup. */
  async connectAccount(link: Locator = this.connect): Promise<void> {
    const popup = await this.openPopup(link);
    await popup.approve();
    await expect(this.badge).toHaveText("Connected");
  }

  /** Signs in, opens the page for a user, and connects. */
  async openConnected(user = "ada"): Promise<void> {
    await this.signIn();
    await this.open(user);
    await this.connectAccount();
  }

  /** Loads everything, and waits until the load is complete. */
  async loadEverything(): Promise<void> {
    await this.load.click();
    await expect(this.summary).toHaveText("Complete.", { timeout: 60_000 });
  }

  /** Disconnects, and confirms it in the dialog. */
  async disconnect(): Promise<void> {
    await this.card.getByRole("button", { name: "Disconnect" }).click();
    await this.page.getByRole("dialog", { name: `Disconnect ${this.provider}` }).getByRole("button", { name: "Disconnect" }).click();
    await expect(this.badge).toHaveText("Not connected");
  }

  /** Scrolls the list to its end, and returns its last row, which has to be number `count`. */
  async scrollToLastRow(count: number): Promise<Locator> {
    await this.list.scrollIntoViewIfNeeded();
    await this.list.evaluate((list) => list.scrollTo(0, list.scrollHeight));
    const last = this.page.locator(`[role=row][aria-rowindex="${count + 1}"]`);
    await expect(last).toBeInViewport();
    return last;
  }

  /** The progress of a stream. */
  stream(name: string): Locator {
    return this.streams.filter({ hasText: name });
  }

  /** All loaded items, read through the Copy button and the clipboard. */
  async copyItems(): Promise<Item[]> {
    await this.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const raw = this.items.locator("details.raw");
    if (!(await raw.evaluate((details) => (details as HTMLDetailsElement).open))) await this.items.getByText("Raw JSON", { exact: true }).click();
    await this.items.getByRole("button", { name: "Copy" }).click();
    await expect(raw.getByRole("status")).toHaveText(/^Copied [\d,]+ items\.$/);
    return JSON.parse(await this.page.evaluate(() => navigator.clipboard.readText())) as Item[];
  }
}

/** The keys of an item that the tests use. */
export interface Item {
  id: string;
  type: string;
  name: string;
  parent_id: string | null;
  url: string;
}

/** The popup at a provider's consent page. */
export class Popup {
  readonly page: Page;
  private readonly provider: Provider;

  constructor(page: Page, provider: Provider) {
    this.page = page;
    this.provider = provider;
  }

  /** Shares exactly these pages or bases. */
  async choose(...names: string[]): Promise<void> {
    const boxes = this.page.getByRole("checkbox");
    for (const box of await boxes.all()) await box.uncheck();
    for (const name of names) await this.page.getByRole("checkbox", { name, exact: true }).check();
  }

  /** Grants access, and waits until the popup closes itself. */
  async approve(): Promise<void> {
    await this.click(consentButtons[this.provider].approve);
  }

  /** Denies access, and waits until the popup closes itself. */
  async deny(): Promise<void> {
    await this.click(consentButtons[this.provider].deny);
  }

  private async click(name: string): Promise<void> {
    const closed = this.page.waitForEvent("close");
    await this.page.getByRole("button", { name }).click();
    await closed;
  }
}

/** Grants access at a consent page without a browser. Returns the callback URL that the provider redirects to. */
export async function approvedCallback(consentUrl: string): Promise<string> {
  const response = await fetch(consentUrl, { method: "POST", body: new URLSearchParams({ decision: "approve" }), redirect: "manual" });
  expect(response.status).toBe(303);
  return response.headers.get("location")!;
}
