//! Layers chained: `Model::new([1, 28, 28]).conv2d(8, 5).relu()`. What needs more settings takes the layer's struct.

use super::{Conv2d, Entry, Layer, Model, Pair, Pool2d};

impl Model {
    /// Appends a layer.
    pub fn push(mut self, layer: Layer) -> Self {
        self.layers.push(Entry { layer, name: None, from: Vec::new() });
        self
    }

    /// Names the last layer. Without layers, nothing happens: the input is called `input`.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        if let Some(last) = self.layers.last_mut() {
            last.name = Some(name.into());
        }
        self
    }

    /// Lets the last layer take the outputs of these layers instead of the one before it.
    pub fn from<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        if let Some(last) = self.layers.last_mut() {
            last.from = names.into_iter().map(Into::into).collect();
        }
        self
    }

    /// A convolution with stride 1 and without padding; see [`Conv2d`] for more: `.conv(Conv2d::new(8, 3).same())`.
    pub fn conv2d(self, out_channels: usize, kernel_size: impl Into<Pair>) -> Self {
        self.conv(Conv2d::new(out_channels, kernel_size))
    }

    /// A convolution with these settings.
    pub fn conv(self, conv: Conv2d) -> Self {
        self.push(Layer::Conv2d(conv))
    }

    /// The largest of each window; windows do not overlap.
    pub fn max_pool2d(self, kernel_size: impl Into<Pair>) -> Self {
        self.push(Layer::MaxPool2d(Pool2d::new(kernel_size)))
    }

    /// The mean of each window; windows do not overlap.
    pub fn avg_pool2d(self, kernel_size: impl Into<Pair>) -> Self {
        self.push(Layer::AvgPool2d(Pool2d::new(kernel_size)))
    }

    /// The mean of each channel: `[c, h, w]` to `[c, 1, 1]`.
    pub fn global_avg_pool2d(self) -> Self {
        self.push(Layer::AdaptiveAvgPool2d { output_size: Pair::Both(1) })
    }

    /// Normalises each channel over the batch, with PyTorch's eps of 1e-5 and momentum of 0.1.
    pub fn batch_norm2d(self) -> Self {
        self.push(Layer::BatchNorm2d { eps: 1e-5, momentum: 0.1 })
    }

    /// max(x, 0)
    pub fn relu(self) -> Self {
        self.push(Layer::Relu {})
    }

    /// x where x > 0, else negative_slope * x.
    pub fn leaky_relu(self, negative_slope: f64) -> Self {
        self.push(Layer::LeakyRelu { negative_slope })
    }

    /// 1 / (1 + exp(-x))
    pub fn sigmoid(self) -> Self {
        self.push(Layer::Sigmoid {})
    }

    /// Hyperbolic tangent.
    pub fn tanh(self) -> Self {
        self.push(Layer::Tanh {})
    }

    /// In training, zeroes elements with probability `p`.
    pub fn dropout(self, p: f64) -> Self {
        self.push(Layer::Dropout { p })
    }

    /// `[c, h, w]` to `[c·h·w]`.
    pub fn flatten(self) -> Self {
        self.push(Layer::Flatten {})
    }

    /// y = x weightᵀ + bias
    pub fn linear(self, out_features: usize) -> Self {
        self.push(Layer::Linear { out_features, bias: true })
    }

    /// The sum of these layers' outputs: `.add(["input", "conv2d2"])`.
    #[allow(clippy::should_implement_trait, reason = "a layer's name, as in PyTorch and ONNX")]
    pub fn add<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.push(Layer::Add {}).from(names)
    }

    /// These layers' outputs, one after another along the channels.
    pub fn concat<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        self.push(Layer::Concat {}).from(names)
    }
}
