//! Weighted sums along single axes: resize, padding by the tensor's own elements, and their gradients, which are the
//! same with the lists transposed. One launch an axis.

use crate::{Arg, Candidate, Launch, params};

/// Of what each output along one axis is made: inputs and their weights. An output without any is `empty`.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Which axis of the buffer, outermost first.
    pub axis: usize,
    /// One list an output.
    pub taps: Vec<Vec<(usize, f32)>>,
}

impl Axis {
    /// The gradient's lists, for `inputs` elements.
    pub fn transposed(&self, inputs: usize) -> Axis {
        let mut taps = vec![Vec::new(); inputs];
        for (output, list) in self.taps.iter().enumerate() {
            list.iter().for_each(|&(input, weight)| taps[input].push((output, weight)));
        }
        Axis { axis: self.axis, taps }
    }
}

/// x resampled along some axes, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Resample {
    /// Lengths of x's axes as they lie in the buffer, outermost first.
    pub shape: Vec<usize>,
    /// Along which axes, in this order; at least one.
    pub axes: Vec<Axis>,
    /// What an output without taps is.
    pub empty: f32,
}

impl Resample {
    /// Bindings: `x`, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        let mut shape = self.shape.clone();
        let (mut launches, mut scratch, mut tables) = (Vec::new(), Vec::new(), Vec::new());
        for (at, Axis { axis, taps }) in self.axes.iter().enumerate() {
            let (input, output) = (shape[*axis], taps.len());
            shape[*axis] = output;
            let inner: usize = shape[axis + 1..].iter().product();
            let vec4 = inner.is_multiple_of(4);
            let inner = if vec4 { inner / 4 } else { inner };
            let count = shape[..=*axis].iter().product::<usize>() * inner;
            let mut end = 0;
            let span = |list: &Vec<_>| {
                end += list.len() as u32;
                [end - list.len() as u32, end]
            };
            let spans = taps.iter().flat_map(span).collect();
            let flat: Vec<u32> = taps.iter().flatten().flat_map(|&(input, w)| [input as u32, w.to_bits()]).collect();
            tables.extend([spans, if flat.is_empty() { vec![0; 2] } else { flat }]);
            let x = if at == 0 { Arg::Input(0) } else { Arg::Scratch(at - 1) };
            let last = at + 1 == self.axes.len();
            if !last {
                scratch.push(shape.iter().product::<usize>() as u64 * 4);
            }
            let y = if last { Arg::Output(0) } else { Arg::Scratch(at) };
            let launch = Launch::flat(&shaders::RESAMPLE, count, 64)
                .set("T", if vec4 { "vec4<f32>" } else { "f32" })
                .params(params! { count, input, output, inner, empty: self.empty })
                .bind(&[x, Arg::Table(2 * at), Arg::Table(2 * at + 1), y]);
            launches.push(launch);
        }
        vec![Candidate { name: "resample".into(), launches, scratch, tables }]
    }
}
