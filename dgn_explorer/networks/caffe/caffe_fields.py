"""Which parameters of a Caffe layer are known, so that none is left out without a word.

Forks of Caffe add parameters of their own, and a prototxt may be written for one of them.
"""

from dgn_explorer.networks.caffe.prototxt import Message

# What only training, memory or speed depend on
_WITHOUT_EFFECT = frozenset(
    {
        *("weight_filler", "bias_filler", "filler", "engine", "force_nd_im2col", "phase", "eps_lr"),
        *("stable_prod_grad", "moving_average_fraction", "cudnn_convolution_algo_seeker"),
        *("dropout_ratio", "scale_train", "kernels_type", "shared_param", "sparse_ratio"),
    }
)
_WINDOW = "pad pad_h pad_w kernel_size kernel_h kernel_w stride stride_h stride_w"
_CONVOLUTION = f"convolution_param num_output bias_term dilation group axis {_WINDOW}"
_FUNCTION = "base scale shift"
# A layer's type: the name of its parameters, and those of them that `caffe_layers` reads
_KNOWN = {
    kind: (words[0], frozenset(words[1:]))
    for kind, words in {
        "BatchNorm": ["batch_norm_param", "use_global_stats", "eps"],
        "Bias": ["bias_param", "axis", "num_axes"],
        "Concat": ["concat_param", "axis", "concat_dim"],
        "Convolution": _CONVOLUTION.split(),
        "ConvolutionDepthwise": _CONVOLUTION.split(),
        "Crop": ["crop_param", "axis", "offset"],
        "Deconvolution": _CONVOLUTION.split(),
        "DepthwiseConvolution": _CONVOLUTION.split(),
        "Dropout": ["dropout_param"],
        "ELU": ["elu_param", "alpha"],
        "Eltwise": ["eltwise_param", "operation", "coeff"],
        "Exp": f"exp_param {_FUNCTION}".split(),
        "Flatten": ["flatten_param", "axis", "end_axis"],
        "InnerProduct": ["inner_product_param", "num_output", "bias_term", "axis", "transpose"],
        "LRN": ["lrn_param", "local_size", "alpha", "beta", "norm_region", "k"],
        "Log": f"log_param {_FUNCTION}".split(),
        "PReLU": ["prelu_param", "channel_shared"],
        "Permute": ["permute_param", "order"],
        "Pooling": f"pooling_param pool global_pooling round_mode ceil_mode {_WINDOW}".split(),
        "Power": ["power_param", "power", "scale", "shift"],
        "ReLU": ["relu_param", "negative_slope"],
        "Reshape": ["reshape_param", "shape", "axis", "num_axes"],
        "Scale": ["scale_param", "axis", "num_axes", "bias_term"],
        "Sigmoid": ["sigmoid_param"],
        "Slice": ["slice_param", "axis", "slice_dim", "slice_point"],
        "Softmax": ["softmax_param", "axis"],
        "TanH": ["tanh_param"],
    }.items()
}
_OF_EVERY_LAYER = frozenset({"param", "transform_param", "loss_param", "propagate_down"})


def left_out(layer: Message, kind: str) -> list[str]:
    """The parameters of a layer that nothing here reads, as in ``batch_norm_param.scale_bias``."""
    own, fields = _KNOWN.get(kind, ("", frozenset[str]()))
    found = [
        name
        for name in layer.fields
        if name.endswith("_param") and name != own and name not in _OF_EVERY_LAYER
    ]
    given = layer.message(own).fields if own else {}
    return found + [f"{own}.{x}" for x in given if x not in fields and x not in _WITHOUT_EFFECT]
