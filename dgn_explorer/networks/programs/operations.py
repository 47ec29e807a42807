"""The operations that a network out of a file may call.

Torch has some that reach beyond the network: ``aten::from_file`` opens, and changes, any file of
the user's. So what is not in this list is not called, wherever a file names it. It holds what image
networks of the common libraries use, training branches included, and nothing that takes a file
name, another process, a device's memory or a class of C++.
"""

from functools import cache

import torch


def words(text: str) -> frozenset[str]:
    """The words of a text that is easier to read than a list of strings."""
    return frozenset(text.split())


OPERATIONS = words(
    """
    Bool Complex Float FloatImplicit Int IntImplicit ScalarImplicit __and__ __contains__
    __derive_index __getitem__ __is__ __isnot__ __not__ __or__ __range_length __xor__
    _adaptive_avg_pool2d _adaptive_avg_pool3d _assert_async _assert_scalar _assert_tensor_metadata
    _batch_norm_impl_index _batch_norm_no_update _cast_Float _convolution _dim_arange _log_softmax
    _native_batch_norm_legit _native_batch_norm_legit_functional
    _native_batch_norm_legit_no_training _native_multi_head_attention
    _reshape_alias _safe_softmax _scaled_dot_product_attention_math
    _scaled_dot_product_efficient_attention _scaled_dot_product_flash_attention
    _scaled_dot_product_flash_attention_for_cpu _set_item _shape_as_tensor _softmax _to_copy
    _unsafe_index _unsafe_index_put _unsafe_view _upsample_bicubic2d_aa _upsample_bilinear2d_aa
    _weight_norm abs acos acosh adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d add addbmm addcdiv addcmul addmm
    addmv affine_grid_generator alias alias_copy all alpha_dropout amax amin any append arange
    argmax argmin argsort as_strided asin asinh atan atan2 atanh avg_pool1d avg_pool2d avg_pool3d
    baddbmm batch_norm bernoulli bilinear bitwise_and bitwise_not bitwise_or bmm broadcast_tensors
    broadcast_to cat ceil celu channel_shuffle chunk clamp clamp_max clamp_min clone col2im concat
    constant_pad_nd contiguous conv1d conv2d conv3d conv_transpose1d conv_transpose2d
    conv_transpose3d convolution copy cos cosh cosine_similarity count cross cumprod cumsum detach
    detach_copy diag diag_embed diagonal diagonal_copy dim div divide dot dropout einsum elu
    embedding empty empty_like eq erf erfc exp exp2 expand expand_as expand_copy expm1 extend eye
    feature_alpha_dropout feature_dropout fill flatten flip floor floor_divide floordiv fmod format
    frac full full_like gather ge gelu get glu greater grid_sampler grid_sampler_2d group_norm gt
    hardshrink hardsigmoid hardswish hardtanh im2col index index_add index_fill index_put
    index_select insert instance_norm is_autocast_enabled is_floating_point is_grad_enabled
    isfinite isinf isnan item items keys layer_norm le leaky_relu len lerp less lift_fresh
    lift_fresh_copy linalg_norm linalg_vector_norm linear linspace list log log10 log1p log2
    log_sigmoid log_softmax logical_and logical_not logical_or logical_xor logsumexp lt masked_fill
    masked_scatter masked_select matmul max max_pool1d max_pool1d_with_indices max_pool2d
    max_pool2d_with_indices max_pool3d maximum mean median meshgrid min minimum mish mm mode
    movedim mul multiply mv nan_to_num narrow native_batch_norm native_dropout native_group_norm
    native_layer_norm ne neg negative new_empty new_full new_ones new_zeros nonzero norm normal
    numel one_hot ones ones_like outer pad permute permute_copy pixel_shuffle pixel_unshuffle pop
    pow prelu prod rand rand_like randn randn_like randperm reciprocal reflection_pad1d
    reflection_pad2d reflection_pad3d relu relu6 remainder repeat repeat_interleave
    replication_pad1d replication_pad2d replication_pad3d reshape reshape_as reverse rms_norm roll
    round rrelu rsqrt rsub scaled_dot_product_attention scatter scatter_add select select_copy
    select_scatter selu sigmoid sign silu sin sinh size slice slice_copy slice_scatter softmax
    softplus softshrink sort split split_copy split_with_sizes split_with_sizes_copy sqrt square
    squeeze squeeze_copy stack std std_mean stride sub subtract sum sum_to_size swapaxes swapdims
    sym_constrain_range sym_constrain_range_for_size sym_numel sym_size sym_storage_offset
    sym_stride t t_copy take take_along_dim tan tanh tensor tensor_split tensordot threshold to
    topk transpose transpose_copy tril triu true_divide trunc type_as unbind unbind_copy unflatten
    unfold unfold_copy uniform unsqueeze unsqueeze_copy upsample_bicubic2d upsample_bilinear2d
    upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d
    values var var_mean view view_as view_copy warn where zero zeros zeros_like
    """
)
"""Names in ``aten``, without the ``_`` of those that work in place."""

PRIMITIVES = words(
    """
    NumToTensor RaiseException TupleIndex TupleUnpack data device dtype is_cuda is_meta is_mkldnn
    is_mps is_nested is_quantized is_sparse itemsize layout max min requires_grad type
    unchecked_cast unchecked_unwrap_optional
    """
)
"""Names in ``prim``, as TorchScript's texts call them."""


def is_known(name: str) -> bool:
    """Whether ``aten::name`` is in the list, itself or what it does in place.

    >>> is_known("add_"), is_known("__and__"), is_known("from_file"), is_known("set_")
    (True, True, False, False)
    """
    return name in OPERATIONS or (not name.endswith("__") and name.removesuffix("_") in OPERATIONS)


@cache
def all_operators() -> frozenset[str]:
    """The names of all that a TorchScript text could call as the method of a value."""
    names = (schema.name.partition("::") for schema in torch._C._jit_get_all_schemas())
    return frozenset(name for space, _, name in names if space in ("aten", "prim"))


def is_known_overload(name: str, overload: str) -> bool:
    """Whether ``torch.ops.aten.name.overload`` is in the list, and takes no ``out=``."""
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{name}"):
        if (schema.overload_name or "default") == overload:
            return is_known(name) and not any(argument.is_out for argument in schema.arguments)
    return False
