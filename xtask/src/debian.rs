//! Vulkan drivers that run on the CPU, from the packages of Debian and Ubuntu.
//!
//! Two ways: installed for the system (as root, or through a sudo that asks nothing), or unpacked
//! under `target/` without any rights. In both apt resolves, fetches and verifies; the second gives
//! it folders of its own for lists and packages, and stops before dpkg.

use crate::driver::{ADVICE, Env};
use crate::process;
use anyhow::{Context, Error, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to fetch, and what of it the Vulkan loader needs.
pub(crate) struct Driver {
    /// Its folder under `target/`.
    pub(crate) name: &'static str,
    packages: [&'static str; 2],
    /// What fetches them: `download` where they need nothing else.
    fetch: &'static [&'static str],
    /// The folder of the manifest, and how the manifest's name begins.
    manifest: (&'static str, &'static str),
    library: &'static str,
}

/// Mesa's, which the tests run on.
pub(crate) const LAVAPIPE: Driver = Driver {
    name: "lavapipe",
    packages: ["mesa-vulkan-drivers", "libvulkan1"],
    // A reinstall fetches both even where dpkg has them already.
    fetch: &["install", "--download-only", "--reinstall", "--yes", "--no-install-recommends"],
    manifest: ("usr/share/vulkan/icd.d", "lvp_icd"),
    library: "libvulkan_lvp.so",
};

/// The one in Chromium: a second opinion, since it keeps none of the habits that Mesa has beyond WGSL's word.
pub(crate) const SWIFTSHADER: Driver = Driver {
    name: "swiftshader",
    packages: ["chromium-common", "libvulkan1"],
    fetch: &["download"],
    manifest: ("usr/lib/chromium", "vk_swiftshader_icd"),
    library: "libvk_swiftshader.so",
};

/// Installs lavapipe for the whole system; false when this user may not.
pub(crate) fn install() -> Result<bool> {
    let prefix: &[&str] = if is_root() {
        &["env"]
    } else if process::works("sudo", &["-n", "true"]) {
        &["sudo", "-n", "env"]
    } else {
        return Ok(false);
    };
    let apt = |args: &[&str]| {
        let mut command = Command::new(prefix[0]);
        command.args(&prefix[1..]).args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]).args(args);
        command
    };
    eprintln!("No Vulkan driver was found: installing lavapipe");
    if let Err(error) = process::must(&mut apt(&["update"])) {
        eprintln!("{error:#}; going on with the package lists that are there");
    }
    process::must(apt(&["install", "--yes", "--no-install-recommends"]).args(LAVAPIPE.packages)).map_err(advise)?;
    Ok(true)
}

/// Whether an earlier call of [`unpack`] finished in this folder.
pub(crate) fn unpacked(driver: &Driver, folder: &Path) -> bool {
    manifest(driver, &system(folder)).is_some()
}

/// Downloads the driver, the loader and whatever they need that is not installed, into `folder`.
pub(crate) fn unpack(driver: &Driver, folder: &Path) -> Result<()> {
    eprintln!("Unpacking {} in {}", driver.name, folder.display());
    let apt = folder.join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        let part = apt.join(part);
        std::fs::create_dir_all(&part).with_context(|| format!("cannot create {}", part.display()))?;
    }
    let place = |key: &str, part: &str| format!("{key}={}", apt.join(part).display());
    let own = [
        place("Dir::State::Lists", "lists"),
        place("Dir::Cache", "cache"),
        "Dir::Cache::Archives=archives/".into(),
        "Debug::NoLocking=true".into(), // dpkg's locks are root's; nothing of dpkg's is touched
        "APT::Sandbox::User=root".into(), // as root: apt's own user may not write here
        "Acquire::Languages=none".into(), // descriptions are half of the lists
    ];
    let command = |args: &[&str]| {
        let mut command = Command::new("apt-get");
        command.arg("-qq").args(own.iter().flat_map(|option| ["-o", option])).args(args);
        command
    };
    if let Err(error) = process::must(&mut command(&["update"])) {
        eprintln!("{error:#}; going on with the package lists that came");
    }
    let archives = apt.join("cache/archives"); // where a `download` leaves its packages too
    process::must(command(driver.fetch).args(driver.packages).current_dir(&archives)).map_err(advise)?;

    let partial = folder.join("system.partial");
    remove(&partial)?;
    for entry in std::fs::read_dir(archives)? {
        let package = entry?.path();
        let name = package.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // Another C library than the running one would break every program that finds it.
        if name.ends_with(".deb") && !name.starts_with("libc6_") {
            let out = Command::new("dpkg-deb").arg("-x").args([&package, &partial]).stdin(Stdio::null()).output()?;
            let said = String::from_utf8_lossy(&out.stderr);
            anyhow::ensure!(out.status.success(), "cannot unpack {}: {}", package.display(), said.trim());
        }
    }
    anyhow::ensure!(manifest(driver, &partial).is_some(), "the packages hold no {}.\n{ADVICE}", driver.name);
    remove(&system(folder))?;
    std::fs::rename(&partial, system(folder)).context("cannot finish unpacking")?;
    remove(&apt)
}

/// The variables that lead the loader to the unpacked driver, and the linker to the loader.
pub(crate) fn env(driver: &Driver, folder: &Path) -> Result<Env> {
    let system = system(folder);
    let libraries = libraries(&system);
    let manifest = manifest(driver, &system).context("the unpacked driver lost its manifest")?;
    let beside = manifest.parent().map(Path::to_path_buf);
    let library = libraries.iter().chain(&beside).map(|folder| folder.join(driver.library)).find(|path| path.exists());
    let library =
        library.with_context(|| format!("no {}; remove {} to start anew", driver.library, folder.display()))?;

    // Written on every call: the package's names /usr/lib, and target/ may have been moved.
    let mut json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&manifest)?)
        .with_context(|| format!("{} is not JSON", manifest.display()))?;
    json["ICD"]["library_path"] = library.to_string_lossy().into();
    let ours = folder.join("driver.json");
    std::fs::write(&ours, json.to_string()).with_context(|| format!("cannot write {}", ours.display()))?;
    eprintln!("Vulkan driver: {}", ours.display());

    let before = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    // An empty entry would mean the current folder.
    let before = std::env::split_paths(&before).filter(|folder| !folder.as_os_str().is_empty());
    let path = std::env::join_paths(libraries.into_iter().chain(before))?;
    // The second name is what loaders before 1.3.207 read.
    let ours = OsString::from(ours);
    Ok(vec![("VK_DRIVER_FILES", ours.clone()), ("VK_ICD_FILENAMES", ours), ("LD_LIBRARY_PATH", path)])
}

/// The packages' files, laid out as they would be under `/`.
fn system(folder: &Path) -> PathBuf {
    folder.join("system")
}

/// The driver's manifest, as `lvp_icd.x86_64.json`; without the machine's name in newer packages.
fn manifest(driver: &Driver, system: &Path) -> Option<PathBuf> {
    let (folder, begin) = driver.manifest;
    let entries = std::fs::read_dir(system.join(folder)).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(begin) && name.ends_with(".json")
    })
}

/// Folders named after a machine, as `usr/lib/x86_64-linux-gnu`; some packages still use `lib/`.
fn libraries(system: &Path) -> Vec<PathBuf> {
    let parts = ["usr/lib", "lib"].map(|part| std::fs::read_dir(system.join(part)));
    let entries = parts.into_iter().flatten().flatten().flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_dir() && path.to_string_lossy().ends_with("-linux-gnu")).collect()
}

fn advise(error: Error) -> Error {
    anyhow::anyhow!("{error:#}\n{ADVICE}")
}

fn remove(folder: &Path) -> Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").stdin(Stdio::null()).output();
    id.is_ok_and(|out| out.stdout.trim_ascii() == b"0")
}
