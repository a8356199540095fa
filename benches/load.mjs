// Loads 15,000 records from a sandbox with a latency of 50 ms per request, in both forms and with a separate server for each,
// and prints when the first and the last item arrive and the peak memory of the server.
//
//   node benches/load.mjs target/release/tributary
import { readFileSync } from "node:fs";

import { bearer, connect, ids, withSandbox, withServer } from "./program.mjs";

const records = 15_000;
const latency = 50;

/** The peak memory of a process in MB, or NaN on other systems than Linux. */
function peak(child) {
  try {
    return Number(readFileSync(`/proc/${child.pid}/status`, "utf8").match(/VmHWM:\s+(\d+)/)[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

const measure = (sandbox, accept) =>
  withServer(sandbox, async (url, child) => {
    await connect(url, "hubspot");
    const idle = peak(child);
    const began = performance.now();
    const response = await fetch(`${url}/integrations/hubspot/items?${ids}`, { headers: { ...bearer, accept } });
    let [first, items, rest] = [Number.NaN, 0, ""];
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      // Every item starts with its id. The end of a chunk may be part of such a start, so it is kept for the next chunk.
      rest += chunk;
      const found = rest.split('{"id":').length - 1;
      if (found > 0 && Number.isNaN(first)) first = performance.now() - began;
      items += found;
      rest = found > 0 ? rest.slice(rest.lastIndexOf('{"id":') + 6) : rest.slice(-6);
    }
    const last = performance.now() - began;
    if (items !== records) throw new Error(`${items} items instead of ${records}`);
    return { items, first, last, idle, peak: peak(child) };
  });

await withSandbox(["--records", `${records}`, "--latency-ms", `${latency}`, "--no-limits"], async (address) => {
  console.log(`${records} records, ${latency} ms per request, no rate limits. The longest stream has 95 pages, which take at least ${((95 * latency) / 1000).toFixed(2)} s.\n`);
  console.log("form    items   first item                 last item   peak memory (before the load)");
  for (const [form, accept] of [["lines", "application/x-ndjson"], ["array", "application/json"]]) {
    const run = await measure(address, accept);
    const roundTrips = (run.first / latency).toFixed(1);
    console.log(
      `${form}  ${run.items.toString().padStart(6)}  ${(run.first / 1000).toFixed(3)} s (${roundTrips.padStart(5)} round trips)  ${(run.last / 1000).toFixed(2).padStart(5)} s     ${run.peak.toFixed(1)} MB (${run.idle.toFixed(1)} MB)`,
    );
  }
});
