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
    _batch_norm_impl_index _batch_norm_no_update _cast_Float _conv_depthwise2d _convolution
    _convolution_mode _dim_arange _log_softmax _native_batch_norm_legit
    _native_batch_norm_legit_functional _native_batch_norm_legit_no_training
    _native_multi_head_attention _reshape_alias _safe_softmax _scaled_dot_product_attention_math
    _scaled_dot_product_efficient_attention _scaled_dot_product_flash_attention
    _scaled_dot_product_flash_attention_for_cpu _set_item _shape_as_tensor _softmax _to_copy
    _transformer_encoder_layer_fwd _unsafe_index _unsafe_index_put _unsafe_view
    _upsample_bicubic2d_aa _upsample_bilinear2d_aa _upsample_lanczos2d_aa _upsample_nearest_exact1d
    _upsample_nearest_exact2d _upsample_nearest_exact3d _weight_norm abs absolute acos acosh
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d
    adaptive_max_pool2d adaptive_max_pool3d add addbmm addcdiv addcmul addmm addmv addr
    affine_grid_generator alias alias_copy all alpha_dropout amax amin aminmax angle any append
    arange arctan2 argmax argmin argsort as_strided as_tensor asin asinh atan atan2 atanh atleast_1d
    atleast_2d atleast_3d avg_pool1d avg_pool2d avg_pool3d baddbmm batch_norm bernoulli bilinear
    bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm
    broadcast_tensors broadcast_to bucketize cat cdist ceil celu channel_shuffle chunk clamp
    clamp_max clamp_min clip clone col2im column_stack concat concatenate conj constant_pad_nd
    contiguous conv1d conv2d conv3d conv_depthwise3d conv_tbc conv_transpose1d conv_transpose2d
    conv_transpose3d convolution copy cos cosh cosine_similarity count count_nonzero cross cumprod
    cumsum cumulative_trapezoid data deg2rad detach detach_copy device diag diag_embed diagflat
    diagonal diagonal_copy dict diff dim dist div divide dot dropout dstack dtype einsum
    element_size elu embedding empty empty_like endswith eq erf erfc erfinv exp exp2 expand
    expand_as expand_copy expm1 exponential extend eye feature_alpha_dropout feature_dropout fft_fft
    fft_fft2 fft_fftn fft_fftshift fft_ifft fft_ifft2 fft_ifftshift fft_irfft fft_irfft2 fft_irfftn
    fft_rfft fft_rfft2 fft_rfftn fill find flatten flip fliplr flipud float_power floor floor_divide
    floordiv fmax fmin fmod format frac fractional_max_pool2d full full_like gamma gather ge gelu
    get glu greater greater_equal grid_sampler grid_sampler_2d grid_sampler_3d group_norm gru
    gru_cell gt hardshrink hardsigmoid hardswish hardtanh hex hstack hypot im2col imag index
    index_add index_copy index_fill index_put index_reduce index_select inner insert instance_norm
    inverse is_autocast_enabled is_complex is_contiguous is_cuda is_floating_point is_grad_enabled
    isclose isfinite isin isinf isnan item items join keys kron kthvalue layer_norm layout le
    leaky_relu len lerp less less_equal lgamma lift_fresh lift_fresh_copy linalg_cross linalg_inv
    linalg_matmul linalg_matrix_norm linalg_multi_dot linalg_norm linalg_vecdot linalg_vector_norm
    linear linspace list log log10 log1p log2 log_sigmoid log_softmax logaddexp logical_and
    logical_not logical_or logical_xor logit logsumexp lower lstm lstm_cell lt masked_fill
    masked_scatter masked_select matmul max max_pool1d max_pool1d_with_indices max_pool2d
    max_pool2d_with_indices max_pool3d max_pool3d_with_indices maximum mean median meshgrid min
    minimum mish mm mode moveaxis movedim mul multinomial multiply mv name nan_to_num nanmean nansum
    narrow native_batch_norm native_channel_shuffle native_dropout native_group_norm
    native_layer_norm ne neg negative new_empty new_full new_ones new_zeros nonzero norm normal
    not_equal numel one_hot ones ones_like outer pad pad_sequence pairwise_distance permute
    permute_copy pixel_shuffle pixel_unshuffle pop positive pow prelu prod quantile rad2deg rand
    rand_like randint randn randn_like randperm real reciprocal reflection_pad1d reflection_pad2d
    reflection_pad3d relu relu6 remainder remove renorm repeat repeat_interleave replace
    replication_pad1d replication_pad2d replication_pad3d reshape reshape_as reverse rms_norm
    rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell roll rot90 round row_stack rrelu rsqrt rsub
    scalar_tensor scaled_dot_product_attention scatter scatter_add scatter_reduce searchsorted
    select select_copy select_scatter selu sgn sigmoid sign signbit silu sin sinc sinh size slice
    slice_copy slice_scatter slow_conv_transpose2d softmax softplus softshrink sort sorted
    special_erf special_expit special_expm1 special_log1p special_log_softmax special_logit
    special_softmax split split_copy split_with_sizes split_with_sizes_copy sqrt square squeeze
    squeeze_copy stack startswith std std_mean storage_offset str stride sub subtract sum
    sum_to_size swapaxes swapdims sym_constrain_range sym_constrain_range_for_size sym_numel
    sym_size sym_storage_offset sym_stride t t_copy take take_along_dim tan tanh tensor tensor_split
    tensordot thnn_conv2d threshold tile to topk trace transpose transpose_copy tril tril_indices
    triu triu_indices true_divide trunc type type_as unbind unbind_copy unflatten unfold unfold_copy
    uniform unique_consecutive unsafe_chunk unsafe_split unsafe_split_with_sizes unsqueeze
    unsqueeze_copy update upper upsample_bicubic2d upsample_bilinear2d upsample_linear1d
    upsample_nearest1d upsample_nearest2d upsample_nearest3d upsample_trilinear3d values var
    var_mean vdot view view_as view_as_complex view_as_real view_as_real_copy view_copy vstack warn
    where xlogy zero zeros zeros_like
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
