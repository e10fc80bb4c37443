//! Operands that stretch to a common shape, as numpy broadcasts: how a kernel finds their elements, four at a time
//! where that is possible.

use crate::Word;

/// How a kernel walks through y and its operands.
pub(super) struct Walk {
    /// Lengths of y's axes, outermost first, the last one in units.
    axes: Vec<usize>,
    operands: Vec<Operand>,
    /// Units are vec4s.
    pub(super) fours: bool,
}

struct Operand {
    /// Along each axis, in its own units: vec4s, or elements where it is splat.
    strides: Vec<usize>,
    /// One element fills a unit.
    splat: bool,
}

impl Walk {
    /// Axes of y in buffer order, and each operand's strides along them in elements, 0 where it stretches. Neighbouring
    /// axes that every operand walks through alike become one.
    pub(super) fn new(shape: &[usize], operands: &[&[usize]]) -> Self {
        let mut axes: Vec<usize> = Vec::new();
        let mut strides: Vec<Vec<usize>> = vec![Vec::new(); operands.len()];
        for (axis, &len) in shape.iter().enumerate().filter(|&(_, &len)| len != 1) {
            let joins = |(own, operand): (&Vec<usize>, &&[usize])| own.last() == Some(&(operand[axis] * len));
            let merge = strides.iter().zip(operands).all(joins);
            match axes.last_mut().filter(|_| merge) {
                Some(last) => *last *= len,
                None => axes.push(len),
            }
            for (own, operand) in strides.iter_mut().zip(operands) {
                if merge {
                    own.pop();
                }
                own.push(operand[axis]);
            }
        }
        if axes.is_empty() {
            axes.push(1);
            strides.iter_mut().for_each(|own| own.push(1));
        }
        let at = axes.len() - 1;
        // A single axis may end within a vec4, since buffers are whole vec4s.
        let whole = at == 0 || axes[at].is_multiple_of(4);
        let aligned = |own: &Vec<usize>| own[at] == 0 || own[at] == 1 && own[..at].iter().all(|s| s.is_multiple_of(4));
        let fours = whole && strides.iter().all(aligned);
        let operands = strides.into_iter().map(|mut own| {
            let splat = own[at] == 0;
            if fours && !splat {
                own[..at].iter_mut().for_each(|stride| *stride /= 4);
            }
            Operand { strides: own, splat }
        });
        let operands = operands.collect();
        if fours {
            axes[at] = axes[at].div_ceil(4);
        }
        Walk { axes, operands, fours }
    }

    /// Units of y.
    pub(super) fn count(&self) -> usize {
        self.axes.iter().product()
    }

    /// One element of the operand fills a unit.
    pub(super) fn splat(&self, operand: usize) -> bool {
        self.operands[operand].splat
    }

    /// The operand lies as y does: no index needs to be computed.
    pub(super) fn alike(&self, operand: usize) -> bool {
        let mut stride = 1;
        self.axes.iter().zip(&self.operands[operand].strides).rev().all(|(len, &own)| {
            let fits = own == stride;
            stride *= len;
            fits
        })
    }

    /// How many axes the kernel walks along: one of few numbers, so that there are few pipelines.
    pub(super) fn depth(&self) -> u32 {
        [1, 2, 3, 6].into_iter().find(|&depth| depth >= self.axes.len()).unwrap_or(6) as u32
    }

    /// Lengths of the axes under `names`, outermost first; missing ones have length 1.
    pub(super) fn lengths(&self, names: [&'static str; 6]) -> Vec<(&'static str, Word)> {
        padded(names, &self.axes, 1)
    }

    /// Strides of an operand under `names`, outermost first; missing axes have stride 0.
    pub(super) fn strides(&self, operand: usize, names: [&'static str; 6]) -> Vec<(&'static str, Word)> {
        padded(names, &self.operands[operand].strides, 0)
    }
}

fn padded(names: [&'static str; 6], values: &[usize], filler: usize) -> Vec<(&'static str, Word)> {
    let values = std::iter::repeat_n(&filler, 6 - values.len()).chain(values);
    names.into_iter().zip(values).map(|(name, &value)| (name, Word::from(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_all_walk_alike_become_one() {
        // [n, c, h, w] + [c, 1, 1]
        let x = [2 * 16, 16, 4, 1];
        let walk = Walk::new(&[3, 2, 4, 4], &[&x, &[0, 1, 0, 0]]);
        assert_eq!((walk.axes.as_slice(), walk.fours, walk.depth()), (&[3, 2, 4][..], true, 3));
        assert!(walk.alike(0) && !walk.splat(0) && walk.splat(1) && !walk.alike(1));
        assert_eq!(walk.operands[1].strides, [0, 1, 0]);
        // 49 pixels are no whole vec4s.
        assert!(!Walk::new(&[3, 2, 7, 7], &[&[98, 49, 7, 1], &[0, 1, 0, 0]]).fours);
        // The same shape is one axis, whatever its length; so is a scalar beside it.
        let walk = Walk::new(&[3, 5], &[&[5, 1], &[0, 0]]);
        assert_eq!((walk.axes.as_slice(), walk.fours), (&[4][..], true));
        assert_eq!(Walk::new(&[1, 1], &[&[0, 0], &[0, 0]]).count(), 1);
    }
}
