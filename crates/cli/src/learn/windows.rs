//! The window that a convolution or a pooling moves over an image: its options, its places, and the formula of the
//! output's size with the numbers in it.

use std::str::FromStr;

use clap::Args;
use lenslet::graph::Window;

use super::desk::usage;

/// Cells put round an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    /// None.
    Valid,
    /// As many as give ⌈n / stride⌉ outputs.
    Same,
    /// This many on every side.
    Cells(usize),
}

impl FromStr for Padding {
    type Err = String;

    fn from_str(text: &str) -> Result<Padding, String> {
        match text {
            "valid" => Ok(Padding::Valid),
            "same" => Ok(Padding::Same),
            _ => text
                .parse()
                .map(Padding::Cells)
                .map_err(|_| format!("`{text}` is not same, valid or a number of cells")),
        }
    }
}

/// How the window moves.
#[derive(Args, Debug, Clone)]
pub(crate) struct Motion {
    /// Cells round the image: `valid` for none, `same` for ⌈n / stride⌉ outputs, or a number for every side
    #[arg(long, default_value = "valid")]
    pub(crate) padding: Padding,
    /// Cells between the window's own cells; 1 is a dense window
    #[arg(long, default_value_t = 1)]
    pub(crate) dilation: usize,
    /// The animation stops after this many windows
    #[arg(long, value_name = "N", default_value_t = 48)]
    pub(crate) frames: usize,
    /// Windows told in words
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) steps: usize,
}

/// Frames above these nobody watches to the end.
const MOST_FRAMES: usize = 512;
/// Sides above this are too fine to be read cell by cell.
pub(crate) const LONGEST: usize = 48;

/// A window's places over an image of `input` rows and columns.
#[derive(Clone, Debug)]
pub(crate) struct Windows {
    pub(crate) window: Window,
    /// Rows and columns of the image, of it with its padding, of the kernel, of the output.
    pub(crate) input: [usize; 2],
    pub(crate) padded: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) output: [usize; 2],
    pads: [[usize; 2]; 2],
    stride: usize,
    dilation: usize,
}

impl Windows {
    /// A usage error where the stride or dilation is 0 or no window fits.
    pub(crate) fn new(
        input: [usize; 2],
        kernel: [usize; 2],
        stride: usize,
        motion: &Motion,
    ) -> anyhow::Result<Windows> {
        for (what, value) in [("stride", stride), ("dilation", motion.dilation), ("frames", motion.frames)] {
            if value == 0 {
                return Err(usage(format!("--{what} 0: the {what} must be 1 or more")));
            }
        }
        if input.iter().chain(&kernel).any(|side| *side > LONGEST) {
            let sides = format!("{}×{} with a {}×{} window", input[0], input[1], kernel[0], kernel[1]);
            return Err(usage(format!("{sides}: this lesson shows every number, so sides may have up to {LONGEST}")));
        }
        if motion.frames > MOST_FRAMES {
            return Err(usage(format!("--frames {}: at most {MOST_FRAMES}", motion.frames)));
        }
        if let Padding::Cells(pad) = motion.padding
            && pad > LONGEST
        {
            return Err(usage(format!("--padding {pad}: at most {LONGEST}")));
        }
        let dense = Window::new(&kernel).stride(&[stride; 2]).dilation(&[motion.dilation; 2]);
        let window = match motion.padding {
            Padding::Valid => dense,
            Padding::Same => dense.same_upper([1, input[0], input[1]]),
            Padding::Cells(pad) => dense.pad(&[pad; 2]),
        };
        let pads = [window.pads[1], window.pads[2]];
        let padded = [0, 1].map(|axis| input[axis] + pads[axis][0] + pads[axis][1]);
        let Some([_, p, q]) = window.output([1, input[0], input[1]]) else {
            let [_, high, wide] = window.extent();
            return Err(usage(format!(
                "the window reaches over {high}×{wide} cells, the padded input has {}×{}: take a smaller kernel, less \
                 dilation or more --padding",
                padded[0], padded[1]
            )));
        };
        let dilation = motion.dilation;
        Ok(Windows { window, input, padded, kernel, output: [p, q], pads, stride, dilation })
    }

    /// How many windows there are.
    pub(crate) fn count(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Row and column in the output of the `i`-th window.
    pub(crate) fn place(&self, i: usize) -> [usize; 2] {
        [i / self.output[1], i % self.output[1]]
    }

    /// The cells of the padded image under the `i`-th window, row by row.
    pub(crate) fn taps(&self, i: usize) -> Vec<[usize; 2]> {
        let [p, q] = self.place(i);
        let [high, wide] = self.kernel;
        (0..high * wide)
            .map(|k| [p * self.stride + k / wide * self.dilation, q * self.stride + k % wide * self.dilation])
            .collect()
    }

    /// What to frame of the padded image for the `i`-th window: one rectangle, or single cells where it is dilated.
    pub(crate) fn marks(&self, i: usize) -> Vec<[usize; 4]> {
        let taps = self.taps(i);
        if self.dilation == 1 {
            return vec![[taps[0][0], taps[0][1], self.kernel[0], self.kernel[1]]];
        }
        taps.into_iter().map(|[row, column]| [row, column, 1, 1]).collect()
    }

    /// A plane `[h, w]` with cells of `fill` round it.
    pub(crate) fn pad(&self, plane: &[f32], fill: f32) -> Vec<f32> {
        let [high, wide] = self.padded;
        let [[top, _], [left, _]] = self.pads;
        let mut all = vec![fill; high * wide];
        for (row, cells) in plane.chunks(self.input[1]).enumerate() {
            all[(top + row) * wide + left..][..cells.len()].copy_from_slice(cells);
        }
        all
    }

    /// `6×6`, or `6×6 padded to 8×8`.
    pub(crate) fn input_text(&self) -> String {
        let by = |[a, b]: [usize; 2]| format!("{a}×{b}");
        if self.padded == self.input {
            by(self.input)
        } else {
            format!("{}, padded to {}", by(self.input), by(self.padded))
        }
    }

    /// The rule of the output's size, then it with this window's numbers: one line an axis, or one where they agree.
    pub(crate) fn formula(&self) -> Vec<String> {
        let even = self.pads.iter().all(|pad| pad[0] == pad[1]);
        let dilated = self.dilation > 1;
        let rule = match (even, dilated) {
            (true, false) => "output = ⌊(n + 2p − k) / s⌋ + 1",
            (false, false) => "output = ⌊(n + p₁ + p₂ − k) / s⌋ + 1",
            (true, true) => "output = ⌊(n + 2p − d(k−1) − 1) / s⌋ + 1",
            (false, true) => "output = ⌊(n + p₁ + p₂ − d(k−1) − 1) / s⌋ + 1",
        };
        let numbers = |axis: usize| {
            let (n, [begin, end], k) = (self.input[axis], self.pads[axis], self.kernel[axis]);
            let pad = if even { format!("2·{begin}") } else { format!("{begin} + {end}") };
            let extent = if dilated { format!("{}·({k}−1) − 1", self.dilation) } else { k.to_string() };
            format!("⌊({n} + {pad} − {extent}) / {}⌋ + 1 = {}", self.stride, self.output[axis])
        };
        let (rows, columns) = (numbers(0), numbers(1));
        let mut lines = vec![rule.to_owned()];
        if rows == columns {
            lines.push(format!("       = {rows}"));
        } else {
            lines.push(format!("rows:    {rows}"));
            lines.push(format!("columns: {columns}"));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn motion(padding: &str, dilation: usize) -> Motion {
        Motion { padding: padding.parse().unwrap(), dilation, frames: 9, steps: 3 }
    }

    #[test]
    fn sizes_of_the_lecture() {
        let size = |n, stride, padding| Windows::new([n, n], [3, 3], stride, &motion(padding, 1)).unwrap().output;
        assert_eq!([size(6, 1, "valid"), size(7, 1, "valid"), size(7, 2, "valid")], [[4, 4], [5, 5], [3, 3]]);
        assert_eq!([size(6, 1, "same"), size(7, 2, "same"), size(6, 1, "2")], [[6, 6], [4, 4], [8, 8]]);
        let windows = Windows::new([7, 7], [3, 3], 2, &motion("valid", 1)).unwrap();
        assert_eq!(windows.formula()[1].trim(), "= ⌊(7 + 2·0 − 3) / 2⌋ + 1 = 3");
        assert_eq!(windows.marks(4), [[2, 2, 3, 3]]);
    }

    #[test]
    fn padding_and_dilation_move_the_cells() {
        let windows = Windows::new([4, 5], [2, 2], 1, &motion("1", 3)).unwrap();
        assert_eq!((windows.padded, windows.output), ([6, 7], [3, 4]));
        assert_eq!(windows.taps(5), [[1, 1], [1, 4], [4, 1], [4, 4]]);
        let padded = windows.pad(&[1.0; 20], 0.0);
        assert_eq!((padded[0], padded[8], padded.iter().sum::<f32>()), (0.0, 1.0, 20.0));
    }

    #[test]
    fn what_does_not_fit_is_a_mistake_in_the_arguments() {
        let error = |n, k, stride, dilation| {
            let error = Windows::new([n, n], [k, k], stride, &motion("valid", dilation)).unwrap_err();
            assert!(error.is::<crate::exit::Usage>());
            error.to_string()
        };
        assert!(error(4, 3, 0, 1).contains("the stride must be 1 or more"));
        assert!(error(4, 5, 1, 1).contains("reaches over 5×5 cells, the padded input has 4×4"));
        assert!(error(4, 3, 1, 2).contains("reaches over 5×5"));
        assert!(error(400, 3, 1, 1).contains("up to 48"));
        assert!("some".parse::<Padding>().is_err());
    }
}
