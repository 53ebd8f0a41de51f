// A tensor as a header frame and chunk frames (docs/wire-format.md), and back.
import assert from 'node:assert/strict';

const table = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

function crc32c(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

export function split(name, { dtype, shape, bytes }, size = 1000) {
  const frames = [{ tensor_id: 7, header: { name, dtype, shape, byte_length: bytes.length } }];
  for (let offset = 0; offset < bytes.length; offset += size) {
    const data = bytes.subarray(offset, offset + size);
    frames.push({ tensor_id: 7, chunk: { offset, data, crc32c: crc32c(data) } });
  }
  return frames;
}

export function join(name, [{ tensor_id, header }, ...chunks]) {
  assert.equal(header.name, name);
  let received = 0;
  for (const { tensor_id: id, chunk } of chunks) {
    assert.equal(id, tensor_id);
    assert.equal(chunk.offset, received);
    assert.equal(chunk.crc32c, crc32c(chunk.data), `the chunk at ${received} is damaged`);
    received += chunk.data.length;
  }
  assert.equal(received, header.byte_length);
  return { dtype: header.dtype, shape: header.shape, bytes: Buffer.concat(chunks.map(({ chunk }) => chunk.data)) };
}

assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
