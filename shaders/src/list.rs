//! Every shader file, one line each, sorted. A test compares the list with the files.
//!
//! The lines are apart from the rest so that branches which add kernels merge by themselves (see .gitattributes).

use crate::Shader;

macro_rules! shaders {
    ($(#[$doc:meta])* $all:ident in $folder:literal: $($ident:ident = $stem:literal;)*) => {
        $(
            #[doc = concat!("`", $folder, $stem, ".wgsl`.")]
            pub static $ident: Shader =
                Shader { name: $stem, text: include_str!(concat!("../", $folder, $stem, ".wgsl")) };
        )*

        $(#[$doc])*
        pub static $all: &[&Shader] = &[$(&$ident),*];

        #[cfg(test)]
        #[allow(non_snake_case)] // named after the list, of which there are two
        mod $all {
            #[test]
            fn a_static_is_named_like_its_file() {
                $(assert_eq!(stringify!($ident).to_lowercase(), $stem);)*
            }
        }
    };
}

shaders! {
    /// Every kernel.
    ALL in "":
    ACCUMULATE = "accumulate";
    AVERAGE = "average";
    AVERAGE_POOL = "average_pool";
    AVERAGE_POOL_DX = "average_pool_dx";
    BATCH_NORM = "batch_norm";
    BATCH_NORM_DX = "batch_norm_dx";
    BATCH_NORM_INFERENCE = "batch_norm_inference";
    BATCH_NORM_SUMS = "batch_norm_sums";
    ARG = "arg";
    BINARY = "binary";
    BINARY_GATHER = "binary_gather";
    CAST_ELEMENTS = "cast_elements";
    CHANNEL_SUM = "channel_sum";
    CLIP_FACTOR = "clip_factor";
    CLIP_SCALE = "clip_scale";
    CLIP_SQUARES = "clip_squares";
    CLIP_VALUE = "clip_value";
    CONCAT = "concat";
    CONV_DIRECT = "conv_direct";
    CONV_DIRECT_DWEIGHT = "conv_direct_dweight";
    CONV_DIRECT_DX = "conv_direct_dx";
    CONV_GEMM = "conv_gemm";
    CONV_INNER = "conv_inner";
    CONV_INNER_DWEIGHT = "conv_inner_dweight";
    CONV_INNER_DWEIGHT_FEW = "conv_inner_dweight_few";
    CONV_INNER_DX = "conv_inner_dx";
    CONV_INNER_DX_ROW = "conv_inner_dx_row";
    CONV_ROWS = "conv_rows";
    CONV_ROWS_DEPTHWISE = "conv_rows_depthwise";
    CONV_ROWS_X = "conv_rows_x";
    CONV_WINOGRAD = "conv_winograd";
    CONV_WINOGRAD_WEIGHT = "conv_winograd_weight";
    COPY = "copy";
    CROSS_ENTROPY = "cross_entropy";
    CROSS_ENTROPY_SOFT = "cross_entropy_soft";
    DROPOUT = "dropout";
    DROPOUT_INNER = "dropout_inner";
    FILL = "fill";
    GATHER = "gather";
    GATHER_BATCH = "gather_batch";
    GATHER_BATCH_INNER = "gather_batch_inner";
    GATHER_DX = "gather_dx";
    LINEAR_CROSS_ENTROPY = "linear_cross_entropy";
    LINEAR_DBIAS = "linear_dbias";
    LINEAR_DBIAS_INNER = "linear_dbias_inner";
    LINEAR_GRADIENTS = "linear_gradients";
    LOCAL_RESPONSE_NORM = "local_response_norm";
    LOCAL_RESPONSE_NORM_DX = "local_response_norm_dx";
    LAMB_MOMENTS = "lamb_moments";
    LAMB_NORMS = "lamb_norms";
    LOSS = "loss";
    LOSS_DX = "loss_dx";
    LP_POOL = "lp_pool";
    LP_POOL_DX = "lp_pool_dx";
    MATMUL_PACK = "matmul_pack";
    MATMUL_PARTS = "matmul_parts";
    MATMUL_SHUFFLED = "matmul_shuffled";
    MATMUL_TILED = "matmul_tiled";
    MATMUL_DIRECT = "matmul_direct";
    MAX_POOL = "max_pool";
    MAX_POOL_DX = "max_pool_dx";
    MAX_POOL_DX_APART = "max_pool_dx_apart";
    MLP_STEP = "mlp_step";
    MULTIPLY_ADD = "multiply_add";
    NLL_LOSS = "nll_loss";
    NLL_LOSS_DX = "nll_loss_dx";
    NORM_MOMENTS = "norm_moments";
    PAD_CONSTANT = "pad_constant";
    REDUCE_COLUMNS = "reduce_columns";
    REDUCE_RAGGED = "reduce_ragged";
    REDUCE_ROWS = "reduce_rows";
    RESAMPLE = "resample";
    ROW_MOMENTS = "row_moments";
    ROW_NORM = "row_norm";
    ROW_NORM_DWEIGHT = "row_norm_dweight";
    ROW_NORM_DX = "row_norm_dx";
    ROW_NORM_SUMS = "row_norm_sums";
    SOFTMAX = "softmax";
    SOFTMAX_DX = "softmax_dx";
    STRIDED_COPY = "strided_copy";
    SUM_PARTS = "sum_parts";
    TARGET_WEIGHT = "target_weight";
    TERNARY = "ternary";
    TICK = "tick";
    TO_FIRST_INNER = "to_first_inner";
    TO_PLAIN = "to_plain";
    UNARY = "unary";
    UNARY_DX = "unary_dx";
    UPDATE = "update";
}

shaders! {
    /// Every file of `lib/`: what `//@use` can name.
    LIB in "lib/":
    ACTIVATE = "activate";
    CHUNK_MOMENTS = "chunk_moments";
    CHUNK_SUMS = "chunk_sums";
    CLOCK = "clock";
    CONV_GEMM_DWEIGHT = "conv_gemm_dweight";
    CONV_GEMM_DX = "conv_gemm_dx";
    CONV_GEMM_PARAMS = "conv_gemm_params";
    CONV_GEMM_Y = "conv_gemm_y";
    ELEMENT = "element";
    ELEMENTARY = "elementary";
    FOLD = "fold";
    FOUR = "four";
    GRADIENT = "gradient";
    GRADIENT_WHOLE = "gradient_whole";
    INDEX = "index";
    LABEL_LOSSES = "label_losses";
    LAMB = "lamb";
    LANE = "lane";
    LOG_SUM_EXP = "log_sum_exp";
    LOSSES = "losses";
    MOMENTS = "moments";
    NEIGHBOURS = "neighbours";
    NORMALISED = "normalised";
    OPERATE = "operate";
    PRODUCT = "product";
    QUAD = "quad";
    QUAD_INT64 = "quad_int64";
    RANDOM = "random";
    REDUCE = "reduce";
    RULE_ADADELTA = "rule_adadelta";
    RULE_ADAGRAD = "rule_adagrad";
    RULE_ADAM = "rule_adam";
    RULE_AMSGRAD = "rule_amsgrad";
    RULE_LAMB = "rule_lamb";
    RULE_LION = "rule_lion";
    RULE_RMSPROP = "rule_rmsprop";
    RULE_RMSPROP_CENTERED = "rule_rmsprop_centered";
    RULE_SGD = "rule_sgd";
    SEGMENT = "segment";
    SLOPE = "slope";
    WIDTH1 = "width1";
    WIDTH4 = "width4";
    WINDOW = "window";
    WINDOW_ADAPTIVE = "window_adaptive";
    WINNER = "winner";
    WINOGRAD = "winograd";
}
