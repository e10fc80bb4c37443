//! Which Vulkan driver the tests run on: one of the system's, else Mesa's lavapipe.
//!
//! macOS and Windows bring Metal and DX12, so only Linux is looked at. The places searched are the
//! Vulkan loader's own: <https://github.com/KhronosGroup/Vulkan-Loader/blob/main/docs/LoaderDriverInterface.md>.
//! A manifest counts if its library can be found; whether a device answers, the tests say.
//! Getting one is `debian.rs`.

use crate::debian::{self, LAVAPIPE, SWIFTSHADER};
use crate::process;
use anyhow::{Result, bail};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the tests must find in their environment to see the driver.
pub(crate) type Env = Vec<(&'static str, OsString)>;

/// Finds a driver, or gets one. Where neither works it says what to do, and the tests of the device
/// then fail on their own: silence never passes.
pub(crate) fn provide() -> Result<Env> {
    let mut env = place()?;
    // Mesa keeps compiled pipelines here between runs; no other driver reads it.
    env.push(("MESA_SHADER_CACHE_DIR", process::target()?.join("mesa-cache").into()));
    Ok(env)
}

/// What leads the loader to the driver; nothing where it finds one itself, or there is none.
fn place() -> Result<Env> {
    if !cfg!(target_os = "linux") || std::env::var("LENSLET_NO_GPU").is_ok_and(|value| value == "1") {
        return Ok(Env::new());
    }
    let asked = match std::env::var("LENSLET_DRIVER").as_deref() {
        Err(_) | Ok("") => None,
        Ok("unpack") => Some(&LAVAPIPE),
        Ok("swiftshader") => Some(&SWIFTSHADER),
        Ok(other) => bail!(
            "LENSLET_DRIVER is `{other}`; it may be `unpack` (lavapipe under target/), `swiftshader` (Chromium's, there \
             too) or unset"
        ),
    };
    if asked.is_none() && found() {
        return Ok(Env::new());
    }

    let driver = asked.unwrap_or(&LAVAPIPE);
    let folder = process::target()?.join(driver.name);
    if !debian::unpacked(driver, &folder) {
        if !process::works("apt-get", &["--version"]) {
            eprintln!("{ADVICE}");
            return Ok(Env::new());
        }
        if asked.is_none() && debian::install()? {
            anyhow::ensure!(found(), "mesa-vulkan-drivers is installed, yet no driver is found.\n{ADVICE}");
            return Ok(Env::new());
        }
        debian::unpack(driver, &folder)?;
    }
    debian::env(driver, &folder)
}

pub(crate) const ADVICE: &str = "\
No Vulkan driver was found. Any will do; the software driver lavapipe is
  Debian, Ubuntu   apt-get install mesa-vulkan-drivers libvulkan1
  Fedora           dnf install mesa-vulkan-drivers vulkan-loader
  Arch             pacman -S vulkan-swrast vulkan-icd-loader
  Alpine           apk add mesa-vulkan-swrast vulkan-loader
  openSUSE         zypper install libvulkan_lvp libvulkan1
Set LENSLET_NO_GPU=1 to leave out the tests that need a device.";

/// Whether the system has the loader, and a driver whose library is there too. Says which ones.
fn found() -> bool {
    let known = libraries();
    let mut drivers = manifests();
    drivers.retain(|manifest| match library(manifest) {
        Some(path) if path.components().count() > 1 => path.exists(),
        Some(name) => has(known.as_deref(), &name.to_string_lossy()),
        None => false,
    });
    if drivers.is_empty() || !has(known.as_deref(), "libvulkan.so.1") {
        return false;
    }
    let names: Vec<_> = drivers.iter().filter_map(|driver| driver.file_stem()?.to_str()).collect();
    eprintln!("Vulkan drivers: {}", names.join(", "));
    true
}

/// The library that a manifest names: a path, or a bare file name for the linker to find.
fn library(manifest: &Path) -> Option<PathBuf> {
    let text = std::fs::read_to_string(manifest).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    let path = json["ICD"]["library_path"].as_str()?;
    // A path with a folder in it is relative to the manifest; join keeps an absolute one.
    Some(if path.contains('/') { manifest.parent()?.join(path) } else { path.into() })
}

/// Manifests in the loader's order. The two variables replace the search; the second is the old name.
fn manifests() -> Vec<PathBuf> {
    let listed = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let places = match listed("VK_DRIVER_FILES").or_else(|| listed("VK_ICD_FILENAMES")) {
        Some(places) => std::env::split_paths(&places).collect(),
        None => folders(),
    };
    let mut found = Vec::new();
    for place in places {
        match std::fs::read_dir(&place) {
            Ok(entries) => found.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => found.push(place),
        }
    }
    found.retain(|path| path.extension().is_some_and(|extension| extension == "json") && path.exists());
    found.sort();
    found.dedup(); // /usr/share is searched twice
    found
}

fn folders() -> Vec<PathBuf> {
    let listed = |name: &str, default: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty()).unwrap_or_else(|| default.into());
        std::env::split_paths(&value).collect::<Vec<_>>()
    };
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let mut roots = listed("XDG_CONFIG_HOME", &home.join(".config").to_string_lossy());
    roots.extend(listed("XDG_CONFIG_DIRS", "/etc/xdg"));
    roots.extend(["/etc", "/usr/local/etc"].map(PathBuf::from));
    roots.extend(listed("XDG_DATA_HOME", &home.join(".local/share").to_string_lossy()));
    roots.extend(listed("XDG_DATA_DIRS", "/usr/local/share:/usr/share"));
    // Always searched, whatever the variables say: on many desktops they leave these out.
    roots.extend(["/usr/local/share", "/usr/share", "/run/opengl-driver/share"].map(PathBuf::from));
    roots.iter().map(|root| root.join("vulkan/icd.d")).collect()
}

/// What the linker knows, as `ldconfig -p` prints it; `None` where that cannot be asked (musl, NixOS).
fn libraries() -> Option<String> {
    // /sbin is often not on a user's PATH.
    let out = ["ldconfig", "/sbin/ldconfig"].iter().find_map(|name| Command::new(name).arg("-p").output().ok())?;
    out.status.success().then(|| String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Whether the linker would find `name`: in its own list, or on `LD_LIBRARY_PATH`.
fn has(known: Option<&str>, name: &str) -> bool {
    let Some(known) = known else { return true };
    let folders = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    known.lines().any(|line| line.split_whitespace().next() == Some(name))
        || std::env::split_paths(&folders).any(|folder| folder.join(name).exists())
}
