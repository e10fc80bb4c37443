//! What naga, the WGSL compiler inside wgpu, says about a text: for tests, behind the feature `check`.
//!
//! The same compiler as at run time, so that no driver is needed to know that a kernel translates for Vulkan, Metal
//! and DX12. Whether a driver then takes the translation, only that driver can say.

use naga::{
    AddressSpace, Module, ScalarKind, TypeInner,
    back::{hlsl, msl, spv},
    valid::{Capabilities, ModuleInfo, ValidationFlags, Validator},
};

use crate::{Error, LIB, Shader, write::is_extension};

/// What kernels may use beyond core WGSL, each behind a capability of the device.
fn capabilities() -> Capabilities {
    Capabilities::SUBGROUP
        | Capabilities::SUBGROUP_BARRIER
        | Capabilities::SHADER_FLOAT16
        | Capabilities::SHADER_INT64
        | Capabilities::IMMEDIATES
        | Capabilities::COOPERATIVE_MATRIX
}

fn analyse(text: &str) -> Result<(Module, ModuleInfo), Error> {
    let module = naga::front::wgsl::parse_str(text).map_err(|error| Error::Wgsl(error.emit_to_string(text)))?;
    let info = Validator::new(ValidationFlags::all(), capabilities())
        .validate(&module)
        .map_err(|error| Error::Wgsl(error.emit_to_string(text)))?;
    Ok((module, info))
}

/// Parses and validates `text`.
///
/// # Errors
/// naga's message, with the excerpt; [`Composed::blame`](crate::Composed::blame) names the files behind it.
pub fn validate(text: &str) -> Result<Module, Error> {
    analyse(text).map(|(module, _)| module)
}

/// One WGSL text in the languages of the other drivers.
pub struct Translated {
    /// SPIR-V 1.3 (Vulkan 1.1), as words.
    pub spirv: Vec<u32>,
    /// Metal's language, 2.4.
    pub msl: String,
    /// HLSL for shader model 6.2.
    pub hlsl: String,
}

/// Translates `text` to SPIR-V, MSL and HLSL.
///
/// # Errors
/// naga's message, with the language that refused.
pub fn translate(text: &str) -> Result<Translated, Error> {
    let (module, info) = analyse(text)?;
    let refused = |language: &str, error: &dyn std::fmt::Display| Error::Wgsl(format!("{language}: {error}"));

    let options = spv::Options { lang_version: (1, 3), ..Default::default() };
    let spirv = spv::write_vec(&module, &info, &options, None).map_err(|error| refused("SPIR-V", &error))?;

    let options = msl::Options { lang_version: (2, 4), ..Default::default() };
    let (msl, _) = msl::write_string(&module, &info, &options, &msl::PipelineOptions::default())
        .map_err(|error| refused("MSL", &error))?;

    let options = hlsl::Options { shader_model: hlsl::ShaderModel::V6_2, ..Default::default() };
    let mut hlsl = String::new();
    hlsl::Writer::new(&mut hlsl, &options, &hlsl::PipelineOptions::default())
        .write(&module, &info, None)
        .map_err(|error| refused("HLSL", &error))?;

    Ok(Translated { spirv, msl, hlsl })
}

/// The members of `Params`, behind the uniform binding or the immediates, in order, with their types; `None` without one.
///
/// A member that is no scalar of 32 bits has the type `other`.
pub fn params(module: &Module) -> Option<Vec<(String, &'static str)>> {
    let (_, variable) = module
        .global_variables
        .iter()
        .find(|(_, variable)| matches!(variable.space, AddressSpace::Uniform | AddressSpace::Immediate))?;
    let TypeInner::Struct { members, .. } = &module.types[variable.ty].inner else { return Some(Vec::new()) };
    let kind = |ty| match module.types[ty].inner {
        TypeInner::Scalar(naga::Scalar { kind: ScalarKind::Uint, width: 4 }) => "u32",
        TypeInner::Scalar(naga::Scalar { kind: ScalarKind::Sint, width: 4 }) => "i32",
        TypeInner::Scalar(naga::Scalar { kind: ScalarKind::Float, width: 4 }) => "f32",
        _ => "other",
    };
    Some(members.iter().map(|member| (member.name.clone().unwrap_or_default(), kind(member.ty))).collect())
}

/// `shader` and what it uses, each as written: loops at their first round, knobs at their defaults.
pub fn as_written(shader: &Shader) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut texts = vec![shader.text];
    let mut next = 0;
    while let Some(text) = texts.get(next).copied() {
        next += 1;
        for name in text.lines().filter_map(|line| line.strip_prefix("//@use")).map(str::trim) {
            if let Some(file) = LIB.iter().find(|file| file.name == name && !names.contains(&name)) {
                names.push(name);
                texts.push(file.text);
            }
        }
    }
    let text = texts.join("\n");
    let (first, rest): (Vec<_>, Vec<_>) = text.lines().partition(|line| is_extension(line));
    [first, rest].concat().join("\n")
}
