// Loads 15,000 records from a sandbox that takes 50 ms a request, in both forms, each by a server of its own, and prints
// when the first and the last item came and how much memory the server needed at most.
//
//   node benches/load.mjs target/release/tributary
import { readFileSync } from "node:fs";

import { bearer, connect, ids, withSandbox, withServer } from "./program.mjs";

const records = 15_000;
const latency = 50;

/** The most memory that a process has had, in MB; Linux alone tells. */
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
    const answer = await fetch(`${url}/integrations/hubspot/items?${ids}`, { headers: { ...bearer, accept } });
    let [first, items, rest] = [Number.NaN, 0, ""];
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      // An item begins with its id; what may be the beginning of one waits for the next chunk.
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
  console.log(`${records} records, ${latency} ms a request, limits off. The longest stream has 95 pages: ${((95 * latency) / 1000).toFixed(2)} s at least.\n`);
  console.log("form    items   first item           last item   peak memory (before the load)");
  for (const [form, accept] of [["lines", "application/x-ndjson"], ["array", "application/json"]]) {
    const run = await measure(address, accept);
    const trips = (run.first / latency).toFixed(1);
    console.log(
      `${form}  ${run.items.toString().padStart(6)}  ${(run.first / 1000).toFixed(3)} s (${trips.padStart(5)} trips)  ${(run.last / 1000).toFixed(2).padStart(5)} s     ${run.peak.toFixed(1)} MB (${run.idle.toFixed(1)} MB)`,
    );
  }
});
