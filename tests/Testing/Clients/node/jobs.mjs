// Jobs of ImageGeneration with grpc-js, from the .proto files. Standard input: {"gateway": authority, "protos": folder, "descriptors": base64 of the
// FileDescriptorSet of google.rpc.Status and its details, "request", "long": messages to submit}. Prints a line of JSON for each case.
import { readFileSync } from 'node:fs';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const setup = JSON.parse(readFileSync(0, 'utf8'));
const loading = { keepCase: true, longs: Number, enums: String, oneofs: true };
const definitions = protoLoader.loadSync('qwenmesh/v1/generation.proto', { ...loading, includeDirs: [setup.protos] });
const { ImageGeneration } = grpc.loadPackageDefinition(definitions).qwenmesh.v1;
const details = protoLoader.loadFileDescriptorSetFromBuffer(Buffer.from(setup.descriptors, 'base64'), loading);
const client = new ImageGeneration(setup.gateway, grpc.credentials.createInsecure());
const soon = () => ({ deadline: Date.now() + 300_000 });

const call = (method, request) => new Promise((resolve, reject) => {
  client[method](request, soon(), (error, response) => (error ? reject(error) : resolve(response)));
});

// Every event until the last one; `each` sees them as they come.
async function watch(id, after = 0, each = () => {}) {
  const events = [];
  for await (const event of client.Watch({ id, after }, soon())) {
    events.push(event);
    await each(event);
  }
  return events;
}

const numbers = (events) => [...new Set(events.map((event) => event.number))];

// Of google.rpc.ErrorInfo, in the details of a failure.
function reason(error) {
  const status = details['google.rpc.Status'].deserialize(error.metadata.get('grpc-status-details-bin')[0]);
  const info = status.details.find((detail) => detail.type_url === 'type.googleapis.com/google.rpc.ErrorInfo');
  return details['google.rpc.ErrorInfo'].deserialize(info.value).reason;
}

let drawn;
const cases = {
  async watch() {
    drawn = await call('Submit', { request: setup.request, idempotency_key: 'js' });
    const events = await watch(drawn.id);
    const file = Buffer.concat(events.filter((event) => event.image).map((event) => event.image.data));
    return { numbers: numbers(events), first: events[0].kind, state: events.at(-1).ended.state, image: file.toString('base64') };
  },
  resume: async () => ({ numbers: numbers(await watch(drawn.id, 3)) }),
  again: async () => ({ isSame: (await call('Submit', { request: setup.request, idempotency_key: 'js' })).id === drawn.id }),
  get: async () => ({ state: (await call('Get', { id: drawn.id })).state }),
  async cancel() {
    const job = await call('Submit', { request: setup.long });
    const events = await watch(job.id, 0, (event) => event.started && call('Cancel', { id: job.id }));
    return { state: events.at(-1).ended.state };
  },
  async list() {
    const first = await call('List', { page_size: 1 });
    const second = await call('List', { page_size: 1, page_token: first.next_page_token });
    return { states: [...first.jobs, ...second.jobs].map((job) => job.state), isDrawn: second.jobs[0].id === drawn.id };
  },
  unknown: () => call('Get', { id: 'none' }).then(() => ({}), (error) => ({ code: error.code, reason: reason(error) })),
};

for (const [name, run] of Object.entries(cases)) {
  try {
    console.log(JSON.stringify({ case: name, ...await run() }));
  } catch (error) {
    console.log(JSON.stringify({ case: name, error: String(error) }));
  }
}
client.close();
