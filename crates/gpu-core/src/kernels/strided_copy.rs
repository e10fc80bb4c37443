//! Moves of elements without arithmetic: a box of elements, at any distances on either side.
//!
//! Axes that lie alike on both sides are merged and axes of length 1 dropped, so that most moves have two or three
//! axes; whole `vec4`s move where both sides have them.

use crate::{Arg, Launch, Word};

/// One axis of the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// How many elements.
    pub len: usize,
    /// Elements of x between neighbours; 0 repeats one, negative goes down.
    pub x: i64,
    /// Elements of y between neighbours; not 0.
    pub y: i64,
}

/// `y[y_start + sum of i * axis.y] = x[x_start + sum of i * axis.x]` for each i of the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StridedCopy {
    /// Axes of the box, in any order.
    pub axes: Vec<Axis>,
    /// Place in x of the first element.
    pub x_start: i64,
    /// Place in y of the first element.
    pub y_start: i64,
}

/// Axes that the shader can take.
const MOST: usize = 8;

impl StridedCopy {
    /// `count` elements side by side on both sides.
    pub fn alike(count: usize) -> Self {
        StridedCopy { axes: vec![Axis { len: count, x: 1, y: 1 }], x_start: 0, y_start: 0 }
    }

    /// The move from binding `x` to binding `y`; `None` where it needs more than 8 axes after merging.
    pub fn launch(&self, x: Arg, y: Arg) -> Option<Launch> {
        let mut merged = self.merged();
        let whole = |v: i64| v % 4 == 0;
        let vec4 = merged.axes[0] == Axis { x: 1, y: 1, ..merged.axes[0] }
            && whole(merged.axes[0].len as i64)
            && whole(merged.x_start)
            && whole(merged.y_start)
            && merged.axes[1..].iter().all(|axis| whole(axis.x) && whole(axis.y));
        if vec4 {
            merged.axes[0].len /= 4;
            merged.axes[1..].iter_mut().for_each(|axis| (axis.x, axis.y) = (axis.x / 4, axis.y / 4));
            (merged.x_start, merged.y_start) = (merged.x_start / 4, merged.y_start / 4);
        }
        let count: usize = merged.axes.iter().map(|axis| axis.len).product();
        let (last, inner) = merged.axes.split_last()?;
        if inner.len() >= MOST {
            return None;
        }
        // Two's complement: the shader's u32 arithmetic wraps.
        let wrapped = |v: i64| Word::U32(v as i32 as u32);
        let mut words = vec![
            ("count", Word::from(count)),
            ("x_start", wrapped(merged.x_start)),
            ("y_start", wrapped(merged.y_start)),
        ];
        let member = |k: usize, of: &dyn Fn(&Axis) -> i64, filler: i64| wrapped(inner.get(k).map_or(filler, of));
        words.extend(LENGTHS.iter().enumerate().map(|(k, &name)| (name, member(k, &|axis| axis.len as i64, 1))));
        words.extend(X.iter().enumerate().map(|(k, &name)| (name, member(k, &|axis| axis.x, 0))));
        words.push(("x_last", wrapped(last.x)));
        words.extend(Y.iter().enumerate().map(|(k, &name)| (name, member(k, &|axis| axis.y, 0))));
        words.push(("y_last", wrapped(last.y)));
        let launch = Launch::flat(&shaders::STRIDED_COPY, count, 64)
            .set("T", if vec4 { "vec4<u32>" } else { "u32" })
            .set("AXES", merged.axes.len() as u32);
        Some(launch.params(words).bind(&[x, y]))
    }

    /// The same move with y's distances positive, the innermost axis first, and as few axes as may be (at least one).
    fn merged(&self) -> StridedCopy {
        let mut sorted = StridedCopy { axes: Vec::new(), ..*self };
        for &Axis { len, x, y } in self.axes.iter().filter(|axis| axis.len != 1) {
            let back = if y < 0 { len as i64 - 1 } else { 0 };
            sorted.x_start += back * x;
            sorted.y_start += back * y;
            sorted.axes.push(if y < 0 { Axis { len, x: -x, y: -y } } else { Axis { len, x, y } });
        }
        sorted.axes.sort_by_key(|axis| axis.y);
        let mut axes: Vec<Axis> = Vec::new();
        for axis in sorted.axes {
            match axes.last_mut() {
                Some(inner) if axis.x == inner.len as i64 * inner.x && axis.y == inner.len as i64 * inner.y => {
                    inner.len *= axis.len;
                }
                _ => axes.push(axis),
            }
        }
        if axes.is_empty() {
            axes.push(Axis { len: 1, x: 1, y: 1 });
        }
        StridedCopy { axes, ..sorted }
    }
}

const LENGTHS: [&str; 7] = ["n0", "n1", "n2", "n3", "n4", "n5", "n6"];
const X: [&str; 7] = ["x0", "x1", "x2", "x3", "x4", "x5", "x6"];
const Y: [&str; 7] = ["y0", "y1", "y2", "y3", "y4", "y5", "y6"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_lie_alike_become_one() {
        let axes = vec![Axis { len: 2, x: 60, y: 60 }, Axis { len: 3, x: 20, y: 20 }, Axis { len: 20, x: 1, y: 1 }];
        let merged = StridedCopy { axes, x_start: 0, y_start: 0 }.merged();
        assert_eq!(merged.axes, [Axis { len: 120, x: 1, y: 1 }]);
    }

    #[test]
    fn a_falling_y_is_turned_around() {
        let turned = StridedCopy { axes: vec![Axis { len: 3, x: 1, y: -2 }], x_start: 0, y_start: 4 }.merged();
        assert_eq!(turned, StridedCopy { axes: vec![Axis { len: 3, x: -1, y: 2 }], x_start: 2, y_start: 0 });
    }
}
