//! Padding by a constant; negative padding crops. Axes without padding are merged into the next one outwards.

use crate::{Arg, Launch, Word};

/// One axis, in buffer order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// Length in x.
    pub len: usize,
    /// Elements added at the begin.
    pub before: i64,
    /// Elements added at the end.
    pub after: i64,
}

impl Axis {
    fn padded(&self) -> i64 {
        self.before + self.len as i64 + self.after
    }
}

/// x in the middle of `value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PadConstant {
    /// Axes as they lie in the buffers, outermost first.
    pub axes: Vec<Axis>,
    /// Bits of the constant.
    pub value: u32,
}

/// Axes that the shader can take.
const MOST: usize = 5;

impl PadConstant {
    /// The padding from binding `x` to binding `y`; `None` where it needs more than 5 axes after merging.
    pub fn launch(&self, x: Arg, y: Arg) -> Option<Launch> {
        let mut axes: Vec<Axis> = Vec::new();
        for &axis in self.axes.iter().rev() {
            match axes.last_mut() {
                Some(inner) if inner.before == 0 && inner.after == 0 => {
                    let times = inner.len as i64;
                    let Axis { len, before, after } = axis;
                    *inner = Axis { len: len * inner.len, before: before * times, after: after * times };
                }
                _ => axes.push(axis),
            }
        }
        if axes.is_empty() {
            axes.push(Axis { len: 1, before: 0, after: 0 });
        }
        let first = &mut axes[0];
        let vec4 = first.len.is_multiple_of(4) && first.before % 4 == 0 && first.after % 4 == 0;
        if vec4 {
            *first = Axis { len: first.len / 4, before: first.before / 4, after: first.after / 4 };
        }
        if axes.len() > MOST {
            return None;
        }
        let count = axes.iter().map(|axis| axis.padded() as usize).product();
        let mut words = vec![("count", Word::from(count)), ("value", Word::from(self.value))];
        let member =
            |k: usize, of: &dyn Fn(&Axis) -> i64, filler: i64| Word::U32(axes.get(k).map_or(filler, of) as i32 as u32);
        words.extend(LENGTHS.iter().enumerate().map(|(k, &name)| (name, member(k, &Axis::padded, 1))));
        words.extend(X.iter().enumerate().map(|(k, &name)| (name, member(k, &|axis| axis.len as i64, 1))));
        words.extend(BEFORE.iter().enumerate().map(|(k, &name)| (name, member(k, &|axis| axis.before, 0))));
        let launch = Launch::flat(&shaders::PAD_CONSTANT, count, 64)
            .set("T", if vec4 { "vec4<u32>" } else { "u32" })
            .set("AXES", axes.len() as u32);
        Some(launch.params(words).bind(&[x, y]))
    }
}

const LENGTHS: [&str; MOST] = ["n0", "n1", "n2", "n3", "n4"];
const X: [&str; MOST] = ["x0", "x1", "x2", "x3", "x4"];
const BEFORE: [&str; MOST] = ["before0", "before1", "before2", "before3", "before4"];
