//! What a composed shader declares, read from naga's module: entry, params, bindings, workgroup.
//!
//! The contract between a launch (Rust) and its shader (WGSL) is checked here, so that no comment has to ask for it.
//! `pipeline.rs` makes the bind group layout from the same [`Reflection`].

use naga::{AddressSpace, ScalarKind, ShaderStage, StorageAccess, TypeInner, valid};
use shaders::{Composed, Shader};

use crate::{
    caps::Caps,
    error::{Error, Result},
    launch::Launch,
    texts::Texts,
};

/// One storage binding.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Storage {
    pub(crate) name: String,
    pub(crate) writable: bool,
    /// The least that must be bound: one element of a runtime array.
    pub(crate) least_bytes: u64,
}

/// What a shader declares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reflection {
    /// In order of binding, from 0.
    pub(crate) storage: Vec<Storage>,
    /// Members of `Params`, name and WGSL type; empty where the shader has none.
    pub(crate) params: Vec<(String, &'static str)>,
    /// Size of `Params`, which is the binding behind the last storage binding; 0 where the shader has none.
    pub(crate) params_bytes: u64,
    pub(crate) workgroup: [u32; 3],
    pub(crate) workgroup_bytes: u32,
}

/// Composes, parses and validates a launch's shader without a device, and checks the launch against it: names, order
/// and types of the params, number of bindings, size of the workgroup, grid. For tests over all launches.
///
/// # Errors
/// What does not fit, with shader, what was got and what is needed.
pub fn check_launch(launch: &Launch, caps: &Caps) -> Result<()> {
    let composed = Texts::default().compose(launch)?;
    let module = parse(launch.shader, &composed)?;
    let found = reflect(launch.shader, &module)?;
    found.check_limits(launch.shader, caps)?; // before naga, which calls a large workgroup invalid without a number
    validate(launch.shader, &composed, &module, caps)?;
    found.check(launch, caps)
}

pub(crate) fn parse(shader: &Shader, composed: &Composed) -> Result<naga::Module> {
    naga::front::wgsl::parse_str(&composed.text).map_err(|error| Error::Shader {
        shader: shader.name.to_string(),
        message: composed.blame(&error.emit_to_string(&composed.text)),
    })
}

/// What wgpu does too, but with file and line in the message.
pub(crate) fn validate(shader: &Shader, composed: &Composed, module: &naga::Module, caps: &Caps) -> Result<()> {
    let mut allowed = valid::Capabilities::empty();
    if caps.subgroup.is_some() {
        allowed |= valid::Capabilities::SUBGROUP | valid::Capabilities::SUBGROUP_BARRIER;
    }
    if caps.int64 {
        allowed |= valid::Capabilities::SHADER_INT64;
    }
    let verdict = valid::Validator::new(valid::ValidationFlags::all(), allowed).validate(module);
    verdict.map(drop).map_err(|error| Error::Shader {
        shader: shader.name.to_string(),
        message: composed.blame(&error.emit_to_string(&composed.text)),
    })
}

/// Reads a module that naga has accepted.
///
/// # Errors
/// The shader breaks a rule of the house: one compute entry named like the file, bindings of group 0 numbered from 0,
/// `Params` last and made of scalars.
pub(crate) fn reflect(shader: &Shader, module: &naga::Module) -> Result<Reflection> {
    let wrong = |message: String| Error::Shader { shader: shader.name.to_string(), message };
    let [entry] = module.entry_points.as_slice() else {
        return Err(wrong(format!("has {} entry points, needs one", module.entry_points.len())));
    };
    if entry.name != shader.name || entry.stage != ShaderStage::Compute {
        return Err(wrong(format!("the entry point is `{}`, must be a @compute `{}`", entry.name, shader.name)));
    }

    let size = |ty: naga::Handle<naga::Type>| module.types[ty].inner.try_size(module.to_ctx());
    let mut bound = Vec::new();
    let mut workgroup_bytes = 0u32;
    for (_, variable) in module.global_variables.iter() {
        let name = variable.name.clone().unwrap_or_default();
        if let Some(place) = &variable.binding {
            if place.group != 0 {
                return Err(wrong(format!("`{name}` is in group {}, must be in group 0", place.group)));
            }
            bound.push((place.binding, name, variable));
        } else if variable.space == AddressSpace::WorkGroup {
            let bytes = size(variable.ty).ok_or_else(|| wrong(format!("`{name}` is too large")))?;
            workgroup_bytes = workgroup_bytes.saturating_add(bytes.next_multiple_of(16));
        }
    }
    bound.sort_by_key(|(binding, ..)| *binding);

    let workgroup = entry.workgroup_size;
    let mut found = Reflection { storage: Vec::new(), params: Vec::new(), params_bytes: 0, workgroup, workgroup_bytes };
    for (i, (binding, name, variable)) in bound.into_iter().enumerate() {
        if binding as usize != i {
            return Err(wrong(format!("`{name}` is binding {binding}, must be {i}: bindings are numbered from 0")));
        }
        let bytes = size(variable.ty).ok_or_else(|| wrong(format!("`{name}` is too large")))?.into();
        if found.params_bytes != 0 {
            return Err(wrong(format!("`{name}` is bound behind Params, which must be the last binding")));
        }
        match variable.space {
            AddressSpace::Storage { access } => {
                let writable = access.contains(StorageAccess::STORE);
                found.storage.push(Storage { name, writable, least_bytes: bytes });
            }
            AddressSpace::Uniform => {
                found.params = params(module, variable.ty)
                    .ok_or_else(|| wrong(format!("`{name}` must be a struct of u32, i32 and f32")))?;
                found.params_bytes = bytes;
            }
            _ => return Err(wrong(format!("`{name}` must be a storage or uniform buffer"))),
        }
    }
    Ok(found)
}

/// The members of a struct of 32-bit scalars, packed without gaps.
fn params(module: &naga::Module, ty: naga::Handle<naga::Type>) -> Option<Vec<(String, &'static str)>> {
    let TypeInner::Struct { members, .. } = &module.types[ty].inner else { return None };
    let member = |(i, member): (usize, &naga::StructMember)| {
        let word = match module.types[member.ty].inner {
            TypeInner::Scalar(naga::Scalar { kind: ScalarKind::Uint, width: 4 }) => "u32",
            TypeInner::Scalar(naga::Scalar { kind: ScalarKind::Sint, width: 4 }) => "i32",
            TypeInner::Scalar(naga::Scalar { kind: ScalarKind::Float, width: 4 }) => "f32",
            _ => return None,
        };
        (member.offset as usize == 4 * i).then(|| (member.name.clone().unwrap_or_default(), word))
    };
    members.iter().enumerate().map(member).collect()
}

impl Reflection {
    /// Checks a launch of this shader.
    pub(crate) fn check(&self, launch: &Launch, caps: &Caps) -> Result<()> {
        let at = || format!("`{}`", launch.shader.name);
        let list = |words: &mut dyn Iterator<Item = (&str, &str)>| {
            let words: Vec<String> = words.map(|(name, word)| format!("{name}: {word}")).collect();
            if words.is_empty() { "none".to_string() } else { words.join(", ") }
        };
        let wants = list(&mut self.params.iter().map(|(name, word)| (name.as_str(), *word)));
        let got = list(&mut launch.params.iter().map(|(name, word)| (*name, word.wgsl())));
        if wants != got {
            return Err(Error::Params { at: at(), wants, got });
        }
        if self.storage.len() != launch.args.len() {
            let names: Vec<&str> = self.storage.iter().map(|s| s.name.as_str()).collect();
            let why = format!(
                "binds {} buffers, the shader declares {} ({})",
                launch.args.len(),
                names.len(),
                names.join(", ")
            );
            return Err(Error::Binding { at: at(), why });
        }
        let (what, mend) = ("longest grid axis", "fold the grid over two axes (Launch::flat does)");
        let (got, limit) = (launch.grid.iter().copied().max().unwrap_or(0).into(), caps.grid_axis.into());
        if got > limit { Err(Error::Limit { at: at(), what, got, limit, mend }) } else { Ok(()) }
    }

    /// Checks what a driver must know before it compiles.
    pub(crate) fn check_limits(&self, shader: &Shader, caps: &Caps) -> Result<()> {
        let size = self.workgroup.iter().map(|side| u64::from(*side)).product::<u64>();
        let limits = [
            ("number of storage bindings", self.storage.len() as u64, caps.storage_bindings.into(), "fuse less"),
            ("workgroup size", size, caps.workgroup_size.into(), "set a smaller WORKGROUP"),
            (
                "workgroup memory in bytes",
                self.workgroup_bytes.into(),
                caps.workgroup_bytes.into(),
                "set smaller tiles",
            ),
        ];
        let beyond = limits.into_iter().find(|(_, got, limit, _)| got > limit);
        beyond.map_or(Ok(()), |(what, got, limit, mend)| {
            Err(Error::Limit { at: format!("`{}`", shader.name), what, got, limit, mend })
        })
    }
}
