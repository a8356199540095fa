// Loads each provider's default workspace from the sandbox with its limits on, and prints what came against what there is, and
// the requests that it took against the least that the workspace can be read in.
//
//   node benches/providers.mjs target/release/tributary
import { bearer, connect, ids, withSandbox, withServer } from "./program.mjs";

const latency = 50;

/** The least requests, and what is sent beyond them. Pages hold 100 records everywhere. */
const least = {
  hubspot: [19, "12 pages of contacts, 4 of companies, 3 of deals"],
  notion: [20, "1 for the data sources, 5 for their databases, 4 for 400 pages, 10 for rows; search also returns 200 of the rows: 2 more"],
  airtable: [23, "1 for the bases, 3 for their tables, 19 pages of records"],
};

async function load(url, provider) {
  const began = performance.now();
  const answer = await fetch(`${url}/integrations/${provider}/items?${ids}`, { headers: { ...bearer, accept: "application/x-ndjson" } });
  const events = (await answer.text()).trim().split("\n").map((line) => JSON.parse(line));
  const { complete, report } = events.at(-1);
  const sum = (count) => report.reduce((all, stream) => all + stream[count], 0);
  const outcome = complete ? "complete" : `without ${report.filter(({ outcome }) => outcome !== "complete").map(({ stream }) => stream)}`;
  return { items: sum("records"), requests: sum("requests"), streams: report.length, outcome, seconds: (performance.now() - began) / 1000 };
}

await withSandbox(["--latency-ms", `${latency}`], (address) =>
  withServer(address, async (url) => {
    const control = (name, body) =>
      fetch(`http://${address}/__sandbox/${name}`, body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    console.log(`\nEach default workspace, ${latency} ms a request, limits on.\n`);
    console.log("provider  answers         items    of  streams  requests  least  seconds  outcome");
    for (const [provider, [fewest]] of Object.entries(least)) {
      await connect(url, provider);
      const { holds } = await (await control("stats")).json();
      const all = Object.values(holds[provider]).reduce((sum, count) => sum + count, 0);
      for (const [answers, faults] of [["as they are", []], ["every 20th 502", [{ path: `/${provider}/`, kind: "status", status: 502, when: { every: 20 } }]]]) {
        await control("config", { faults });
        // HubSpot's 19 requests meet the 20th answer in the second load.
        if (faults.length > 0) await load(url, provider);
        const { items, requests, streams, outcome, seconds } = await load(url, provider);
        const cells = [items, all].map((count) => count.toString().padStart(5)).join(" ");
        console.log(
          `${provider.padEnd(8)}  ${answers.padEnd(14)}  ${cells}  ${streams.toString().padStart(7)}  ${requests.toString().padStart(8)}  ${fewest.toString().padStart(5)}  ${seconds.toFixed(2).padStart(7)}  ${outcome}`,
        );
      }
      await control("config", { faults: [] });
    }
    console.log("\nThe least:");
    for (const [provider, [fewest, why]] of Object.entries(least)) console.log(`${provider}: ${fewest}: ${why}`);
  }),
);
