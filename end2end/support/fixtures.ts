// The `test` function of all browser tests. It starts a server for each test, opens the home page, and fails a test
// during which a page reports an error.

import { expect, test as base, type BrowserContext } from "@playwright/test";

import { HomePage } from "./home-page.ts";
import { startServer, type Server } from "./server.ts";

export { expect };

interface Fixtures {
  /** A server for this test alone, since rate limits and the sandbox's settings apply to all its users. */
  server: Server;
  /** The home page. Nobody is signed in yet. */
  home: HomePage;
  /** Console errors that the test causes on purpose. */
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

  // Depends on the server, so that the pages are closed before the server stops.
  context: async ({ server: _, context, expectedErrors }, use) => {
    const expectNoErrors = watchForErrors(context, expectedErrors);
    await context.addInitScript(flagHydration);
    await use(context);
    expectNoErrors();
  },

  home: async ({ page, server }, use) => use(new HomePage(page, server)),
});

/** Sets `window.hydrated` when the page opens its broadcast channel, which it does once it is hydrated. */
function flagHydration(): void {
  globalThis.BroadcastChannel = class extends BroadcastChannel {
    constructor(name: string) {
      super(name);
      (globalThis as { hydrated?: boolean }).hydrated = true;
    }
  };
}

/** Collects console errors, uncaught exceptions and CSP violations in a context. The returned function fails if there are any unexpected ones. */
export function watchForErrors(context: BrowserContext, expected: RegExp[] = []): () => void {
  const errors: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error" || /Content Security Policy/.test(message.text())) errors.push(`${message.text()} (${message.location().url})`);
  });
  context.on("weberror", (error) => errors.push(String(error.error())));
  return () => expect(errors.filter((error) => !expected.some((pattern) => pattern.test(error)))).toEqual([]);
}
