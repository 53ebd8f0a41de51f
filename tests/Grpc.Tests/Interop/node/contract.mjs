// Loads the interop contract that the C# side compiles, and counts what zlib unpacks: grpc-js shows a message's compression flag nowhere else.
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const protos = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'protos');
const definition = protoLoader.loadSync('grpc/testing/test.proto', { includeDirs: [protos], keepCase: true, longs: Number, enums: Number, defaults: false });

export { grpc };
export const contract = grpc.loadPackageDefinition(definition).grpc.testing;
export const echoInitial = 'x-grpc-test-echo-initial';
export const echoTrailing = 'x-grpc-test-echo-trailing-bin';
export const echoTrailingValue = Buffer.from([0xab, 0xab, 0xab]);
export const zeros = (size) => ({ body: Buffer.alloc(size) });

export const unpacked = { count: 0 };
const zlib = createRequire(import.meta.url)('node:zlib');
const createGunzip = zlib.createGunzip;
Object.defineProperty(zlib, 'createGunzip', {
  value: (...options) => {
    unpacked.count++;
    return createGunzip(...options);
  },
});
