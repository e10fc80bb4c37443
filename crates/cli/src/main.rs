//! The lenslet program. Not yet written.

fn main() {}
