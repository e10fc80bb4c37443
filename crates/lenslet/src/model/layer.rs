//! The layers, one variant each, with PyTorch's names and defaults. Plain data: `build.rs` turns them into ops.

use serde::{Deserialize, Serialize};

/// One number for both axes, or `[h, w]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pair {
    /// The same for both axes.
    Both(usize),
    /// Height, width.
    Each([usize; 2]),
}

impl Pair {
    /// `[h, w]`.
    pub fn get(self) -> [usize; 2] {
        match self {
            Pair::Both(n) => [n; 2],
            Pair::Each(each) => each,
        }
    }
}

impl From<usize> for Pair {
    fn from(n: usize) -> Self {
        Pair::Both(n)
    }
}

impl From<[usize; 2]> for Pair {
    fn from(each: [usize; 2]) -> Self {
        Pair::Each(each)
    }
}

/// What a window finds beyond the image's border: so many rows and columns of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Padding {
    /// So many on each side.
    Sides(Pair),
    /// By a rule.
    Rule(Rule),
}

/// Padding by a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// None.
    Valid,
    /// So that y has x's size divided by the stride, rounded up; an odd row or column goes behind (ONNX's SAME_UPPER).
    Same,
    /// As `same`, an odd row or column in front (ONNX's SAME_LOWER).
    SameLower,
}

impl<P: Into<Pair>> From<P> for Padding {
    fn from(sides: P) -> Self {
        Padding::Sides(sides.into())
    }
}

fn one() -> Pair {
    Pair::Both(1)
}

fn none() -> Padding {
    Padding::Sides(Pair::Both(0))
}

fn yes() -> bool {
    true
}

fn single() -> usize {
    1
}

fn slope() -> f64 {
    0.01
}

fn unit() -> f64 {
    1.0
}

fn half() -> f64 {
    0.5
}

fn eps() -> f64 {
    1e-5
}

fn tenth() -> f64 {
    0.1
}

/// A convolution's settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conv2d {
    /// Filters.
    pub out_channels: usize,
    /// Height and width of a filter.
    pub kernel_size: Pair,
    /// Step of the window.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stride: Pair,
    /// Beyond the border.
    #[serde(default = "none", skip_serializing_if = "is_none")]
    pub padding: Padding,
    /// Distance between taps.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub dilation: Pair,
    /// Groups that the channels are divided into.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    pub groups: usize,
    /// Whether there is a bias.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub bias: bool,
}

impl Conv2d {
    /// PyTorch's defaults: stride 1, no padding, with bias.
    pub fn new(out_channels: usize, kernel_size: impl Into<Pair>) -> Self {
        let kernel_size = kernel_size.into();
        Conv2d { out_channels, kernel_size, stride: one(), padding: none(), dilation: one(), groups: 1, bias: true }
    }

    /// With this step of the window.
    pub fn stride(self, stride: impl Into<Pair>) -> Self {
        Conv2d { stride: stride.into(), ..self }
    }

    /// With this padding.
    pub fn padding(self, padding: impl Into<Padding>) -> Self {
        Conv2d { padding: padding.into(), ..self }
    }

    /// With y as large as x divided by the stride.
    pub fn same(self) -> Self {
        Conv2d { padding: Padding::Rule(Rule::Same), ..self }
    }

    /// With this distance between taps.
    pub fn dilation(self, dilation: impl Into<Pair>) -> Self {
        Conv2d { dilation: dilation.into(), ..self }
    }

    /// With so many groups.
    pub fn groups(self, groups: usize) -> Self {
        Conv2d { groups, ..self }
    }

    /// Without bias, as in front of a normalisation.
    pub fn no_bias(self) -> Self {
        Conv2d { bias: false, ..self }
    }
}

/// A pooling's settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pool2d {
    /// Height and width of the window.
    pub kernel_size: Pair,
    /// Step of the window; the kernel's size where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stride: Option<Pair>,
    /// Beyond the border.
    #[serde(default = "none", skip_serializing_if = "is_none")]
    pub padding: Padding,
    /// Distance between taps; max pooling only.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub dilation: Pair,
    /// Whether a last window may hang over the end.
    #[serde(default, skip_serializing_if = "is_no")]
    pub ceil_mode: bool,
    /// Whether an average counts the padding; average pooling only.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub count_include_pad: bool,
}

impl Pool2d {
    /// PyTorch's defaults: the stride is the kernel's size, no padding.
    pub fn new(kernel_size: impl Into<Pair>) -> Self {
        let kernel_size = kernel_size.into();
        Pool2d {
            kernel_size,
            stride: None,
            padding: none(),
            dilation: one(),
            ceil_mode: false,
            count_include_pad: true,
        }
    }

    /// With this step of the window.
    pub fn stride(self, stride: impl Into<Pair>) -> Self {
        Pool2d { stride: Some(stride.into()), ..self }
    }

    /// With this padding.
    pub fn padding(self, padding: impl Into<Padding>) -> Self {
        Pool2d { padding: padding.into(), ..self }
    }
}

/// A layer of a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
#[allow(missing_docs, reason = "fields are PyTorch's, where their meaning is written; docs here are on the layer")]
pub enum Layer {
    /// Convolution of `[c, h, w]`.
    #[serde(rename = "conv2d")]
    Conv2d(Conv2d),
    /// y = x weightᵀ + bias over the last axis.
    Linear {
        out_features: usize,
        #[serde(default = "yes", skip_serializing_if = "is_yes")]
        bias: bool,
    },
    /// max(x, 0)
    Relu {},
    /// x where x > 0, else negative_slope * x.
    LeakyRelu {
        #[serde(default = "slope")]
        negative_slope: f64,
    },
    /// x held between 0 and 6.
    Relu6 {},
    /// x where x > 0, else alpha * (exp(x) - 1).
    Elu {
        #[serde(default = "unit")]
        alpha: f64,
    },
    /// ELU, scaled.
    Selu {},
    /// x times the normal distribution function.
    Gelu {},
    /// x * sigmoid(x)
    Silu {},
    /// x * (x / 6 + 0.5 held between 0 and 1).
    Hardswish {},
    /// log(1 + exp(x))
    Softplus {},
    /// 1 / (1 + exp(-x))
    Sigmoid {},
    /// Hyperbolic tangent.
    Tanh {},
    /// The largest of each window.
    #[serde(rename = "max_pool2d")]
    MaxPool2d(Pool2d),
    /// The mean of each window.
    #[serde(rename = "avg_pool2d")]
    AvgPool2d(Pool2d),
    /// The mean of windows chosen so that y has this size.
    #[serde(rename = "adaptive_avg_pool2d")]
    AdaptiveAvgPool2d { output_size: Pair },
    /// Brings each channel to mean 0 and variance 1 over the batch, then scales and shifts it.
    #[serde(rename = "batch_norm2d")]
    BatchNorm2d {
        #[serde(default = "eps")]
        eps: f64,
        #[serde(default = "tenth")]
        momentum: f64,
    },
    /// In training, zeroes each element with probability p and scales the others up.
    Dropout {
        #[serde(default = "half")]
        p: f64,
    },
    /// `[c, h, w]` to `[c·h·w]`.
    Flatten {},
    /// The sum of several layers' outputs, which have one shape.
    Add {},
    /// Several layers' outputs one after another along the channels.
    Concat {},
}

impl Layer {
    /// The type as the model's text writes it, which is also the stem of default names.
    pub fn kind(&self) -> &'static str {
        match self {
            Layer::Conv2d(_) => "conv2d",
            Layer::Linear { .. } => "linear",
            Layer::Relu {} => "relu",
            Layer::LeakyRelu { .. } => "leaky_relu",
            Layer::Relu6 {} => "relu6",
            Layer::Elu { .. } => "elu",
            Layer::Selu {} => "selu",
            Layer::Gelu {} => "gelu",
            Layer::Silu {} => "silu",
            Layer::Hardswish {} => "hardswish",
            Layer::Softplus {} => "softplus",
            Layer::Sigmoid {} => "sigmoid",
            Layer::Tanh {} => "tanh",
            Layer::MaxPool2d(_) => "max_pool2d",
            Layer::AvgPool2d(_) => "avg_pool2d",
            Layer::AdaptiveAvgPool2d { .. } => "adaptive_avg_pool2d",
            Layer::BatchNorm2d { .. } => "batch_norm2d",
            Layer::Dropout { .. } => "dropout",
            Layer::Flatten {} => "flatten",
            Layer::Add {} => "add",
            Layer::Concat {} => "concat",
        }
    }
}

fn is_one(pair: &Pair) -> bool {
    pair.get() == [1; 2]
}

fn is_none(padding: &Padding) -> bool {
    matches!(padding, Padding::Sides(sides) if sides.get() == [0; 2])
}

fn is_single(n: &usize) -> bool {
    *n == 1
}

fn is_yes(b: &bool) -> bool {
    *b
}

fn is_no(b: &bool) -> bool {
    !*b
}
