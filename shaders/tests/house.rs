//! Every shader file: listed, written by the house's form, and accepted by the compilers of all platforms.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in #[test] functions, not in what they call

use std::{
    collections::BTreeSet,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use shaders::{ALL, Knobs, LIB, Shader, check, compose, compose_with};

/// Stems of the .wgsl files of a folder of this package.
fn on_disk(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let wgsl = paths.filter(|path| path.extension().is_some_and(|extension| extension == "wgsl"));
    wgsl.map(|path| path.file_stem().unwrap().to_str().unwrap().to_string()).collect()
}

fn listed(shaders: &[&Shader]) -> BTreeSet<String> {
    shaders.iter().map(|shader| shader.name.to_string()).collect()
}

/// Runs a check over all shaders and fails with every complaint, not only the first.
fn each(shaders: &[&Shader], check: impl Fn(&Shader) -> Result<(), String>) {
    let failed: Vec<_> = shaders
        .iter()
        .filter_map(|shader| check(shader).err().map(|why| format!("{}.wgsl: {why}", shader.name)))
        .collect();
    assert!(failed.is_empty(), "\n{}", failed.join("\n"));
}

fn ensure(holds: bool, why: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why()) }
}

#[test]
fn the_list_names_every_file() {
    assert_eq!(listed(ALL), on_disk("."));
    assert_eq!(listed(LIB), on_disk("lib"));
    assert!(ALL.iter().all(|shader| shaders::find(shader.name) == Some(shader)));
    assert_eq!(shaders::find("no_such_kernel"), None);
}

#[test]
fn each_file_as_written_is_valid() {
    let all = [ALL, LIB].concat();
    each(&all, |shader| check::validate(&check::as_written(shader)).map(drop).map_err(|error| error.to_string()));
}

#[test]
fn each_shader_composes_and_translates() {
    each(&[ALL, LIB].concat(), |shader| {
        let composed = compose(shader, &Knobs::default()).map_err(|error| error.to_string())?;
        check::validate(&composed.text).map_err(|error| composed.blame(&error.to_string()))?;
        check::translate(&composed.text).map(drop).map_err(|error| error.to_string())
    });
}

/// As devices with 64-bit integers compile it.
#[test]
fn each_shader_translates_with_the_twin_of_quad() {
    let twin = Shader { name: "quad", text: shaders::QUAD_INT64.text };
    let lib: Vec<&Shader> = LIB.iter().map(|file| if file.name == "quad" { &twin } else { *file }).collect();
    each(ALL, |shader| {
        let composed = compose_with(shader, &Knobs::default(), &lib).map_err(|error| error.to_string())?;
        check::translate(&composed.text).map(drop).map_err(|error| composed.blame(&error.to_string()))
    });
}

/// naga's SPIR-V by the opinion of its specification's own validator, where the machine has it.
#[test]
fn spirv_val_agrees() {
    if Command::new("spirv-val").arg("--version").stdout(Stdio::null()).status().is_err() {
        eprintln!("spirv-val is not on the PATH (package spirv-tools): its opinion is left out");
        return;
    }
    each(ALL, |shader| {
        let composed = compose(shader, &Knobs::default()).map_err(|error| error.to_string())?;
        let words = check::translate(&composed.text).map_err(|error| error.to_string())?.spirv;
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut child = Command::new("spirv-val")
            .args(["--target-env", "vulkan1.1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        // A validator that stops reading early says why on its own output.
        let _ = child.stdin.take().unwrap().write_all(&bytes);
        let output = child.wait_with_output().map_err(|error| error.to_string())?;
        let said = [output.stdout, output.stderr].concat();
        ensure(output.status.success(), || String::from_utf8_lossy(&said).into_owned())
    });
}

#[test]
fn the_first_line_is_name_and_formula() {
    each(&[ALL, LIB].concat(), |shader| {
        let first = shader.text.lines().next().unwrap_or_default();
        let formula = first.strip_prefix(&format!("// {}: ", shader.name)).unwrap_or_default();
        ensure(!formula.is_empty(), || format!("line 1 is `{first}`, not `// {}: formula`", shader.name))
    });
}

#[test]
fn the_entry_is_last_and_named_like_the_file() {
    each(ALL, |shader| {
        let module = check::validate(&check::as_written(shader)).map_err(|error| error.to_string())?;
        let entries: Vec<_> = module.entry_points.iter().map(|entry| entry.name.as_str()).collect();
        ensure(entries == [shader.name], || format!("entry points {entries:?}"))?;
        let mut functions = shader.text.lines().filter_map(|line| line.strip_prefix("fn ")?.split('(').next());
        let last = functions.next_back().unwrap_or_default();
        ensure(last == shader.name, || format!("the last function is `{last}`"))
    });
    each(LIB, |shader| ensure(!shader.text.contains("@compute"), || "a file of lib/ holds no entry point".into()));
}

#[test]
fn bindings_run_from_zero_and_params_are_scalars_and_last() {
    each(ALL, |shader| {
        let module = check::validate(&check::as_written(shader)).map_err(|error| error.to_string())?;
        let mut bindings: Vec<_> = module
            .global_variables
            .iter()
            .filter_map(|(_, variable)| variable.binding.as_ref().map(|at| (at.group, at.binding, variable.space)))
            .collect();
        bindings.sort_by_key(|&(group, binding, _)| (group, binding));
        for (place, &(group, binding, _)) in bindings.iter().enumerate() {
            ensure((group, binding) == (0, place as u32), || {
                format!("@group({group}) @binding({binding}) stands where @group(0) @binding({place}) belongs")
            })?;
        }
        let uniforms: Vec<_> = bindings.iter().filter(|(_, _, space)| *space == naga::AddressSpace::Uniform).collect();
        ensure(uniforms.len() <= 1 && uniforms.first().is_none_or(|last| Some(*last) == bindings.last()), || {
            "Params is the only uniform and the last binding".into()
        })?;
        for (member, kind) in check::params(&module).unwrap_or_default() {
            ensure(kind != "other", || format!("Params.{member} is not u32, i32 or f32"))?;
        }
        Ok(())
    });
}
