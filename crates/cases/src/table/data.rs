//! Rows of the table for what brings data to the network: gathered batches.

use crate::{Case, Tolerance::*, case};
use graph::ops::{GatherBatch, Tick};

pub(crate) fn cases() -> Vec<Case> {
    let of = |batch: usize, affine: &[(f32, f32)], images: &[usize], steps: usize, clock: bool| {
        case(GatherBatch { batch, affine: affine.to_vec(), clock })
            .bytes(images)
            .index(&images[..1], 10)
            .index(&[batch * steps], images[0])
            .index(&[1], 100)
            .within(Ulp(2))
    };
    let gather = |batch, affine: &_, images: &_, steps| of(batch, affine, images, steps, false);
    let grey = [(0.01, 0.5)];
    vec![
        gather(8, &grey, &[20, 1, 4, 6], 3).timed(),
        gather(5, &grey, &[9, 1, 5, 7], 2), // no word holds a whole row
        gather(6, &[(0.01, 0.1), (0.02, 0.2), (0.03, 0.3)], &[7, 3, 2, 2], 1),
        gather(3, &[(0.01, 0.1), (0.02, 0.2)], &[4, 2, 3, 3], 4), // a word straddles channels
        case(Tick).index(&[1], 1000),
        gather(64, &grey, &[70, 3], 1),       // more labels than pixels
        of(5, &grey, &[9, 1, 4, 4], 3, true), // the step is the clock
        // Rows of a table and their classes, and a number each.
        case(GatherBatch::rows(1)).on(&[&[9, 5]]).index(&[9], 3).index(&[4], 9).index(&[1], 100).forward_only(),
        case(GatherBatch::rows(18)).on(&[&[30, 4], &[30]]).index(&[36], 30).index(&[1], 100).forward_only(),
    ]
}
