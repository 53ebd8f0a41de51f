// Runs interop cases with grpc-js against 127.0.0.1:PORT and prints one line of JSON for each: node client.mjs PORT CASE...
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { grpc, contract } from './contract.mjs';
import { cases } from './cases.mjs';

const [port, ...names] = process.argv.slice(2);
const address = `127.0.0.1:${port}`;
const insecure = grpc.credentials.createInsecure();
const gzip = { 'grpc.default_compression_algorithm': 2, 'grpc.use_local_subchannel_pool': 1 };

const clients = {
  plain: new contract.TestService(address, insecure),
  gzip: new contract.TestService(address, insecure, gzip),
  unimplemented: new contract.UnimplementedService(address, insecure),
};

function within(seconds, work) {
  let timer;
  const expired = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no result within ${seconds} s`)), seconds * 1000); });
  return Promise.race([work, expired]).finally(() => clearTimeout(timer));
}

for (const name of names) {
  try {
    assert(cases[name], `the grpc-js client does not know the case ${name}`);
    await within(20, cases[name](clients));
    console.log(JSON.stringify({ case: name, ok: true }));
  } catch (error) {
    console.log(JSON.stringify({ case: name, ok: false, error: error.stack ?? String(error) }));
  }
}
for (const client of Object.values(clients)) client.close();
if (process.stdout.writableLength > 0) await once(process.stdout, 'drain');
process.exit(0);
