"""A tensor as a header frame and chunk frames (docs/wire-format.md), and back."""

import collections

Tensor = collections.namedtuple("Tensor", "dtype shape data")


def _entry(value):
    for _ in range(8):
        value = (value >> 1) ^ 0x82F63B78 if value & 1 else value >> 1
    return value


TABLE = [_entry(value) for value in range(256)]


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def split(name, tensor, size=1000):
    frames = [{"tensor_id": 7, "header": {"name": name, "dtype": tensor.dtype, "shape": tensor.shape, "byte_length": len(tensor.data)}}]
    for offset in range(0, len(tensor.data), size):
        data = tensor.data[offset : offset + size]
        frames.append({"tensor_id": 7, "chunk": {"offset": offset, "data": data, "crc32c": crc32c(data)}})
    return frames


def join(name, frames):
    header, data = frames[0].header, b""
    assert header.name == name, header
    for frame in frames[1:]:
        assert frame.tensor_id == frames[0].tensor_id
        assert frame.chunk.offset == len(data)
        assert frame.chunk.crc32c == crc32c(frame.chunk.data), f"the chunk at {len(data)} is damaged"
        data += frame.chunk.data
    assert len(data) == header.byte_length
    return Tensor(header.dtype, list(header.shape), data)


assert crc32c(b"123456789") == 0xE3069283
