//! Axes of a buffer, and how neighbouring ones are seen as one: what kernels with few loops walk along.

/// An axis in a buffer, or several neighbouring ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its length.
    pub len: usize,
    /// Elements from one place on it to the next.
    pub stride: usize,
    /// A reduction goes along it.
    pub reduced: bool,
}

/// The fewest runs that visit the same elements in the same order; the last one has stride 1.
pub fn runs(axes: &[Run]) -> Vec<Run> {
    let mut axes: Vec<Run> = axes.iter().copied().filter(|a| a.len != 1).collect();
    if axes.last().is_none_or(|a| a.stride != 1) {
        axes.push(Run { len: 1, stride: 1, reduced: true });
    }
    let mut runs: Vec<Run> = Vec::new();
    for axis in axes {
        match runs.last_mut() {
            Some(run) if run.reduced == axis.reduced && run.stride == axis.len * axis.stride => {
                *run = Run { len: run.len * axis.len, ..axis };
            }
            _ => runs.push(axis),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_where_nothing_lies_between() {
        let run = |len, stride, reduced| Run { len, stride, reduced };
        // [c, h, w, n] over h, w and n: whole batches merge with them, padded ones do not.
        let whole = [run(3, 40, false), run(5, 8, true), run(1, 8, true), run(8, 1, true)];
        assert_eq!(runs(&whole), [run(3, 40, false), run(40, 1, true)]);
        let padded = [run(3, 40, false), run(5, 8, true), run(7, 1, true)];
        assert_eq!(runs(&padded), padded);
        // One image: the run along its padding is still there.
        assert_eq!(runs(&[run(5, 4, false), run(1, 1, true)]), [run(5, 4, false), run(1, 1, true)]);
        assert_eq!(runs(&[]), [run(1, 1, true)]);
    }
}
