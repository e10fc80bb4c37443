//! The device for tests, the same rule in every package: no adapter fails, silence never passes.

use std::sync::OnceLock;

use crate::{device::Device, error::Error};

/// The device that all tests of a process share; `None` where there is no adapter and LENSLET_NO_GPU=1 says that
/// this is meant.
///
/// # Panics
/// With the line that installs an adapter where there is none, and with any other error of opening it.
#[doc(hidden)]
pub fn test_device() -> Option<&'static Device> {
    static DEVICE: OnceLock<Option<Device>> = OnceLock::new();
    let open = || match Device::open(None) {
        Ok(device) => Some(device),
        Err(Error::NoAdapter { .. }) if std::env::var("LENSLET_NO_GPU").is_ok_and(|value| value == "1") => None,
        Err(error) => panic!("{error}\n(LENSLET_NO_GPU=1 skips the tests that need a device)"),
    };
    DEVICE.get_or_init(open).as_ref()
}
