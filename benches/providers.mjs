// Loads each provider's default workspace from the sandbox with rate limits, and prints how many of its items were loaded, and
// the number of requests beside the minimum for that workspace.
//
//   node benches/providers.mjs target/release/tributary
import { bearer, connect, ids, withSandbox, withServer } from "./program.mjs";

const latency = 50;

/** The minimum number of requests, and how it adds up. Every provider returns up to 100 records per page. */
const minimum = {
  hubspot: [19, "12 pages of contacts, 4 of companies, 3 of deals"],
  notion: [20, "1 for the data sources, 5 for their databases, 4 for 400 pages, 10 for rows; a load needs 2 more, since search also returns 200 of the rows"],
  airtable: [23, "1 for the bases, 3 for their tables, 19 pages of records"],
};

async function load(url, provider) {
  const began = performance.now();
  const response = await fetch(`${url}/integrations/${provider}/items?${ids}`, { headers: { ...bearer, accept: "application/x-ndjson" } });
  const events = (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
  const { complete, report } = events.at(-1);
  const sum = (count) => report.reduce((total, stream) => total + stream[count], 0);
  const outcome = complete ? "complete" : `failed: ${report.filter(({ outcome }) => outcome !== "complete").map(({ stream }) => stream)}`;
  return { items: sum("records"), requests: sum("requests"), streams: report.length, outcome, seconds: (performance.now() - began) / 1000 };
}

await withSandbox(["--latency-ms", `${latency}`], (address) =>
  withServer(address, async (url) => {
    const control = (name, body) =>
      fetch(`http://${address}/__sandbox/${name}`, body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    console.log(`\nThe default workspaces, ${latency} ms per request, with rate limits.\n`);
    console.log("provider  responses       items    of  streams  requests  minimum  seconds  outcome");
    for (const [provider, [minRequests]] of Object.entries(minimum)) {
      await connect(url, provider);
      const { holds } = await (await control("stats")).json();
      const available = Object.values(holds[provider]).reduce((sum, count) => sum + count, 0);
      for (const [responses, faults] of [["without faults", []], ["every 20th 502", [{ path: `/${provider}/`, kind: "status", status: 502, when: { every: 20 } }]]]) {
        await control("config", { faults });
        // A load of HubSpot has 19 requests, so the second load gets the 20th response.
        if (faults.length > 0) await load(url, provider);
        const { items, requests, streams, outcome, seconds } = await load(url, provider);
        const cells = [items, available].map((count) => count.toString().padStart(5)).join(" ");
        console.log(
          `${provider.padEnd(8)}  ${responses.padEnd(14)}  ${cells}  ${streams.toString().padStart(7)}  ${requests.toString().padStart(8)}  ${minRequests.toString().padStart(7)}  ${seconds.toFixed(2).padStart(7)}  ${outcome}`,
        );
      }
      await control("config", { faults: [] });
    }
    console.log("\nThe minimum number of requests:");
    for (const [provider, [minRequests, sum]] of Object.entries(minimum)) console.log(`${provider}: ${minRequests}: ${sum}`);
  }),
);
