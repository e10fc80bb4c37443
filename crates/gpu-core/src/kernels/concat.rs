//! Concatenation, four tensors a launch: networks with branches join two to four of them.

use crate::{Arg, Candidate, Launch, params};

/// Tensors `[outer, part]` side by side: `[outer, sum of parts]`.
pub struct Concat {
    /// Rows that all tensors have.
    pub outer: usize,
    /// Elements of a row of each tensor.
    pub parts: Vec<usize>,
}

impl Concat {
    /// Bindings: each tensor, `y`.
    pub fn candidates(&self) -> Vec<Candidate> {
        let vec4 = self.parts.iter().all(|part| part.is_multiple_of(4));
        let width = if vec4 { 4 } else { 1 };
        let row = self.parts.iter().sum::<usize>() / width;
        let mut start = 0;
        let launches = self.parts.chunks(4).enumerate().map(|(at, parts)| {
            let mut ends = [0; 4];
            let mut args = [Arg::Input(4 * at); 5];
            let mut end = 0;
            for k in 0..4 {
                end += parts.get(k).map_or(0, |part| part / width);
                ends[k] = end;
                if k < parts.len() {
                    args[k] = Arg::Input(4 * at + k);
                }
            }
            args[4] = Arg::Output(0);
            let [end0, end1, end2, end3] = ends;
            let count = self.outer * end3;
            let launch = Launch::flat(&shaders::CONCAT, count, 64)
                .set("T", if vec4 { "vec4<u32>" } else { "u32" })
                .params(params! { count, row, start, end0, end1, end2, end3 });
            start += end3;
            launch.bind(&args)
        });
        let launches = launches.collect();
        vec![Candidate { name: "concat".into(), launches, scratch: Vec::new(), tables: Vec::new() }]
    }
}
