"""A small edit of an ONNX file, without the onnx package: what it needs to run fast and at any size.

Some exporters list every weight among the graph's *inputs*. A runtime must then expect each call to bring other weights, and prepares none
in advance: half the speed. So inputs that are weights are dropped. Fixed shapes of what remains are dropped too, so that a picture of any
size may come in. Nothing else is touched; the weights are the same bytes.
"""

from collections.abc import Iterator

from vestige.errors import Tampered

# Field numbers of onnx.proto (ModelProto, GraphProto, ValueInfoProto, TypeProto, TypeProto.Tensor, TensorProto).
_MODEL_GRAPH = 7
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 5, 11, 12
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR = 1
_TENSOR_SHAPE = 2
_INITIALIZER_NAME = 8
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

Field = tuple[int, int, memoryview, memoryview]  # number, wire type, the field whole, its payload


def prepare_model(data: bytes) -> bytes:
    """The model with weights no longer among its inputs, and with inputs and outputs of any shape. Raises Tampered if it is no ONNX."""
    return b"".join(
        _wrap(number, _graph(payload)) if (number, wire) == (_MODEL_GRAPH, _BYTES) else bytes(whole)
        for number, wire, whole, payload in _fields(memoryview(data))
    )


def _graph(data: memoryview) -> bytes:
    fields = list(_fields(data))
    weights = {_name(payload, _INITIALIZER_NAME) for number, _, _, payload in fields if number == _GRAPH_INITIALIZER}
    kept = []
    for number, _, whole, payload in fields:
        if number not in {_GRAPH_INPUT, _GRAPH_OUTPUT}:
            kept.append(bytes(whole))
        elif number == _GRAPH_OUTPUT or _name(payload, _VALUE_NAME) not in weights:
            kept.append(_wrap(number, _shapeless(payload, (_VALUE_TYPE, _TYPE_TENSOR))))
    return b"".join(kept)


def _shapeless(data: memoryview, path: tuple[int, ...]) -> bytes:
    """A message without the tensor shape at the end of `path`."""
    parts = []
    for number, wire, whole, payload in _fields(data):
        if path and (number, wire) == (path[0], _BYTES):
            parts.append(_wrap(number, _shapeless(payload, path[1:])))
        elif path or number != _TENSOR_SHAPE:
            parts.append(bytes(whole))
    return b"".join(parts)


def _name(data: memoryview, wanted: int) -> bytes:
    return next((bytes(payload) for number, wire, _, payload in _fields(data) if (number, wire) == (wanted, _BYTES)), b"")


def _fields(data: memoryview) -> Iterator[Field]:
    """The fields of a protobuf message. Raises Tampered where the bytes are no message."""
    at = 0
    while at < len(data):
        start = at
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            begin, (_, at) = at, _varint(data, at)
        elif wire in {_FIXED64, _FIXED32}:
            begin, at = at, at + (8 if wire == _FIXED64 else 4)
        elif wire == _BYTES:
            length, begin = _varint(data, at)
            at = begin + length
        else:
            raise Tampered("the model is no ONNX file")
        if at > len(data) or number == 0:
            raise Tampered("the model is no ONNX file")
        yield number, wire, data[start:at], data[begin:at]


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Tampered("the model is no ONNX file")


def _wrap(number: int, payload: bytes) -> bytes:
    return _encode(number << 3 | _BYTES) + _encode(len(payload)) + payload


def _encode(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])
