//! What ONNX's own cases ask for and lenslet does not do, with the reason. `onnx_cases.rs` holds every row to it: such a
//! case must be refused at import, and one that passes has to leave this table.

/// A case by name (`*` at the end stands for any rest), and why it is not run.
pub(crate) const OUT_OF_SCOPE: &[(&str, &str)] = &[
    ("test_adagrad", OPTIMISER),
    ("test_adam", OPTIMISER),
    ("test_momentum_multiple", OPTIMISER),
    ("test_nesterov_momentum", OPTIMISER),
    ("test_gradient_of_add_and_mul", "gradients are the graph's own, not nodes of a model"),
    ("test_convinteger_without_padding", QUANTISED),
    ("test_qlinearconv", QUANTISED),
    ("test_quantizelinear*", QUANTISED),
    ("test_dequantizelinear_*", QUANTISED),
    ("test_maxpool_with_argmax_2d_*", "the indices of the winners: users need none"),
    ("test_training_dropout", RANDOM),
    ("test_training_dropout_default", RANDOM),
    ("test_training_dropout_default_mask", RANDOM),
    ("test_resize_downsample_*_linear_antialias", "a resize with antialias is another operator in all but name"),
    ("test_operator_add_broadcast", DOUBLE),
    ("test_operator_add_size1_singleton_broadcast", DOUBLE),
    ("test_operator_addconstant", DOUBLE),
    ("test_pow_types_int*", "an integer's power: kernels for powers are for floats, and would not be exact"),
    ("test_reduce_l2_empty_set", EMPTY),
    ("test_reduce_max_empty_set_bool", EMPTY),
    ("test_reduce_min_empty_set", EMPTY),
    ("test_reduce_sum_empty_set*", EMPTY),
    ("test_slice_start_out_of_bounds", EMPTY),
    ("test_split_zero_size_splits_*", EMPTY),
];

const OPTIMISER: &str = "optimisers are the training loop's, not nodes of a model";
const QUANTISED: &str = "quantised arithmetic";
const RANDOM: &str = "compares random numbers of NumPy's Mersenne Twister";
const DOUBLE: &str = "numbers of up to 1e200, which floats of 32 bits do not have";
const EMPTY: &str = "tensors without elements cannot lie on a device";

/// The row for a case, if there is one.
pub(crate) fn row(case: &str) -> Option<usize> {
    OUT_OF_SCOPE.iter().position(|(pattern, _)| match pattern.split_once('*') {
        Some((start, end)) => case.len() >= start.len() + end.len() && case.starts_with(start) && case.ends_with(end),
        None => *pattern == case,
    })
}
