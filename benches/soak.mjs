// Connects accounts, loads and reads access tokens for a while, on an embedded store, and prints the memory of the server and
// the length of the store's file. Both have to become flat.
//
//   node benches/soak.mjs target/release/tributary 60
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { bearer, connect, subject, withSandbox, withServer } from "./program.mjs";

const seconds = Number(process.argv[3] ?? 60);
const users = 300;
const workers = 8;
const env = { TRIBUTARY_LINK_REQUESTS_PER_MINUTE: "1000000" };

/** The memory of a process in MB: all, and the part that belongs to no file. */
function memory(child) {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return ["VmRSS", "RssAnon"].map((name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) / 1024);
}

async function expectOk(response) {
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${response.url}: ${response.status}`);
}

async function work(url, until, counts) {
  while (performance.now() < until) {
    const user = counts.connects % users;
    const ids = subject(`org-${user % 5}`, `user-${user}`);
    await connect(url, "hubspot", ids);
    counts.connects += 1;
    for (let load = 0; load < 4; load += 1) {
      await expectOk(await fetch(`${url}/integrations/hubspot/items?${ids}`, { headers: bearer }));
      counts.loads += 1;
    }
    for (let read = 0; read < 20; read += 1) {
      await expectOk(await fetch(`${url}/integrations/hubspot/credentials`, { method: "POST", headers: bearer, body: ids }));
      counts.reads += 1;
    }
  }
}

await withSandbox(["--records", "contacts=3,companies=3,deals=3", "--no-limits"], (address) =>
  withServer(
    address,
    async (url, child, folder) => {
      const counts = { connects: 0, loads: 0, reads: 0 };
      const file = () => statSync(join(folder, "data/tributary.redb")).size / 2 ** 20;
      const row = (...cells) => console.log(cells.map((cell) => String(cell).padStart(10)).join(""));
      const began = performance.now();
      const print = () => {
        const elapsed = ((performance.now() - began) / 1000).toFixed(0);
        row(elapsed, counts.connects, counts.loads, counts.reads, ...memory(child).map((mb) => mb.toFixed(1)), file().toFixed(1));
      };
      row("seconds", "connects", "loads", "reads", "RSS MB", "anon MB", "file MB");
      print();
      const timer = setInterval(print, (seconds * 1000) / 12);
      const working = Array.from({ length: workers }, () => work(url, began + seconds * 1000, counts));
      await Promise.all(working).finally(() => clearInterval(timer));
      print();
    },
    env,
  ),
);
