// What every test in the browser has: a server of its own, a signed-in desk on it, and an eye on the console.

import { expect, test as base, type BrowserContext, type Locator, type Page } from "@playwright/test";

import { startServer, type Server } from "./server.ts";

export { expect };

/** Tells when the page's WASM has taken over: it opens this channel when it has, and the popup's script when it runs. */
const noteTakeover = () => {
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      (globalThis as { takenOver?: boolean }).takenOver = true;
    }
  };
};

interface Fixtures {
  /** A server of the test's own, since quotas and the sandbox's settings hold for all its users. */
  server: Server;
  /** The page, signed in to nothing yet. */
  desk: Desk;
  /** Console errors that the test is about. */
  expectedErrors: RegExp[];
}

export const test = base.extend<Fixtures>({
  expectedErrors: [[], { option: true }],

  server: async ({}, use, testInfo) => {
    const server = await startServer();
    try {
      await use(server);
      if (testInfo.status !== testInfo.expectedStatus) await testInfo.attach("server log", { body: server.log(), contentType: "text/plain" });
    } finally {
      await server.stop();
    }
  },

  // After the server in this list, so that the pages are gone before it.
  context: async ({ server: _, context, expectedErrors }, use) => {
    const verify = watch(context, expectedErrors);
    await context.addInitScript(noteTakeover);
    await use(context);
    verify();
  },

  desk: async ({ page, server }, use) => use(new Desk(page, server)),
});

/** Collects what goes wrong on any page of a context. The returned function fails when anything did. */
export function watch(context: BrowserContext, expected: RegExp[] = []): () => void {
  const errors: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) errors.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => errors.push(String(error.error())));
  return () => expect(errors.filter((error) => !expected.some((one) => one.test(error)))).toEqual([]);
}

/** The words of the providers' own pages, by the provider's name. */
const consents = {
  HubSpot: { approve: "Approve", deny: "Deny" },
  Notion: { approve: "Allow access", deny: "Cancel" },
  Airtable: { approve: "Grant access", deny: "Cancel" },
} as const;

export type Provider = keyof typeof consents;

/** All providers, in the order of their cards. */
export const providers = Object.keys(consents) as Provider[];

/** The word for a provider in paths, and in what the sandbox says: `notion`. */
export const slug = (provider: Provider) => provider.toLowerCase() as Lowercase<Provider>;

/** The page, as a person uses it who looks at one provider's card and at the list of items. */
export class Desk {
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

  constructor(
    readonly page: Page,
    readonly server: Server,
    readonly provider: Provider = "HubSpot",
  ) {
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
    this.filter = page.getByLabel("Filter by name, type, id or source");
  }

  /** The same page, with an eye on another provider's card. */
  at(provider: Provider): Desk {
    return new Desk(this.page, this.server, provider);
  }

  address(user: string): string {
    return `${this.server.url}/?org_id=acme&user_id=${user}`;
  }

  /** Signs the browser in, which can be done once. */
  async signIn(): Promise<void> {
    await this.page.goto(this.server.signInLink);
  }

  /** Opens the page for a user, and waits until its WASM has taken over. */
  async open(user = "ada"): Promise<void> {
    await this.page.goto(this.address(user));
    await this.ready();
  }

  /** Waits until the WASM of the page has taken over. */
  async ready(): Promise<void> {
    await this.page.waitForFunction(() => (globalThis as { takenOver?: boolean }).takenOver);
  }

  /** Loads the page's address again. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Follows a link of the card, and brings the popup that it opens, at the provider's page. */
  async popup(link: Locator = this.connect): Promise<Popup> {
    const opened = this.page.waitForEvent("popup");
    await link.click();
    const popup = await opened;
    await expect(popup.getByRole("button", { name: consents[this.provider].approve })).toBeVisible();
    return new Popup(popup, this.provider);
  }

  /** Connects through the popup. */
  async connectAccount(link: Locator = this.connect): Promise<void> {
    const popup = await this.popup(link);
    await popup.approve();
    await expect(this.badge).toHaveText("Connected");
  }

  /** Signs in, opens the page for a user, and connects. */
  async begin(user = "ada"): Promise<void> {
    await this.signIn();
    await this.open(user);
    await this.connectAccount();
  }

  /** Loads everything, to the end. */
  async loadAll(): Promise<void> {
    await this.load.click();
    await expect(this.summary).toHaveText("Complete.", { timeout: 60_000 });
  }

  /** Says yes to the question whether to disconnect. */
  async disconnect(): Promise<void> {
    await this.card.getByRole("button", { name: "Disconnect" }).click();
    await this.page.getByRole("dialog", { name: `Disconnect ${this.provider}` }).getByRole("button", { name: "Disconnect" }).click();
    await expect(this.badge).toHaveText("Not connected");
  }

  /** The last item of so many that are shown, with the list scrolled to its end and into sight. */
  async last(count: number): Promise<Locator> {
    await this.list.scrollIntoViewIfNeeded();
    await this.list.evaluate((list) => list.scrollTo(0, list.scrollHeight));
    const last = this.page.locator(`[role=row][aria-rowindex="${count + 1}"]`);
    await expect(last).toBeInViewport();
    return last;
  }

  /** A stream's line. */
  stream(name: string): Locator {
    return this.streams.filter({ hasText: name });
  }

  /** Everything that was loaded, as the page copies it. */
  async copied(): Promise<Item[]> {
    await this.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const raw = this.items.locator("details.raw");
    if (!(await raw.evaluate((details) => (details as HTMLDetailsElement).open))) await this.items.getByText("Raw JSON", { exact: true }).click();
    await this.items.getByRole("button", { name: "Copy" }).click();
    await expect(raw.getByRole("status")).toHaveText(/^Copied [\d,]+ items\.$/);
    return JSON.parse(await this.page.evaluate(() => navigator.clipboard.readText())) as Item[];
  }
}

/** An item, as far as the tests look at it. */
export interface Item {
  id: string;
  type: string;
  name: string;
  parent_id: string | null;
  url: string;
}

/** The window at the provider. */
export class Popup {
  constructor(
    readonly page: Page,
    private readonly provider: Provider = "HubSpot",
  ) {}

  /** Shares these pages or bases, and no others. */
  async choose(...names: string[]): Promise<void> {
    const boxes = this.page.getByRole("checkbox");
    for (const box of await boxes.all()) await box.uncheck();
    for (const name of names) await this.page.getByRole("checkbox", { name, exact: true }).check();
  }

  /** Says yes, and waits until the window has closed by itself. */
  async approve(): Promise<void> {
    await this.answer(consents[this.provider].approve);
  }

  /** Says no, and waits until the window has closed by itself. */
  async deny(): Promise<void> {
    await this.answer(consents[this.provider].deny);
  }

  private async answer(name: string): Promise<void> {
    const closed = this.page.waitForEvent("close");
    await this.page.getByRole("button", { name }).click();
    await closed;
  }
}

/** Approves at a provider's page without a browser, and gives the address that the provider would send it back to. */
export async function approvedCallback(consent: string): Promise<string> {
  const answer = await fetch(consent, { method: "POST", body: new URLSearchParams({ decision: "approve" }), redirect: "manual" });
  expect(answer.status).toBe(303);
  return answer.headers.get("location")!;
}
