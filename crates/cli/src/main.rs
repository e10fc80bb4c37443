//! The lenslet program. Not yet written.

mod pictures;

fn main() {}
