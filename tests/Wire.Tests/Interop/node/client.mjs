// Calls the stages with grpc-js, from their .proto files. Prints a line of JSON for each case: node client.mjs SETUP
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import { join, split } from './tensors.mjs';

const setup = JSON.parse(process.argv[2]);
const loading = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };
const files = ['encoder', 'denoiser', 'vae'].map((name) => `qwenmesh/v1/${name}.proto`);
const definitions = protoLoader.loadSync(files, { ...loading, includeDirs: [setup.protos] });
const { qwenmesh } = grpc.loadPackageDefinition(definitions);
const others = protoLoader.loadFileDescriptorSetFromBuffer(Buffer.from(setup.descriptors, 'base64'), loading);
const infrastructure = grpc.loadPackageDefinition(others).grpc;
const insecure = grpc.credentials.createInsecure();

const stagesAt = ({ encoder, denoiser, vae }, options) => ({
  encoder: new qwenmesh.v1.EncoderStage(encoder, insecure, options),
  denoiser: new qwenmesh.v1.DenoiserStage(denoiser, insecure, options),
  vae: new qwenmesh.v1.VaeStage(vae, insecure, options),
});
const direct = stagesAt(setup);
const gateway = stagesAt({ encoder: setup.gateway, denoiser: setup.gateway, vae: setup.gateway });
const services = [[setup.encoder, 'EncoderStage'], [setup.denoiser, 'DenoiserStage'], [setup.vae, 'VaeStage']];
const gzip = stagesAt(setup, { 'grpc.default_compression_algorithm': 2 });

// A bidirectional call: all messages, and how it ended. `each` sees every message as it comes.
function stream(client, method, requests, { deadline = Date.now() + 120_000, each = () => {} } = {}) {
  return new Promise((resolve) => {
    const messages = [];
    const call = client[method](new grpc.Metadata(), { deadline });
    call.on('data', (message) => { messages.push(message); each(call, message); });
    call.on('error', () => {});
    call.on('status', (status) => setImmediate(resolve, { ...status, messages }));
    for (const request of requests) call.write(request);
    call.end();
  });
}

const unary = (client, method, request = {}) => new Promise((resolve, reject) => {
  client[method](request, { deadline: Date.now() + 120_000 }, (error, response) => (error ? reject(error) : resolve(response)));
});

async function tensor(name, client, method, requests) {
  const { code, details, messages } = await stream(client, method, requests);
  assert.equal(code, grpc.status.OK, details);
  return join(name, messages.filter((message) => message.frame).map((message) => message.frame));
}

const encodeRequest = (prompt = setup.prompt) => [{ parameters: { prompts: [prompt], template: 'PROMPT_TEMPLATE_TEXT_TO_IMAGE' } }];
const denoiseRequests = (embeds, steps, cells = setup.cells) => [
  { parameters: { latent_height: cells, latent_width: cells, num_inference_steps: steps, scheduler: 'SCHEDULER_CHECKPOINT', true_cfg_scale: 1, seed: setup.seed } },
  ...split('prompt_embeds', embeds).map((frame) => ({ frame })),
];
const embeds = { dtype: 'DATA_TYPE_FLOAT32', shape: [8, 128], bytes: Buffer.alloc(8 * 128 * 4) };

async function picture({ encoder, denoiser, vae }) {
  const conditioning = await tensor('prompt_embeds', encoder, 'Encode', encodeRequest());
  const latents = await tensor('latents', denoiser, 'Denoise', denoiseRequests(conditioning, setup.steps));
  const requests = [{ parameters: { output_dtype: 'DATA_TYPE_UINT8' } }, ...split('latents', latents).map((frame) => ({ frame }))];
  const image = await tensor('image', vae, 'Decode', requests);
  assert.deepEqual([image.dtype, image.shape], ['DATA_TYPE_UINT8', [32 * setup.cells, 32 * setup.cells, 3]]);
  return createHash('sha256').update(image.bytes).digest('hex');
}

function checkFault(ended, stage, text, code = 'INVALID_ARGUMENT', reason = 'INVALID_REQUEST') {
  assert.equal(ended.code, grpc.status[code], ended.details);
  assert.match(ended.details, text);
  const [bytes] = ended.metadata.get('grpc-status-details-bin');
  const status = others['google.rpc.Status'].deserialize(bytes);
  assert.deepEqual([status.code, status.message], [ended.code, ended.details]);
  const info = status.details.find((detail) => detail.type_url === 'type.googleapis.com/google.rpc.ErrorInfo');
  assert.deepEqual(others['google.rpc.ErrorInfo'].deserialize(info.value), { reason, domain: 'qwenmesh', metadata: [{ key: 'stage', value: stage }] });
}

async function stillDenoises(client) {
  const latents = await tensor('latents', client, 'Denoise', denoiseRequests(embeds, 1));
  assert.deepEqual(latents.shape, [12, setup.cells, setup.cells]);
}

const cases = {
  picture: () => picture(direct),

  picture_through_the_gateway: () => picture(gateway),

  async health() {
    for (const [address, stage] of services) {
      const client = new infrastructure.health.v1.Health(address, insecure);
      for (const service of ['', `qwenmesh.v1.${stage}`]) assert.equal((await unary(client, 'Check', { service })).status, 'SERVING');
      await assert.rejects(unary(client, 'Check', { service: 'qwenmesh.v1.Unknown' }), { code: grpc.status.NOT_FOUND });
    }
  },

  async reflection() {
    for (const [address, stage] of services) {
      const client = new infrastructure.reflection.v1.ServerReflection(address, insecure);
      const { messages: [answer] } = await stream(client, 'ServerReflectionInfo', [{ list_services: '' }]);
      const names = answer.list_services_response.service.map((service) => service.name);
      for (const name of [`qwenmesh.v1.${stage}`, 'qwenmesh.v1.StageInfo', 'grpc.health.v1.Health']) assert(names.includes(name), names.join());
    }
  },

  async model_info() {
    for (const [stage, component] of [['encoder', 'text_encoder'], ['denoiser', 'transformer'], ['vae', 'vae']]) {
      const client = new qwenmesh.v1.StageInfo(setup[stage], insecure);
      const info = await unary(client, 'GetModelInfo');
      assert.deepEqual([info.component, info.details], [component, stage]);
      assert.match(info.fingerprint, /^[0-9a-f]{64}$/);
    }
  },

  async faults() {
    for (const { encoder, denoiser, vae } of [direct, gateway]) {
      checkFault(await stream(encoder, 'Encode', [{ parameters: { prompts: ['x'] } }]), 'encoder', /template is required/);
      checkFault(await stream(denoiser, 'Denoise', denoiseRequests(embeds, 0)), 'denoiser', /num_inference_steps is 0/);
      checkFault(await stream(vae, 'Decode', []), 'vae', /the first must be the parameters/);
    }
  },

  async damaged_frame() {
    for (const { denoiser } of [direct, gateway]) {
      const requests = denoiseRequests(embeds, 1);
      requests.at(-1).frame.chunk.crc32c ^= 1;
      checkFault(await stream(denoiser, 'Denoise', requests), 'denoiser', /checksum mismatch/, 'DATA_LOSS', 'CORRUPTED');
    }
  },

  async compressed_request() {
    const long = { ...embeds, shape: [200, 128], bytes: Buffer.alloc(200 * 128 * 4) };
    const latents = await tensor('latents', gzip.denoiser, 'Denoise', denoiseRequests(long, 1));
    assert.deepEqual(latents, await tensor('latents', direct.denoiser, 'Denoise', denoiseRequests(long, 1)));
  },

  async unknown_method() {
    const { Decode } = qwenmesh.v1.VaeStage.service;
    const Other = grpc.makeGenericClientConstructor({ Decode: { ...Decode, path: '/qwenmesh.v1.VaeStage/Undo' } }, 'VaeStage');
    for (const address of [setup.vae, setup.gateway]) {
      assert.equal((await stream(new Other(address, insecure), 'Decode', [])).code, grpc.status.UNIMPLEMENTED);
    }
  },

  async deadline() {
    for (const { denoiser } of [direct, gateway]) {
      const ended = await stream(denoiser, 'Denoise', denoiseRequests(embeds, 10_000, 16), { deadline: Date.now() + 300 });
      assert.equal(ended.code, grpc.status.DEADLINE_EXCEEDED, ended.details);
      await stillDenoises(denoiser);
    }
  },

  async cancellation() {
    for (const { denoiser } of [direct, gateway]) {
      const each = (call, message) => { if (message.step) call.cancel(); };
      const ended = await stream(denoiser, 'Denoise', denoiseRequests(embeds, 10_000, 16), { each });
      assert.equal(ended.code, grpc.status.CANCELLED, ended.details);
      await stillDenoises(denoiser);
    }
  },
};

for (const name of setup.cases) {
  const line = { case: name, ok: true };
  try {
    line.result = await cases[name]();
  } catch (error) {
    Object.assign(line, { ok: false, error: error.stack ?? String(error) });
  }
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
for (const client of [direct, gateway, gzip].flatMap(Object.values)) client.close();
