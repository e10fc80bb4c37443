//! The composer by itself, on made-up files: what comes out, where each line is from, and every refusal.

#![allow(clippy::unwrap_used)] // clippy.toml allows it in #[test] functions, not in what they call

use shaders::{Composed, Error, Knob, Knobs, Shader, check, compose_with};

const fn file(name: &'static str, text: &'static str) -> Shader {
    Shader { name, text }
}

static LEAF: Shader = file("leaf", "// leaf: one\n\nconst DEPTH: u32 = 2u; //@set\nfn leaf() -> f32 { return 1.0; }\n");
static OTHER: Shader = file("other", "const DEPTH: u32 = 3u; //@set\nfn leaf() -> f32 { return 2.0; }\n");
static TWIG: Shader = file("twig", "//@use leaf\nfn twig() -> f32 { return leaf(); }\n");
static LIB: &[&Shader] = &[&LEAF, &OTHER, &TWIG];

fn compose(text: &'static str, knobs: &Knobs) -> Result<Composed, Error> {
    compose_with(&file("kernel", text), knobs, LIB)
}

fn text(source: &'static str, knobs: &Knobs) -> String {
    compose(source, knobs).unwrap().text
}

fn refusal(source: &'static str, knobs: &Knobs) -> String {
    compose(source, knobs).unwrap_err().to_string()
}

fn plain() -> Knobs {
    Knobs::default()
}

#[test]
fn an_include_comes_once_with_its_own() {
    let out = text("//@use twig\n//@use leaf\nfn f() -> f32 { return leaf() + twig(); }\n", &plain());
    assert_eq!(out.matches("fn leaf").count(), 1);
    assert!(out.find("fn leaf") < out.find("fn twig"));
    check::validate(&out).unwrap();
}

#[test]
fn comments_go_and_blank_lines_become_one() {
    let out = text("// kernel: a\n//\n// more\n\nconst A = 1u; // why\n\n// what\n\nconst B = 2u;\n", &plain());
    assert_eq!(out, "const A = 1u;\n\nconst B = 2u;\n");
}

#[test]
fn knobs_replace_defaults_and_keep_every_bit() {
    let source = "const N: u32 = 1u; //@set how many\nconst K: i32 = 0; //@set\nconst X: f32 = 0.0; //@set\nconst Y: bool = false; //@set\nalias T = f32; //@set\n";
    let tiny = f32::from_bits(0x3dcc_cccd);
    let knobs = plain().set("N", 8).set("K", Knob::I32(i32::MIN)).set("X", tiny).set("Y", true).set("T", "vec4<f32>");
    let out = text(source, &knobs);
    let wanted = "const N: u32 = 8u;\nconst K: i32 = -2147483648;\nconst X: f32 = 0.1f;\nconst Y: bool = true;\nalias T = vec4<f32>;\n";
    assert_eq!(out, wanted);
    check::validate(&out).unwrap();
    for extreme in [f32::MAX, f32::MIN, f32::MIN_POSITIVE, f32::EPSILON, 1e-40, -0.0] {
        check::validate(&text(source, &plain().set("X", extreme))).unwrap();
    }
}

#[test]
fn a_type_of_half_floats_brings_its_extension() {
    let out = text("const A = 1u;\nalias T = f32; //@set\nfn f(x: T) -> T { return x; }\n", &plain().set("T", "f16"));
    assert!(out.starts_with("enable f16;\nconst A"), "{out}");
    check::validate(&out).unwrap();
}

#[test]
fn knobs_of_includes_are_set_too_and_a_redirect_brings_its_own() {
    let source = "//@use leaf\nfn f() -> f32 { return leaf(); }\n";
    assert!(text(source, &plain().set("DEPTH", 7)).contains("const DEPTH: u32 = 7u;"));
    let out = text("//@use twig\n", &plain().redirect("leaf", "other"));
    assert!(out.contains("return 2.0;") && out.contains("const DEPTH: u32 = 3u;") && !out.contains("return 1.0;"));
}

const NESTED: &str = "\
const ROWS: u32 = 1u; //@set
const COLS = 2u;
const i = 0u;
const j = 0u;
fn f(x: array<f32, 64>, u: vec4<f32>) -> f32 {
    //@for i in 0..ROWS
    var sum_i = 0.0;
    //@for j in 0..COLS*2/2
    let a_i_j_x = x[i * 8u + j] + u.x; // i of a_i
    sum_i += a_i_j_x;
    //@end
    //@end
    //@for i in 0..1
    var total = sum_i;
    //@end
    //@for i in 1..ROWS
    total += sum_i;
    //@end
    return total;
}
";

#[test]
fn nested_loops_unroll_by_knobs() {
    check::validate(NESTED).unwrap();
    let out = text(NESTED, &plain().set("ROWS", 3));
    check::validate(&out).unwrap();
    assert_eq!(out.matches("var sum_").count(), 3);
    for line in ["let a_2_1_x = x[2u * 8u + 1u] + u.x;", "sum_1 += a_1_0_x;", "total += sum_1;", "total += sum_2;"] {
        assert!(out.contains(line), "{line} in\n{out}");
    }
    assert!(out.contains("var total = sum_0;") && !out.contains("total += sum_0;"));
    assert!(!out.contains("const i") && !out.contains("const j"), "the first iteration's constants stay out");
}

#[test]
fn only_whole_segments_and_whole_tokens_are_indices() {
    let source = "//@for i in 1..2\nlet in_id = v.i + id.in_x + w_i.a_i[i] + 1i + 0x1fi + i_w + ii + _i;\n//@end\n";
    assert_eq!(text(source, &plain()), "let in_id = v.i + id.in_x + w_1.a_1[1u] + 1i + 0x1fi + i_w + ii + _1;\n");
}

#[test]
fn a_list_or_a_sum_grows_by_a_line_a_round() {
    let source = "\
const i = 0u;
fn f(x: array<f32, 4>) -> vec4<f32> {
    //@for i in 0..4
    let a_i = x[i];
    //@end
    let sum = 0.0
    //@for i in 0..4
        + a_i
    //@end
    ;
    return sum * vec4<f32>(
    //@for i in 0..4
        a_i,
    //@end
    );
}
";
    check::validate(source).unwrap();
    let out = text(source, &plain());
    check::validate(&out).unwrap();
    assert!(out.contains("        a_0,\n        a_1,\n        a_2,\n        a_3,\n    );"), "{out}");
}

/// The form of a register-tiled product: lanes hold rows of `a`, which go round by shuffles with literal lanes.
#[test]
fn a_register_tile_unrolls_and_translates_with_subgroups() {
    let source = "\
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<f32>>;
const ROWS: u32 = 8u; //@set a multiple of 8
const g = 0u;
const r = 0u;
const k = 0u;
@compute @workgroup_size(8)
fn tile(@builtin(subgroup_invocation_id) lane: u32, @builtin(global_invocation_id) id: vec3<u32>) {
    //@for g in 0..ROWS/8
    //@for r in 0..8
    var sum_g_r = vec4<f32>();
    //@end
    //@end
    for (var step = 0u; step < 4u; step++) {
        //@for k in 0..4
        let b_k = b[step * 4u + k];
        //@end
        //@for g in 0..ROWS/8
        let a_g = a[(g * 8u + lane) * 4u + step];
        //@for r in 0..8
        {
            let row = subgroupShuffle(a_g, (lane & ~7u) + r);
            //@for k in 0..4
            sum_g_r += row[k] * b_k;
            //@end
        }
        //@end
        //@end
    }
    //@for g in 0..ROWS/8
    //@for r in 0..8
    y[(id.x * ROWS) + g * 8u + r] = sum_g_r;
    //@end
    //@end
}
";
    check::validate(source).unwrap();
    let out = text(source, &plain().set("ROWS", 16));
    assert_eq!(out.matches("subgroupShuffle").count(), 16);
    assert!(out.contains("sum_1_7 += row[3u] * b_3;"), "{out}");
    let translated = check::translate(&out).unwrap();
    assert!(translated.msl.contains("simd_shuffle") && translated.hlsl.contains("WaveReadLaneAt"));
    assert_eq!(translated.spirv[0], 0x0723_0203);
}

#[test]
fn bounds_take_arithmetic_constants_and_outer_indices() {
    let rounds = |bounds: &'static str| {
        let source =
            format!("const N: u32 = 6u; //@set\nconst M = (N + 2u) / 4u * 3;\n//@for k in {bounds}\nx_k\n//@end\n");
        text(source.leak(), &plain()).matches("x_").count()
    };
    for (bounds, count) in [
        ("0..4", 4),
        ("2..N", 4),
        ("0..N*4", 24),
        ("0..N/4", 1),
        ("N-1..M", 1),
        ("0..(1+1)*3%4", 2),
        ("3..3", 0),
        ("max(2, 1)..min(N, 9)", 4),
    ] {
        assert_eq!(rounds(bounds), count, "{bounds}");
    }
    let triangle = text("//@for i in 0..4\n//@for j in 0..i + 1\nx_i_j\n//@end\n//@end\n", &plain());
    assert_eq!(triangle.lines().count(), 10);
}

#[test]
fn extensions_move_to_the_top_once() {
    let source = "//@use leaf\nenable f16;\nenable f16;\nfn f() -> f16 { return f16(leaf()); }\n";
    let composed = compose(source, &plain()).unwrap();
    assert!(composed.text.starts_with("enable f16;\n") && composed.text.matches("enable").count() == 1);
    assert_eq!(composed.locate(1), ("kernel.wgsl", 2));
    check::validate(&composed.text).unwrap();
}

#[test]
fn every_line_knows_its_file_and_line() {
    let source =
        "// kernel: a\n//@use leaf\n\n//@for i in 0..2\nconst A_i = i;\n// note\nconst B_i = A_i + wrong;\n//@end\n";
    let composed = compose(source, &plain()).unwrap();
    let place = |needle: &str| {
        let line = composed.text.lines().position(|line| line.contains(needle)).unwrap();
        composed.locate(line as u32 + 1)
    };
    assert_eq!(composed.to_string().lines().count(), composed.text.lines().count());
    assert_eq!(place("const DEPTH"), ("lib/leaf.wgsl", 3));
    assert_eq!(place("fn leaf"), ("lib/leaf.wgsl", 4));
    assert_eq!(place("A_1 = 1u"), ("kernel.wgsl", 5));
    assert_eq!(place("B_1 = A_1"), ("kernel.wgsl", 7));
    assert_eq!(composed.locate(1000), ("kernel.wgsl", 7));
    assert_eq!(composed.locate(0), ("lib/leaf.wgsl", 3));

    let message = check::validate(&composed.text).unwrap_err().to_string();
    let blamed = composed.blame(&message);
    assert!(blamed.contains(" = kernel.wgsl:7\n"), "{blamed}");
}

#[test]
fn what_is_unknown_is_named_beside_what_is_known() {
    let no_include = "kernel.wgsl:2: no include `root`; there is leaf, other, twig";
    assert_eq!(refusal("\n//@use root\n", &plain()), no_include);
    assert_eq!(refusal("\n//@use leaf\n", &plain().redirect("leaf", "root")), no_include);
    let redirect = plain().redirect("twig", "leaf");
    assert_eq!(refusal("//@use leaf\n", &redirect), "kernel.wgsl: no include `twig`; there is leaf");
    let knob = plain().set("ROWS", 4);
    assert_eq!(refusal("//@use twig\n", &knob), "kernel.wgsl: no knob `ROWS` to set; declared with //@set: DEPTH");
    assert_eq!(refusal("const ROWS = 4u;\n", &knob), "kernel.wgsl: no knob `ROWS` to set; declared with //@set: none");
}

#[test]
fn a_knob_keeps_its_type() {
    let source = "\nconst N: u32 = 1u; //@set\nconst X: f32 = 1.0; //@set\nalias T = f32; //@set\n";
    assert_eq!(refusal(source, &plain().set("N", 1.0)), "kernel.wgsl:2: knob `N` is u32, got 1.0f (f32)");
    assert_eq!(refusal(source, &plain().set("N", Knob::I32(-1))), "kernel.wgsl:2: knob `N` is u32, got -1 (i32)");
    assert_eq!(refusal(source, &plain().set("T", 1)), "kernel.wgsl:4: knob `T` is type, got 1u (u32)");
    assert!(refusal(source, &plain().set("X", f32::NAN)).starts_with("kernel.wgsl:3: knob `X` is f32, got NaN"));
}

#[test]
fn a_bad_bound_says_why() {
    for (source, wanted) in [
        ("//@for i in 0..ROWS\n//@end", "bound `ROWS` of //@for: no constant `ROWS` at module scope"),
        ("//@for i in 0..4/0\n//@end", "bound `4/0` of //@for: division by zero"),
        ("//@for i in 4..2\n//@end", "bound `4..2` of //@for: runs from 4 to 2"),
        ("//@for i in 0-1..2\n//@end", "bound `0-1..2` of //@for: runs from -1 to 2"),
        ("//@for i in 0..(2\n//@end", "bound `(2` of //@for: unclosed parenthesis"),
        ("//@for i in 0..2 3\n//@end", "bound `2 3` of //@for: `3` is not expected here"),
        ("//@for i in 0..min(2)\n//@end", "bound `min(2)` of //@for: `min` wants two values: min(a, b)"),
        ("//@for i in 0..\n//@end", "bound `` of //@for: a number is missing"),
        ("//@for i in 0..1.5\n//@end", "bound `1.5` of //@for: `.5` is not expected here"),
        ("//@for i in 0..9223372036854775807+1\n//@end", "too large"),
        ("//@for i in 0..1000000000\nx\n//@end", "longer than 50000 lines"),
    ] {
        let got = refusal(source, &plain());
        assert!(got.starts_with("kernel.wgsl:1: ") && got.contains(wanted), "{got}");
    }
    assert!(refusal("const A = B;\nconst B = A;\n//@for i in 0..A\n//@end", &plain()).contains("is defined by itself"));
}

#[test]
fn a_bad_directive_says_what_to_write() {
    for (source, wanted) in [
        ("//@for i in 0..2\nx_i\n", "kernel.wgsl:1: //@for i has no //@end"),
        ("\n//@end\n", "kernel.wgsl:2: //@end without a //@for above it"),
        ("//@for i = 0..2\n//@end\n", "kernel.wgsl:1: write //@for <index> in <start>..<end>"),
        ("//@for i_j in 0..2\n//@end\n", "kernel.wgsl:1: write //@for <index> in <start>..<end>"),
        ("//@if A\n", "kernel.wgsl:1: no directive //@if here"),
        ("//@set\n", "kernel.wgsl:1: no directive //@set here"),
        ("const A: u32 = 1u; //@use leaf\n", "kernel.wgsl:1: no directive //@use here"),
        ("const A = 1u; //@set\n", "kernel.wgsl:1: //@set goes after"),
        ("const A: vec2<u32> = vec2(1u); //@set\n", "kernel.wgsl:1: //@set goes after"),
        ("//@for i in 0..2\n//@use leaf\n//@end\n", "kernel.wgsl:2: this directive cannot stand inside //@for"),
        ("x /* y */\n", "kernel.wgsl:1: block comments"),
    ] {
        let got = refusal(source, &plain());
        assert!(got.starts_with(wanted), "{got}");
    }
}
