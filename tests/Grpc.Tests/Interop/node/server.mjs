// The interop test service on grpc-js. Prints its port as one line of JSON and stops when its standard input closes.
import { setTimeout as sleep } from 'node:timers/promises';
import { grpc, contract, echoInitial, echoTrailing, unpacked, zeros } from './contract.mjs';

const invalid = (details) => Object.assign(new Error(details), { code: grpc.status.INVALID_ARGUMENT, details });

function echoed(call) {
  const initial = new grpc.Metadata();
  const trailing = new grpc.Metadata();
  for (const value of call.metadata.get(echoInitial)) initial.add(echoInitial, value);
  for (const value of call.metadata.get(echoTrailing)) trailing.add(echoTrailing, value);
  call.sendMetadata(initial);
  return trailing;
}

// A message that says it is compressed uses up one unpacking; an unpacking that no message claims is a message that should not have been compressed.
function checkCompression(message) {
  if (!message.expect_compressed) return;
  if (message.expect_compressed.value && unpacked.count-- <= 0) throw invalid('the request was expected to be compressed');
}

function checkNoneLeft() {
  const left = unpacked.count;
  unpacked.count = 0;
  if (left > 0) throw invalid('a request was compressed that should not have been');
}

async function respond(call, request) {
  for (const parameters of request.response_parameters ?? []) {
    if (parameters.interval_us) await sleep(parameters.interval_us / 1000);
    if (!call.write({ payload: zeros(parameters.size ?? 0) })) await new Promise((resume) => call.once('drain', resume));
  }
}

const service = {
  EmptyCall: (call, callback) => callback(null, {}, echoed(call)),

  UnaryCall(call, callback) {
    const trailing = echoed(call);
    const { response_status: status, response_size: size } = call.request;
    try {
      unpacked.count = Math.max(unpacked.count, 0);
      checkCompression(call.request);
      if (call.request.expect_compressed) checkNoneLeft();
    } catch (error) {
      unpacked.count = 0;
      return callback(error);
    }
    if (status?.code) return callback({ code: status.code, details: status.message }, null, trailing);
    return callback(null, { payload: zeros(size ?? 0) }, trailing);
  },

  StreamingInputCall(call, callback) {
    let total = 0;
    let failure = null;
    unpacked.count = 0;
    call.on('data', (message) => {
      try {
        checkCompression(message);
      } catch (error) {
        failure ??= error;
      }
      total += message.payload?.body?.length ?? 0;
    });
    call.on('error', () => {});
    call.on('end', () => {
      try {
        if (failure) throw failure;
        checkNoneLeft();
        callback(null, { aggregated_payload_size: total });
      } catch (error) {
        unpacked.count = 0;
        callback(error);
      }
    });
  },

  async StreamingOutputCall(call) {
    const trailing = echoed(call);
    await respond(call, call.request);
    call.end(trailing);
  },

  FullDuplexCall(call) {
    const trailing = echoed(call);
    let answered = Promise.resolve();
    let failed = false;
    call.on('error', () => {});
    call.on('data', (request) => {
      answered = answered.then(async () => {
        if (failed) return;
        await respond(call, request);
        if (!request.response_status?.code) return;
        failed = true;
        call.emit('error', { code: request.response_status.code, details: request.response_status.message, metadata: trailing });
      });
    });
    call.on('end', () => answered.then(() => { if (!failed) call.end(trailing); }));
  },

  HalfDuplexCall(call) {
    const requests = [];
    call.on('error', () => {});
    call.on('data', (request) => requests.push(request));
    call.on('end', async () => {
      for (const request of requests) await respond(call, request);
      call.end();
    });
  },
};

const server = new grpc.Server();
const definition = { ...contract.TestService.service };
delete definition.UnimplementedCall;
server.addService(definition, service);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(JSON.stringify({ port }));
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
