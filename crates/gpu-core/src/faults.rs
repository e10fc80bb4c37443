//! Known driver faults: the one place where an adapter's name decides anything.
//!
//! A row withholds a capability from [`Caps`], so that plans avoid what is broken without knowing why. Rows are for
//! faults that were seen and can be pointed at; a suspicion belongs into `lenslet doctor`, which proves kernels on
//! the user's own device.

use crate::caps::{Caps, LOOP_ROUNDS};

/// What a row can take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Subgroup operations.
    Subgroup,
    /// Timestamps between launches.
    Timestamps,
    /// Loops of more rounds than 65,000 in all of an invocation.
    LongLoops,
}

/// One known fault.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Part of the adapter's name, in lower case; empty matches all.
    pub name: &'static str,
    /// Part of `driver driver_info`, in lower case; empty matches all.
    pub driver: &'static str,
    /// The backend's name (`vulkan`, `metal`, `dx12`, `webgpu`); empty matches all.
    pub backend: &'static str,
    /// What is taken away.
    pub withholds: Withheld,
    /// What goes wrong.
    pub why: &'static str,
    /// Where it is reported.
    pub reference: &'static str,
}

/// The rows.
pub const FAULTS: &[Fault] = &[Fault {
    name: "llvmpipe",
    driver: "",
    backend: "vulkan",
    withholds: Withheld::LongLoops,
    why: "loops end after 65,535 rounds in all of an invocation, and the results are wrong",
    reference: "LP_MAX_TGSI_LOOP_ITERATIONS in Mesa's src/gallium/auxiliary/gallivm/lp_bld_limits.h",
}];

/// The rows that match an adapter.
pub(crate) fn matching<'a>(
    rows: &'a [Fault],
    name: &str,
    driver: &str,
    backend: &str,
) -> impl Iterator<Item = &'a Fault> {
    let (name, driver, backend) = (name.to_lowercase(), driver.to_lowercase(), backend.to_lowercase());
    rows.iter().filter(move |row| {
        name.contains(row.name)
            && driver.contains(row.driver)
            && (row.backend.is_empty() || row.backend == backend.as_str())
    })
}

/// Takes a capability away.
pub(crate) fn withhold(caps: &mut Caps, what: Withheld) {
    match what {
        Withheld::Subgroup => caps.subgroup = None,
        Withheld::Timestamps => caps.timestamps = false,
        Withheld::LongLoops => caps.loop_rounds = LOOP_ROUNDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Fault = Fault {
        name: "toy 3000",
        driver: "toyvk 1.2",
        backend: "vulkan",
        withholds: Withheld::Subgroup,
        why: "shuffles return the wrong lane",
        reference: "made up for this test",
    };

    #[test]
    fn a_row_matches_name_driver_and_backend_together() {
        let hits = |name, driver, backend| matching(&[ROW], name, driver, backend).count();
        assert_eq!(hits("Acme Toy 3000 Ti", "ToyVK 1.2.7", "vulkan"), 1);
        assert_eq!(hits("Acme Toy 4000", "ToyVK 1.2.7", "vulkan"), 0);
        assert_eq!(hits("Acme Toy 3000 Ti", "ToyVK 1.3.0", "vulkan"), 0);
        assert_eq!(hits("Acme Toy 3000 Ti", "ToyVK 1.2.7", "dx12"), 0);
        let any = Fault { name: "", driver: "", backend: "", ..ROW };
        assert_eq!(matching(&[any], "whatever", "", "metal").count(), 1);
    }

    #[test]
    fn a_row_takes_away_its_capability_and_nothing_else() {
        let mut caps = Caps::gpu();
        withhold(&mut caps, ROW.withholds);
        assert_eq!(caps, Caps { subgroup: None, ..Caps::gpu() });
        withhold(&mut caps, Withheld::Timestamps);
        assert!(!caps.timestamps);
    }

    #[test]
    fn rows_are_lower_case_and_say_where_they_come_from() {
        for row in FAULTS {
            for text in [row.name, row.driver, row.backend] {
                assert_eq!(text, text.to_lowercase());
            }
            assert!(!row.why.is_empty() && !row.reference.is_empty());
        }
    }
}
