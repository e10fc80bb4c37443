"""Makes the models of tests/data/made (sound, unusual) and tests/corpus (hostile): pip install onnx numpy, run here.

Sound ones hold what exporters rarely write; hostile.rs names the error that each of the others must give.
"""

import os

import numpy as np
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

MADE = os.path.join("..", "data", "made")
os.makedirs(MADE, exist_ok=True)


def value(name, dims=(2,), dtype=T.FLOAT):
    return h.make_tensor_value_info(name, dtype, dims)


def node(op, inputs, outputs, **attributes):
    return h.make_node(op, inputs, outputs, name=attributes.pop("name", op.lower()), **attributes)


def model(nodes, inputs=(), outputs=(), initializers=(), **rest):
    graph = h.make_graph(nodes, "g", list(inputs), list(outputs), list(initializers))
    rest.setdefault("opset_imports", [h.make_opsetid("", 17)])
    return h.make_model(graph, ir_version=8, producer_name="", **rest)


def save(name, content, folder="."):
    if not isinstance(content, bytes):
        content = content.SerializeToString(deterministic=True)
    with open(os.path.join(folder, name), "wb") as file:
        file.write(content)


def weight(name="w", dims=(2,)):
    return numpy_helper.from_array(np.arange(np.prod(dims), dtype=np.float32).reshape(dims), name)


x, y = value("x"), value("y")
relu = node("Relu", ["x"], ["y"])

# Sound.
values = [0, 1, 2, 3]
kinds = [T.FLOAT, T.DOUBLE, T.FLOAT16, T.BFLOAT16, T.INT8, T.INT16, T.INT32, T.INT64]
kinds += [T.UINT8, T.UINT16, T.UINT32, T.UINT64]
tensors = []
for kind in kinds:
    name = T.DataType.Name(kind)
    typed = h.make_tensor(name + "_typed", kind, [2, 2], values)
    raw = h.make_tensor(name + "_raw", kind, [2, 2], numpy_helper.to_array(typed).tobytes(), raw=True)
    tensors += [typed, raw]
tensors += [h.make_tensor("BOOL_typed", T.BOOL, [2, 2], [0, 1, 1, 0])]
tensors += [h.make_tensor("BOOL_raw", T.BOOL, [2, 2], bytes([0, 1, 1, 0]), raw=True)]
tensors += [h.make_tensor("STRING_typed", T.STRING, [2, 2], [b"0", b"1", b"2", b"\xff"])]
tensors += [h.make_tensor("scalar", T.FLOAT, [], [7.0]), h.make_tensor("none", T.FLOAT, [0, 3], [])]
save("dtypes.onnx", model([relu], [x], [y], tensors), MADE)

second = node("Neg", ["y"], ["z"])
save("unsorted.onnx", model([second, relu], [x], [value("z")]), MADE)

branch = h.make_graph([node("Add", ["x", "b"], ["t"])], "then", [], [value("t")], [weight("b")])
other = h.make_graph([node("Identity", ["x"], ["e"])], "else", [], [value("e")])
choose = node("If", ["c"], ["y"], then_branch=branch, else_branch=other)
save("branches.onnx", model([choose], [x, value("c", (), T.BOOL)], [y]), MADE)

attributes = dict(i=3, f=0.5, s="text", ints=[1, -2], floats=[0.25, 1.0], strings=["a", "b"], t=weight("t"))
typed = node("Custom", ["x", "", "x"], ["y", ""], domain="com.example", **attributes)
symbols = h.make_tensor_value_info("y", T.FLOAT, ["batch", None, 3])
imports = [h.make_opsetid("ai.onnx", 17), h.make_opsetid("com.example", 1)]
save("attributes.onnx", model([typed], [x], [symbols], opset_imports=imports), MADE)


def outside(location="w.bin", dims=(2,), **keys):
    tensor = T(name="w", data_type=T.FLOAT, dims=dims, data_location=T.EXTERNAL)
    for key, text in dict(location=location, **keys).items():
        if text is not None:
            tensor.external_data.add(key=key, value=str(text))
    return model([node("Add", ["x", "w"], ["y"])], [x], [y], [tensor])


save("w.bin", np.arange(4, dtype=np.float32).tobytes(), MADE)
save("external.onnx", outside(offset=8, length=8), MADE)

# Hostile.
whole = model([node("Add", ["x", "w"], ["y"])], [x], [y], [weight()]).SerializeToString(deterministic=True)
save("empty.onnx", b"")
save("text.onnx", b"this is not an ONNX model\n")
save("cut-in-graph.onnx", whole[: len(whole) // 2])
save("no-graph.onnx", h.make_model(h.make_graph([], "g", [], []), ir_version=8).SerializeToString()[:2])
save("wrong-wire-type.onnx", b"\x08\x08" + b"\x38\x05")  # graph (7) as a number
save("length-beyond-end.onnx", b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f")


def field(number, content):
    """A length-delimited field."""
    head, length = bytearray([number << 3 | 2]), len(content)
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    return bytes(head) + bytes([length]) + content


deep = field(4, b"Relu")  # a node, in a graph, in an attribute of a node, and so on
for _ in range(200):
    deep = field(4, b"If") + field(5, field(1, b"body") + field(6, field(1, deep)))
save("deep-graphs.onnx", field(7, field(1, deep)))
save("deep-groups.onnx", b"\x4b" * 5000)  # groups in a field that is not read

save("cycle.onnx", model([node("Add", ["x", "z"], ["y"]), node("Neg", ["y"], ["z"])], [x], [y]))
save("self-cycle.onnx", model([node("Add", ["x", "y"], ["y"])], [x], [y]))
save("missing-initializer.onnx", model([node("Add", ["x", "w"], ["y"])], [x], [y]))
save("missing-output.onnx", model([relu], [x], [value("z")]))
save("missing-in-branch.onnx", model([choose], [value("c", (), T.BOOL)], [y]))
save("made-twice.onnx", model([relu, node("Neg", ["x"], ["y"])], [x], [y]))
save("made-and-given.onnx", model([relu, node("Neg", ["y"], ["x"])], [x], [y]))
save("initializer-twice.onnx", model([relu], [x], [y], [weight(), weight()]))
save("input-twice.onnx", model([relu], [x, x], [y]))
save("no-op-type.onnx", model([node("", ["x"], ["y"])], [x], [y]))
save("no-opset.onnx", model([relu], [x], [y], opset_imports=[]).SerializeToString().replace(b"\x42\x04\x0a\x00\x10\x11", b""))
twice = node("Relu", ["x"], ["y"], alpha=1)
twice.attribute.append(twice.attribute[0])
save("attribute-twice.onnx", model([twice], [x], [y]))


def odd(**fields):
    return model([relu], [x], [y], [T(name="w", **fields)])


huge = 2**62
save("huge-dims.onnx", odd(data_type=T.FLOAT, dims=[huge], float_data=[1]))
save("huge-dims-raw.onnx", odd(data_type=T.FLOAT, dims=[2**40], raw_data=b"1234"))
save("overflowing-dims.onnx", odd(data_type=T.FLOAT, dims=[huge, huge], raw_data=b"1234"))
save("negative-dims.onnx", odd(data_type=T.FLOAT, dims=[-1], float_data=[1]))
save("short-raw.onnx", odd(data_type=T.FLOAT, dims=[2], raw_data=b"1234567"))
save("out-of-range.onnx", odd(data_type=T.INT8, dims=[1], int32_data=[128]))
save("odd-bool.onnx", odd(data_type=T.BOOL, dims=[1], raw_data=b"\x02"))
save("complex.onnx", odd(data_type=T.COMPLEX64, dims=[1], float_data=[1, 2]))
save("unknown-type.onnx", odd(data_type=999, dims=[1], raw_data=b"1"))
save("negative-input.onnx", model([relu], [value("x", (-7,))], [y]))
sequence = h.make_tensor_sequence_value_info("x", T.FLOAT, [2])
save("sequence-input.onnx", model([relu], [sequence], [y]))

save("external-parent.onnx", outside("../secret.bin"))
save("external-absolute.onnx", outside("/etc/passwd"))
save("external-missing.onnx", outside("nothing.bin"))
save("external-folder.onnx", outside("."))
save("external-beyond-end.onnx", outside("make.py", offset=2**63))
save("external-huge.onnx", outside("make.py", dims=(2**60,)))
save("external-overflow.onnx", outside("make.py", dims=(2**62,)))
save("external-length.onnx", outside("make.py", length=4))
save("external-no-location.onnx", outside(None))
many = outside("make.py", dims=(1000,))
many.graph.initializer.extend([many.graph.initializer[0]] * 9)
for k, tensor in enumerate(many.graph.initializer):
    tensor.name = f"w{k}" if k else "w"
save("external-overlapping.onnx", many)

save("sequence.pb", field(1, b"tensors") + b"\x10\x01" + field(3, weight().SerializeToString()))
save("cut.pb", weight().SerializeToString()[:-3])
