"""Published Caffe structures, written from their descriptions, and wire-format writing."""

import struct


def layer(name, kind, bottom, top=None, **params):
    bottoms = [bottom] if isinstance(bottom, str) else bottom
    body = "".join(f' bottom: "{b}"' for b in bottoms) + f' top: "{top or name}"'
    for block, text in params.items():
        body += f" {block} {{ {text} }}"
    return f'layer {{ name: "{name}" type: "{kind}"{body} }}\n'


def conv(name, bottom, outputs, kernel, more=""):
    text = f"num_output: {outputs} kernel_size: {kernel} {more}"
    relu = layer(f"relu_{name}", "ReLU", name, name)
    return layer(name, "Convolution", bottom, convolution_param=text) + relu


def pool(name, bottom, text):
    return layer(name, "Pooling", bottom, pooling_param=text)


def alexnet(lrn_first: bool) -> str:
    """AlexNet (Krizhevsky 2012); CaffeNet pools before it normalises."""

    def block(i, bottom):
        max_pool = "pool: MAX kernel_size: 3 stride: 2"
        lrn = "local_size: 5 alpha: 0.0001 beta: 0.75"
        if lrn_first:
            return layer(f"norm{i}", "LRN", bottom, lrn_param=lrn) + pool(
                f"pool{i}", f"norm{i}", max_pool
            )
        return pool(f"pool{i}", bottom, max_pool) + layer(
            f"norm{i}", "LRN", f"pool{i}", lrn_param=lrn
        )

    last = "pool" if lrn_first else "norm"
    text = (
        'name: "AlexNet"\ninput: "data"\ninput_dim: 10 input_dim: 3 input_dim: 227 input_dim: 227\n'
    )
    text += conv("conv1", "data", 96, 11, "stride: 4") + block(1, "conv1")
    text += conv("conv2", f"{last}1", 256, 5, "pad: 2 group: 2") + block(2, "conv2")
    text += conv("conv3", f"{last}2", 384, 3, "pad: 1")
    text += conv("conv4", "conv3", 384, 3, "pad: 1 group: 2")
    text += conv("conv5", "conv4", 256, 3, "pad: 1 group: 2")
    text += pool("pool5", "conv5", "pool: MAX kernel_size: 3 stride: 2")
    for i, bottom in ((6, "pool5"), (7, "fc6")):
        text += layer(f"fc{i}", "InnerProduct", bottom, inner_product_param="num_output: 4096")
        text += layer(f"relu{i}", "ReLU", f"fc{i}", f"fc{i}")
        text += layer(f"drop{i}", "Dropout", f"fc{i}", f"fc{i}")
    text += layer("fc8", "InnerProduct", "fc7", inner_product_param="num_output: 1000")
    return text + layer("prob", "Softmax", "fc8")


INCEPTION = {  # GoogLeNet (Szegedy 2014), table 1: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool proj
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet() -> str:
    lrn = "local_size: 5 alpha: 0.0001 beta: 0.75"
    down = "pool: MAX kernel_size: 3 stride: 2"
    text = 'name: "GoogLeNet"\n' + layer(
        "data", "Input", [], input_param="shape { dim: 1 dim: 3 dim: 224 dim: 224 }"
    )
    text += conv("conv1/7x7_s2", "data", 64, 7, "pad: 3 stride: 2")
    text += pool("pool1/3x3_s2", "conv1/7x7_s2", down)
    text += layer("pool1/norm1", "LRN", "pool1/3x3_s2", lrn_param=lrn)
    text += conv("conv2/3x3_reduce", "pool1/norm1", 64, 1)
    text += conv("conv2/3x3", "conv2/3x3_reduce", 192, 3, "pad: 1")
    text += layer("conv2/norm2", "LRN", "conv2/3x3", lrn_param=lrn)
    text += pool("pool2/3x3_s2", "conv2/norm2", down)
    bottom = "pool2/3x3_s2"
    for key, (one, three_reduce, three, five_reduce, five, proj) in INCEPTION.items():
        name = f"inception_{key}/"
        text += conv(name + "1x1", bottom, one, 1)
        text += conv(name + "3x3_reduce", bottom, three_reduce, 1)
        text += conv(name + "3x3", name + "3x3_reduce", three, 3, "pad: 1")
        text += conv(name + "5x5_reduce", bottom, five_reduce, 1)
        text += conv(name + "5x5", name + "5x5_reduce", five, 5, "pad: 2")
        text += pool(name + "pool", bottom, "pool: MAX kernel_size: 3 stride: 1 pad: 1")
        text += conv(name + "pool_proj", name + "pool", proj, 1)
        parts = [name + part for part in ("1x1", "3x3", "5x5", "pool_proj")]
        text += layer(name + "output", "Concat", parts)
        bottom = name + "output"
        if key in ("3b", "4e"):
            text += pool(f"pool{int(key[0])}/3x3_s2", bottom, down)
            bottom = f"pool{int(key[0])}/3x3_s2"
    text += pool("pool5/7x7_s1", bottom, "pool: AVE kernel_size: 7 stride: 1")
    text += layer(
        "loss3/classifier", "InnerProduct", "pool5/7x7_s1", inner_product_param="num_output: 1000"
    )
    return text + layer("prob", "Softmax", "loss3/classifier")


def varint(n: int) -> bytes:
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def block(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def blob(tensor, legacy: bool) -> bytes:
    values = tensor.flatten().tolist()
    data = block(5, struct.pack(f"<{len(values)}f", *values))
    if legacy:
        shape = [1] * (4 - tensor.ndim) + list(tensor.shape)
        return b"".join(varint(i << 3) + varint(n) for i, n in enumerate(shape, 1)) + data
    return block(7, block(1, b"".join(varint(n) for n in tensor.shape))) + data


def caffemodel(layers: dict, v1: bool) -> bytes:
    """Layer name -> tensors, as Caffe writes it, in the old or the new layer format."""
    number, name_field, blob_field = (2, 4, 6) if v1 else (100, 1, 7)
    return b"".join(
        block(
            number,
            block(name_field, name.encode())
            + b"".join(block(blob_field, blob(tensor, v1)) for tensor in tensors),
        )
        for name, tensors in layers.items()
    )
