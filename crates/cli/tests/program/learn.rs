//! Every lesson through the program: the known answers in the JSON, pictures that are there and decode, and mistakes
//! that end with code 2 and leave nothing behind.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

fn learn(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = crate::lenslet();
    command.arg("learn").args(arguments).arg("--json").arg("--out").arg(folder);
    command.output().expect("the program starts")
}

/// The numbers of a lesson; its pictures are looked at on the way.
fn lesson(arguments: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = learn(folder.path(), arguments);
    let (told, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {told}{errors}");
    let numbers: Value = serde_json::from_str(told.lines().last().unwrap_or_default()).expect("JSON on the last line");
    let pictures = numbers["pictures"].as_array().expect("a list of pictures");
    assert!(!pictures.is_empty());
    for picture in pictures {
        let path = Path::new(picture.as_str().expect("a path"));
        if path.extension().is_some_and(|extension| extension == "svg") {
            assert!(std::fs::read_to_string(path).expect("a drawing").ends_with("</svg>\n"), "{}", path.display());
            continue;
        }
        let image = image::open(path).expect("a picture").into_rgb8();
        let first = image.get_pixel(0, 0);
        assert!(image.pixels().any(|pixel| pixel != first), "{} is all of one colour", path.display());
    }
    numbers
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn near(got: &Value, want: f64, tolerance: f64) {
    let number = got.as_f64().unwrap_or(f64::NAN);
    assert!((number - want).abs() <= tolerance, "{got} for {want}");
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().into_iter().flatten().map(|number| number.as_f64().unwrap_or(f64::NAN)).collect()
}

#[test]
fn the_lectures_neuron() {
    let told = lesson(&["neuron"]);
    near(&told["sum"], 21.3408, 1e-5);
    near(&told["output"], 1.0, 1e-7);
    let small = lesson(&["neuron", "--weights=1,-1", "--inputs", "0.5", "0.5", "--bias", "-2", "--activation", "tanh"]);
    near(&small["output"], (-2f64).tanh(), 1e-6);
}

#[test]
fn a_network_of_26_parameters() {
    let told = lesson(&["mlp", "3-4-2"]);
    let count = |name: &str| told[name].as_u64().unwrap();
    assert_eq!([count("neurons"), count("weights"), count("biases"), count("parameters")], [6, 20, 6, 26]);
    assert_eq!(told["formulas"][0], "h = σ(W₁x + b₁)");
    assert_eq!(told["formulas"][1], "y = σ(W₂h + b₂)");
}

#[test]
fn back_propagation_by_hand() {
    let told = lesson(&["backprop"]);
    // The engine counts in 32 bits, some 6e-8 of a number; the 64-bit numbers must be the known ones to the last digit.
    near(&told["error"], 0.298371109, 3e-8);
    near(&told["error_after"], 0.291027774, 3e-8);
    near(&told["exact_error"], 0.298371109, 5e-10);
    near(&told["exact_error_after"], 0.291027774, 5e-10);
    for (i, want) in [(0, 0.149780716), (4, 0.358916480), (7, 0.561370121)] {
        near(&told["weights"][i]["after"], want, 3e-8);
        near(&told["weights"][i]["exact"], want, 5e-10);
    }
    let factors = told["factors"].as_array().unwrap();
    let names: Vec<_> = factors.iter().map(|factor| factor[0].as_str().unwrap()).collect();
    assert_eq!(names[..3], ["∂E/∂y₁", "∂y₁/∂zy₁", "∂zy₁/∂h₁"]);
    assert_eq!(names[6..], ["∂E/∂h₁", "∂h₁/∂zh₁", "∂zh₁/∂w₁", "∂E/∂w₁"]);
    let value = |at: usize| factors[at][1].as_f64().unwrap();
    assert!((value(6) - (value(0) * value(1) * value(2) + value(3) * value(4) * value(5))).abs() < 1e-7);
    near(&factors[9][1], 0.000438568, 1e-9);
    assert!(told["difference"].as_f64().unwrap() < 1e-6);
}

#[test]
fn a_network_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.toml");
    let text = "inputs = [1.0]\ntargets = [0.0]\nlearning_rate = 0.1\nactivation = \"identity\"\nupdate_biases = true\n\
                [[layers]]\nweights = [[2.0]]\nbias = [1.0]\n";
    std::fs::write(&path, text).unwrap();
    let told = lesson(&["backprop", path.to_str().unwrap(), "--rounds", "3"]);
    // y = 3, E = 4.5, both derivatives 3.
    near(&told["error"], 4.5, 1e-6);
    near(&told["weights"][0]["after"], 1.7, 1e-6);
    near(&told["weights"][1]["after"], 0.7, 1e-6);
    assert_eq!(told["errors"].as_array().unwrap().len(), 4);
}

#[test]
fn convolution_sizes_of_the_lecture() {
    let size = |arguments: &[&str]| numbers(&lesson(arguments)["output"]);
    assert_eq!(size(&["convolve", "--input", "6x6x3", "--filters", "2", "--frames", "2"]), [4.0, 4.0, 2.0]);
    assert_eq!(size(&["convolve", "--input", "7x7", "--filters", "1", "--frames", "2"]), [5.0, 5.0, 1.0]);
    let strided = ["convolve", "--input", "7x7", "--filters", "1", "--stride", "2", "--frames", "2"];
    assert_eq!(size(&strided), [3.0, 3.0, 1.0]);
    let same = ["convolve", "--input", "5x7", "--padding", "same", "--dilation", "2", "--frames", "1"];
    assert_eq!(size(&same), [5.0, 7.0, 2.0]);
}

#[test]
fn convolution_of_ones_own_numbers() {
    let told = lesson(&["convolve", "--matrix", "1 2 3; 4 5 6; 7 8 9", "--filter", "-1 1; 0 2"]);
    // 2 − 1 + 2·5 and so on.
    assert_eq!(numbers(&told["y"]), [11.0, 13.0, 17.0, 19.0]);
}

#[test]
fn pooling() {
    assert_eq!(numbers(&lesson(&["pool"])["y"]), [9.0, 2.0, 6.0, 3.0]);
    assert_eq!(numbers(&lesson(&["pool", "--kind", "average"])["y"]), [3.75, 1.25, 3.75, 2.0]);
    let rows = "1 3 2 1 3; 2 9 1 1 5; 1 3 2 3 2; 8 3 5 1 0; 5 6 1 2 9";
    let told = lesson(&["pool", "--matrix", rows, "--kernel", "3x3", "--stride", "1", "--frames", "2"]);
    assert_eq!(numbers(&told["y"]), [9.0, 9.0, 5.0, 9.0, 9.0, 5.0, 8.0, 6.0, 9.0]);
}

#[test]
fn edges_of_the_lectures_matrix() {
    let told = lesson(&["edges", "--grid"]);
    assert_eq!(numbers(&told["output"]), [0.0, 30.0, 30.0, 0.0].repeat(4));
    let turned = lesson(&["edges", "--grid", "--filter", "horizontal"]);
    assert_eq!(numbers(&turned["output"]), [0.0; 16]);
}

#[test]
fn edges_of_photos() {
    let told = lesson(&["edges", "camera", "coffee", "--filter", "sobel"]);
    assert_eq!(told["images"][1]["size"], serde_json::json!([171, 256, 3]));
    assert_eq!(told["pictures"].as_array().unwrap().len(), 4);
    // A white square on black: its edges answer with 255 times the filter's one side.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("square.png");
    let square = |x: u32, y: u32| image::Luma([if (4..12).contains(&x) && (4..12).contains(&y) { 255 } else { 0 }]);
    image::GrayImage::from_fn(16, 16, square).save(&path).unwrap();
    let told = lesson(&["edges", path.to_str().unwrap(), "--filter", "vertical"]);
    near(&told["images"][0]["strongest"], 765.0, 1e-3);
}

#[test]
fn a_filter_is_learned() {
    // Noise, in which no two pixels agree, is learned from fastest.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("noise.png");
    let noise = |x: u32, y: u32| {
        let mut hash = x.wrapping_mul(374_761_393).wrapping_add(y.wrapping_mul(668_265_263));
        hash = (hash ^ (hash >> 13)).wrapping_mul(1_274_126_177);
        image::Luma([(hash ^ (hash >> 16)) as u8])
    };
    image::GrayImage::from_fn(24, 24, noise).save(&path).unwrap();
    let told = lesson(&["edges", path.to_str().unwrap(), "--fit", "--updates", "400"]);
    for (learned, known) in numbers(&told["learned"]).into_iter().zip([1.0, 0.0, -1.0].repeat(3)) {
        assert!((learned - known).abs() < 0.05, "{learned} for {known}");
    }
}

#[test]
fn circles_need_more_than_a_line() {
    let told = lesson(&["boundary", "circles", "--points", "100", "--steps", "120", "--hidden", "8", "--lr", "0.05"]);
    let last = told["network"].as_array().unwrap().last().unwrap().clone();
    let right = |seen: &Value| seen["accuracy"].as_f64().unwrap();
    assert!(right(&last) > 0.95 && right(&told["kernel"]) > 0.95 && right(&told["linear"]) < 0.7, "{told}");
    let iris = lesson(&["boundary", "iris", "--steps", "40"]);
    assert!(iris["axes"][0].as_str().unwrap().starts_with("component 1 (73 %"), "{}", iris["axes"]);
}

#[test]
fn downhill() {
    let told = lesson(&["descend", "--steps", "40"]);
    let walks = told["walks"].as_array().unwrap();
    let end = |at: usize| *numbers(&walks[at]["heights"]).last().unwrap();
    assert_eq!(walks.len(), 9);
    assert!(end(1) < 1e-4 && end(0) > 1.0 && end(2) > 8.0, "{} {} {}", end(1), end(0), end(2));
    // By hand: from (−3.4, 1.9), the gradient of ½ x² + 2 y² is (−3.4, 7.6), the rate 0.2.
    near(&walks[1]["points"][1][0], -2.72, 1e-6);
    near(&walks[1]["points"][1][1], 0.38, 1e-6);
    let up = lesson(&["descend", "likelihood", "--steps", "20"]);
    let heights = numbers(&up["walks"][1]["heights"]);
    assert!(heights[20] > heights[0] && heights[20] < 0.0);
}

/// A small network of the embedded digits of 8 by 8.
fn trained(folder: &Path) -> std::path::PathBuf {
    let run = folder.join("run");
    let out = crate::train(folder, &run, &["--epochs", "2"]).output().expect("the program starts");
    assert!(out.status.success(), "{}", text(&out.stderr));
    run
}

#[test]
fn features_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = trained(folder.path());
    let told = lesson(&["features", run.to_str().unwrap(), "--test", "3", "--updates", "20"]);
    assert_eq!(told["pictures"].as_array().unwrap().len(), 5);
    let layers = told["layers"].as_array().unwrap();
    let seen: Vec<_> = layers.iter().map(|layer| (numbers(&layer["shape"]), numbers(&layer["sees"]))).collect();
    assert_eq!(seen, [(vec![4.0, 6.0, 6.0], vec![3.0; 2]), (vec![4.0, 3.0, 3.0], vec![4.0; 2])]);
    for (k, channel) in layers[0]["channels"].as_array().unwrap().iter().enumerate() {
        let answers: Vec<f64> =
            channel["best"].as_array().unwrap().iter().map(|p| p["answer"].as_f64().unwrap()).collect();
        assert_eq!(answers.len(), 9);
        assert!(answers.is_sorted_by(|a, b| a >= b), "{answers:?}");
        let mean = channel["mean"].as_f64().unwrap();
        assert!(answers[8] >= mean, "{answers:?} {mean}");
        // Behind a rectifier, so never below 0; what ascent made is told in front of it.
        let (made, silent) = (layers[0]["ascent"][k].as_f64().unwrap(), answers[0] == 0.0);
        assert!(made > mean || silent, "channel {k}: {made} of ascent, {mean} on average");
    }
    assert!(layers[1]["channels"].is_null());
    let image = &told["images"][0];
    near(&numbers(&image["probabilities"]).iter().sum::<f64>().into(), 1.0, 1e-5);
    // Gradients by pixels, through pooling and rectifier, of the network's own weights: the same on the CPU.
    let path = folder.path().join("own.png");
    image::GrayImage::from_fn(8, 8, |x, _| image::Luma([if x == 3 { 255 } else { 0 }])).save(&path).unwrap();
    let arguments = ["features", run.to_str().unwrap(), path.to_str().unwrap(), "--updates", "2", "--search", "20"];
    let own = lesson(&arguments);
    let reference = lesson(&[&arguments[..], &["--adapter", "cpu"]].concat());
    let shares = |told: &Value| numbers(&told["images"][0]["probabilities"]);
    for (a, b) in shares(&own).iter().zip(shares(&reference)) {
        assert!((a - b).abs() < 1e-4, "{own} {reference}");
    }
    for (arguments, message) in [
        (&["--layer", "conv9"][..], "there are conv2d1, max_pool2d1"),
        (&["--layer", "max_pool2d1"], "names no convolution"),
        (&["--test", "100"], "there are test images 0 to 99"),
        (&["--mean", "0.5"], "are for ONNX files"),
        (&["no-such.png"], "there is no such file"),
        (&["--data", "iris"], "is a table"),
    ] {
        let out = folder.path().join("out");
        let output = learn(&out, &[&["features", run.to_str().unwrap()], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(message), "{arguments:?}: {}", text(&output.stderr));
        assert!(!out.exists(), "{arguments:?} left something behind");
    }
}

/// A PNG that says it has 20,000 by 20,000 grey pixels.
const LARGE: &[u8] =
    b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00N \x00\x00N \x08\x00\x00\x00\x00\xc6\x1b\x19\xe5\x00\x00\x00\x08IDATx\x9c\x03\x00\x00\x00\x00\x01H\x06\x89\xd2\x00\x00\x00\x00IEND\xaeB`\x82";

#[test]
fn mistakes_and_bad_files_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.png");
    std::fs::write(&empty, b"").unwrap();
    let text = folder.path().join("text.png");
    std::fs::write(&text, b"not a picture").unwrap();
    let one = folder.path().join("one.csv");
    std::fs::write(&one, b"a,b,class\n1,2,x\n2,3,x\n").unwrap();
    let still = folder.path().join("still.csv");
    std::fs::write(&still, "a,b,class\n1,2,x\n1,2,y\n").unwrap();
    let ragged = folder.path().join("filter.txt");
    std::fs::write(&ragged, b"1 0 -1\n1 0\n").unwrap();
    // A picture cut off in the middle; and the first chunk of one with 20,000 pixels a side, which is all that is read.
    let (cut, large) = (folder.path().join("cut.png"), folder.path().join("large.png"));
    image::GrayImage::from_fn(64, 64, |x, y| image::Luma([(x * y) as u8])).save(&cut).unwrap();
    let whole = std::fs::read(&cut).unwrap();
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    std::fs::write(&large, LARGE).unwrap();
    let still = still.to_str().unwrap();
    let (empty, text, one) = (empty.to_str().unwrap(), text.to_str().unwrap(), one.to_str().unwrap());
    let relu = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program/cases/test_relu/model.onnx");
    let relu = relu.to_str().unwrap();
    let (cut, large, ragged) = (cut.to_str().unwrap(), large.to_str().unwrap(), ragged.to_str().unwrap());
    let mistakes: &[(&[&str], &str)] = &[
        (&["neuron", "--weights", "1", "2", "--inputs", "1"], "one weight for each input"),
        (&["mlp", "3"], "layers are written as 3-4-2"),
        (&["convolve", "--stride", "0"], "the stride must be 1 or more"),
        (&["pool", "--stride", "0"], "the stride must be 1 or more"),
        (&["pool", "--kernel", "9x9"], "the padded input has 4×4"),
        (&["convolve", "--filters", "0"], "1 to 16 of each"),
        (&["convolve", "--input", "4x4", "--kernel", "5x5"], "the padded input has 4×4"),
        (&["convolve", "--filter", "1 0; 1"], "not a rectangle"),
        (&["pool", "--padding", "3"], "wholly in the padding"),
        (&["edges", "--filter", "1 0 -1; 1"], "not a rectangle"),
        (&["edges", "--filter", ragged], "not a rectangle"),
        (&["features", "no-such-run"], "no such run folder"),
        (&["features", "no-such.onnx"], "there is no such file"),
        (&["backprop", "--weight", "9"], "weights are 1 to 8"),
        (&["boundary", "moon"], "no such file"),
        (&["boundary", "iris", "--columns", "a,b"], "no input is named `a`"),
        (&["descend", "--rates", "1,2"], "three numbers"),
    ];
    let files: &[(&[&str], &str)] = &[
        (&["edges", empty], "is empty"),
        (&["edges", text], "cannot be read as a picture"),
        (&["edges", "no-such.png"], "cannot be read"),
        (&["edges", large], "at most 16384"),
        (&["edges", cut], "cannot be read as a picture"),
        (&["edges", "camera", text], "cannot be read as a picture"),
        (&["features", relu], "features are of networks for images"),
        (&["backprop", "no-such.toml"], "cannot be read"),
        (&["boundary", one], "class"),
        (&["boundary", still], "at the same point"),
    ];
    let codes = mistakes.iter().map(|case| (case, 2)).chain(files.iter().map(|case| (case, 1)));
    for ((arguments, message), code) in codes {
        let out = folder.path().join("out");
        let output = learn(&out, arguments);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {errors}");
        assert!(errors.contains(message), "{arguments:?}: {errors}");
        assert!(!out.exists(), "{arguments:?} left something behind");
    }
}

#[test]
fn a_folder_that_cannot_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let output = learn(&file, &["neuron"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("pictures cannot be written there"));
}
