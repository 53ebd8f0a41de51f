// The interop cases for grpc-js, named and sized as in grpc/grpc doc/interop-test-descriptions.md.
import assert from 'node:assert/strict';
import { grpc, echoInitial, echoTrailing, echoTrailingValue, unpacked, zeros } from './contract.mjs';

const LARGE_REQUEST = 271828;
const LARGE_RESPONSE = 314159;
const NO_COMPRESS = 2;

class FlaggedCall extends grpc.InterceptingCall {
  #flags;
  constructor(next, flags) {
    super(next);
    this.#flags = [...flags];
  }
  sendMessageWithContext(context, message) {
    super.sendMessageWithContext({ ...context, flags: this.#flags.shift() ?? 0 }, message);
  }
}

const withFlags = (...flags) => ({ interceptors: [(options, next) => new FlaggedCall(next(options), flags)] });

function unary(client, method, request, metadata = new grpc.Metadata(), options = {}) {
  return new Promise((resolve) => {
    const result = { initial: null, trailing: null };
    const call = client[method](request, metadata, options, (error, response) => {
      result.error = error;
      result.response = response;
    });
    call.on('metadata', (initial) => { result.initial = initial; });
    call.on('status', (status) => {
      result.code = status.code;
      result.details = status.details;
      result.trailing = status.metadata;
      setImmediate(resolve, result);
    });
  });
}

function watched(call) {
  const state = { messages: [], waiting: [], call };
  state.done = new Promise((resolve) => {
    call.on('metadata', (initial) => { state.initial = initial; });
    call.on('error', () => {});
    call.on('data', (message) => {
      const waiter = state.waiting.shift();
      if (waiter) waiter(message); else state.messages.push(message);
    });
    call.on('status', (status) => { setImmediate(resolve, status); });
  });
  state.next = () => (state.messages.length ? Promise.resolve(state.messages.shift()) : new Promise((resolve) => state.waiting.push(resolve)));
  return state;
}

function collect(client, options = {}, metadata = new grpc.Metadata()) {
  const state = {};
  state.finished = new Promise((resolve) => {
    state.call = client.StreamingInputCall(metadata, options, (error, response) => resolve({ error, response, code: error?.code ?? grpc.status.OK }));
  });
  state.call.on('error', () => {});
  return state;
}

const allZero = (body, size) => {
  assert.equal(body.length, size);
  assert(body.every((value) => value === 0), 'the payload is not all zeros');
};

async function large(client, extra = {}, options = {}) {
  return unary(client, 'UnaryCall', { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST), ...extra }, new grpc.Metadata(), options);
}

function okLarge(result) {
  assert.equal(result.code, grpc.status.OK, result.details);
  allZero(result.response.payload.body, LARGE_RESPONSE);
}

function echoMetadata() {
  const metadata = new grpc.Metadata();
  metadata.set(echoInitial, 'test_initial_metadata_value');
  metadata.set(echoTrailing, echoTrailingValue);
  return metadata;
}

function checkEcho(initial, trailing) {
  assert.deepEqual(initial.get(echoInitial), ['test_initial_metadata_value']);
  assert.deepEqual(trailing.get(echoTrailing), [echoTrailingValue]);
}

async function statusCases(client, code, message) {
  const response_status = { code, message };
  const result = await unary(client, 'UnaryCall', { response_status });
  assert.deepEqual([result.code, result.details], [code, message]);
  const duplex = watched(client.FullDuplexCall());
  duplex.call.write({ response_status });
  duplex.call.end();
  const status = await duplex.done;
  assert.deepEqual([status.code, status.details], [code, message]);
}

export const cases = {
  async empty_unary({ plain }) {
    const result = await unary(plain, 'EmptyCall', {});
    assert.equal(result.code, grpc.status.OK, result.details);
    assert.deepEqual(result.response, {});
  },

  async large_unary({ plain }) {
    okLarge(await large(plain));
  },

  async client_compressed_unary({ gzip }) {
    const probe = await large(gzip, { expect_compressed: { value: true } }, withFlags(NO_COMPRESS));
    assert.equal(probe.code, grpc.status.INVALID_ARGUMENT);
    okLarge(await large(gzip, { expect_compressed: { value: true } }));
    okLarge(await large(gzip, { expect_compressed: { value: false } }, withFlags(NO_COMPRESS)));
  },

  async server_compressed_unary({ plain }) {
    for (const value of [true, false]) {
      const before = unpacked.count;
      okLarge(await large(plain, { response_compressed: { value } }));
      assert.equal(unpacked.count - before, value ? 1 : 0, `compressed responses when response_compressed is ${value}`);
    }
  },

  async client_streaming({ plain }) {
    const { call, finished } = collect(plain);
    for (const size of [27182, 8, 1828, 45904]) call.write({ payload: zeros(size) });
    call.end();
    const { error, response } = await finished;
    assert.ifError(error);
    assert.equal(response.aggregated_payload_size, 74922);
  },

  async client_compressed_streaming({ gzip }) {
    const probe = collect(gzip, withFlags(NO_COMPRESS));
    probe.call.write({ expect_compressed: { value: true }, payload: zeros(27182) });
    probe.call.end();
    assert.equal((await probe.finished).code, grpc.status.INVALID_ARGUMENT);

    const { call, finished } = collect(gzip, withFlags(0, NO_COMPRESS));
    call.write({ expect_compressed: { value: true }, payload: zeros(27182) });
    call.write({ expect_compressed: { value: false }, payload: zeros(45904) });
    call.end();
    const { error, response } = await finished;
    assert.ifError(error);
    assert.equal(response.aggregated_payload_size, 73086);
  },

  async server_streaming({ plain }) {
    const sizes = [31415, 9, 2653, 58979];
    const stream = watched(plain.StreamingOutputCall({ response_parameters: sizes.map((size) => ({ size })) }));
    const status = await stream.done;
    assert.equal(status.code, grpc.status.OK, status.details);
    assert.deepEqual(stream.messages.map((message) => message.payload.body.length), sizes);
  },

  async server_compressed_streaming({ plain }) {
    const before = unpacked.count;
    const parameters = [{ compressed: { value: true }, size: 31415 }, { compressed: { value: false }, size: 92653 }];
    const stream = watched(plain.StreamingOutputCall({ response_parameters: parameters }));
    const status = await stream.done;
    assert.equal(status.code, grpc.status.OK, status.details);
    assert.deepEqual(stream.messages.map((message) => message.payload.body.length), [31415, 92653]);
    assert.equal(unpacked.count - before, 1, 'compressed responses');
  },

  async ping_pong({ plain }) {
    const duplex = watched(plain.FullDuplexCall());
    for (const [request, response] of [[27182, 31415], [8, 9], [1828, 2653], [45904, 58979]]) {
      duplex.call.write({ response_parameters: [{ size: response }], payload: zeros(request) });
      allZero((await duplex.next()).payload.body, response);
    }
    duplex.call.end();
    const status = await duplex.done;
    assert.equal(status.code, grpc.status.OK, status.details);
    assert.equal(duplex.messages.length, 0);
  },

  async empty_stream({ plain }) {
    const duplex = watched(plain.FullDuplexCall());
    duplex.call.end();
    const status = await duplex.done;
    assert.equal(status.code, grpc.status.OK, status.details);
    assert.equal(duplex.messages.length, 0);
  },

  async custom_metadata({ plain }) {
    const result = await unary(plain, 'UnaryCall', { response_size: LARGE_RESPONSE, payload: zeros(LARGE_REQUEST) }, echoMetadata());
    okLarge(result);
    checkEcho(result.initial, result.trailing);

    const duplex = watched(plain.FullDuplexCall(echoMetadata()));
    duplex.call.write({ response_parameters: [{ size: LARGE_RESPONSE }], payload: zeros(LARGE_REQUEST) });
    duplex.call.end();
    const status = await duplex.done;
    assert.equal(status.code, grpc.status.OK, status.details);
    checkEcho(duplex.initial, status.metadata);
  },

  status_code_and_message: ({ plain }) => statusCases(plain, grpc.status.UNKNOWN, 'test status message'),

  async special_status_message({ plain }) {
    const message = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
    const result = await unary(plain, 'UnaryCall', { response_status: { code: grpc.status.UNKNOWN, message } });
    assert.deepEqual([result.code, result.details], [grpc.status.UNKNOWN, message]);
  },

  async unimplemented_method({ plain }) {
    assert.equal((await unary(plain, 'UnimplementedCall', {})).code, grpc.status.UNIMPLEMENTED);
  },

  async unimplemented_service({ unimplemented }) {
    assert.equal((await unary(unimplemented, 'UnimplementedCall', {})).code, grpc.status.UNIMPLEMENTED);
  },

  async cancel_after_begin({ plain }) {
    const { call, finished } = collect(plain);
    call.cancel();
    assert.equal((await finished).code, grpc.status.CANCELLED);
  },

  async cancel_after_first_response({ plain }) {
    const duplex = watched(plain.FullDuplexCall());
    duplex.call.write({ response_parameters: [{ size: 31415 }], payload: zeros(27182) });
    allZero((await duplex.next()).payload.body, 31415);
    duplex.call.cancel();
    assert.equal((await duplex.done).code, grpc.status.CANCELLED);
  },

  async timeout_on_sleeping_server({ plain }) {
    const duplex = watched(plain.FullDuplexCall(new grpc.Metadata(), { deadline: Date.now() + 1 }));
    duplex.call.write({ payload: zeros(27182) });
    assert.equal((await duplex.done).code, grpc.status.DEADLINE_EXCEEDED);
  },
};
