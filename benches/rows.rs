//! The timed rows of the table of cases: device time of every candidate in every layout, beside the device's own roofs.
//!
//! `cargo bench -p lenslet-benches`; LENSLET_ROWS=TEXT takes the rows with that text in their label. The table is that of
//! the tests, so what is timed here has passed there. Speed is never asserted: the figures are for reading side by side.
//! `lenslet bench --rows TEXT` prints the same, with `--json` for programs.

use graph::gpu_core::{Device, Roofs};
use std::error::Error;

/// Turns that each candidate gets.
const ROUNDS: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::open(None)?;
    let roofs = Roofs::measure(&device)?;
    println!("on {}\n{roofs}\n", device.summary());
    for case in cases::asked_rows().into_iter().filter(|case| case.timed) {
        for timed in cases::time(&device, &case, ROUNDS)? {
            println!("{}", cases::lines(&timed, &roofs));
        }
    }
    Ok(())
}
