//! The WGSL that a device compiles, and files replaced in it: a kernel under work, or one broken on purpose.
//!
//! `LENSLET_SHADERS=DIR` puts the `.wgsl` files of a folder in the place of ours with the same names, kernels and
//! includes alike: a kernel is edited and tried without building anything, and a test sees whether a broken one is
//! found. Apart from `pipeline.rs`, which compiles what this composes.

use std::path::Path;

use shaders::{ALL, Composed, LIB, Shader, compose_with};

use crate::{
    caps::{Caps, Family},
    error::{Error, Result},
    launch::Launch,
};

/// `quad` where loads are paid by their components.
static QUADS: Shader = Shader { name: "quad", text: shaders::QUAD_INT64.text };

/// Which text each shader has. The default is lenslet's own.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    replaced: Vec<&'static Shader>,
}

impl Texts {
    /// Those of a device: with the twins of includes that are faster there, and with the files of the folder that
    /// `LENSLET_SHADERS` names, if it names one.
    ///
    /// # Errors
    /// The folder cannot be read, or a file in it has a name that no shader has.
    pub fn of(caps: &Caps) -> Result<Self> {
        let mut texts = Texts::default();
        if caps.family == Family::Software && caps.int64 {
            texts.replaced.push(&QUADS);
        }
        if let Some(folder) = std::env::var_os("LENSLET_SHADERS").filter(|folder| !folder.is_empty()) {
            texts.replace_all(Path::new(&folder))?;
        }
        Ok(texts)
    }

    fn replace_all(&mut self, folder: &Path) -> Result<()> {
        let at = |path: &Path| format!("LENSLET_SHADERS {}", path.display());
        let unread =
            |path: &Path, error: std::io::Error| Error::Shader { shader: at(path), message: error.to_string() };
        let entries = std::fs::read_dir(folder).map_err(|error| unread(folder, error))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry.map_err(|error| unread(folder, error))?.path());
        }
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|end| end == "wgsl")) {
            let text = std::fs::read_to_string(path).map_err(|error| unread(path, error))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            self.replace(&name, text).map_err(|_| Error::Shader {
                shader: at(path),
                message: "lenslet has no kernel and no include of that name; `lenslet shader` lists the kernels".into(),
            })?;
            log::warn!("{name}.wgsl is replaced by {}", path.display());
        }
        Ok(())
    }

    /// Gives the kernel or include of this name another text, for as long as the process lives.
    ///
    /// # Errors
    /// There is no such shader.
    pub fn replace(&mut self, name: &str, text: String) -> Result<()> {
        let ours = ALL.iter().chain(LIB).find(|shader| shader.name == name).ok_or_else(|| Error::Shader {
            shader: name.to_string(),
            message: "there is no kernel and no include of that name to replace".into(),
        })?;
        // Shaders are named by static text everywhere; the few that are ever replaced may stay.
        let text: &'static str = text.leak();
        self.replaced.retain(|shader| shader.name != name);
        self.replaced.push(Box::leak(Box::new(Shader { name: ours.name, text })));
        Ok(())
    }

    fn text_of(&self, shader: &'static Shader) -> &'static Shader {
        self.replaced.iter().find(|replaced| replaced.name == shader.name).copied().unwrap_or(shader)
    }

    /// The text that a launch runs.
    ///
    /// # Errors
    /// The shader does not compose: an unknown knob or include, with its file and line.
    pub fn compose(&self, launch: &Launch) -> Result<Composed> {
        let composed = if self.replaced.is_empty() {
            shaders::compose(launch.shader, &launch.knobs)
        } else {
            let lib: Vec<&Shader> = LIB.iter().map(|file| self.text_of(file)).collect();
            compose_with(self.text_of(launch.shader), &launch.knobs, &lib)
        };
        composed.map_err(|error| Error::Shader { shader: launch.shader.name.to_string(), message: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_software_adapter_loads_by_64_bits_where_it_can() {
        let launch = Launch::new(&shaders::CONV_INNER, [1; 3]);
        let quads = |caps: &Caps| Texts::of(caps).unwrap().compose(&launch).unwrap().text.contains("vec2<u64>");
        assert!(quads(&Caps::software()));
        assert!(!quads(&Caps { int64: false, ..Caps::software() }) && !quads(&Caps::gpu()));
    }

    #[test]
    fn a_kernel_and_an_include_are_replaced_by_name() {
        let launch = Launch::flat(&shaders::MAX_POOL, 10, 64);
        let mut texts = Texts::default();
        let ours = texts.compose(&launch).unwrap().text;
        let index = LIB.iter().find(|file| file.name == "index").unwrap();
        texts.replace("index", format!("{}\nconst REPLACED = 1;\n", index.text)).unwrap();
        let changed = texts.compose(&launch).unwrap().text;
        assert!(!ours.contains("REPLACED") && changed.contains("REPLACED"));
        texts.replace("max_pool", "//@use index\nfn max_pool() {}\nconst WORKGROUP: u32 = 1u; //@set".into()).unwrap();
        assert!(texts.compose(&launch).unwrap().text.contains("fn max_pool() {}"));
        assert!(texts.replace("max_pooll", String::new()).is_err());
    }
}
