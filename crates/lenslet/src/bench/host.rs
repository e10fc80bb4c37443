//! CPU time of the thread that drives the device: what a step costs the host. The driver's own threads do not count; what
//! the driver does inside a call does.

/// Seconds that this thread has run on a processor; `None` where the system does not tell without unsafe code (all but
/// Linux).
pub(super) fn thread_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: u64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds as f64 * 1e-9)
}
