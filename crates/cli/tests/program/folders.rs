//! Folders of pictures, changes at random, TensorBoard's file: what `train` does with images beside the usual set.

use crate::{json, lenslet, run};
use image::{GrayImage, Luma, Rgb, RgbImage};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn with(arguments: &[&str]) -> Command {
    let mut command = lenslet();
    command.args(arguments);
    command
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// Digits of two classes as PNG, the second class larger.
fn digits(folder: &Path, count: usize) -> PathBuf {
    let images = lenslet::datasets::digits8x8().expect("embedded");
    let dir = folder.join("digits");
    for (class, name, size) in [(0, "zero", 8), (1, "one", 12)] {
        std::fs::create_dir_all(dir.join(name)).expect("writable");
        let rows = (0..images.len()).filter(|&row| images.labels[row] == class).take(count);
        for row in rows {
            let own = GrayImage::from_raw(8, 8, images.image(row).to_vec()).expect("8 by 8");
            let shown = image::imageops::resize(&own, size, size, image::imageops::FilterType::Triangle);
            shown.save(dir.join(name).join(format!("{row}.png"))).expect("writable");
        }
    }
    dir
}

fn small(folder: &Path) -> PathBuf {
    let path = folder.join("small.toml");
    let model = lenslet::Model::new([1, 8, 8]).conv2d(4, 3).relu().max_pool2d(2).flatten().linear(2);
    std::fs::write(&path, model.to_text()).expect("writable");
    path
}

#[test]
fn a_folder_of_pictures_of_two_sizes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (dir, path) = (digits(folder.path(), 60), folder.path().join("run"));
    std::fs::write(dir.join("one").join("notes.txt"), "x").expect("writable");
    let mut command = with(&["train", text(&dir), "--model", "mlp", "--epochs", "8", "--batch", "20", "--tensorboard"]);
    command.args(["--out", text(&path)]);
    let out = run(command);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    for words in ["read at 12×12 (the median of their sizes)", "120 pictures in grey of 2 classes (one 60, zero 60)"] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    assert!(said.contains("as they are no pictures: 1"), "{said}");
    let evaluated = json(with(&["eval", text(&path), "--json"]));
    assert!(evaluated["test_accuracy"].as_f64().is_some_and(|accuracy| accuracy > 0.9), "{evaluated}");
    let one = std::fs::read_dir(dir.join("one")).expect("there").flatten().next().expect("a picture").path();
    let predicted = json(with(&["predict", text(&path), text(&one), "--json"]));
    assert!(["one", "zero"].contains(&predicted["predictions"][0]["class"].as_str().expect("a text")), "{predicted}");
    let events = std::fs::read(path.join("events.out.tfevents.0.lenslet")).expect("there");
    for tag in ["brain.Event:2", "loss/step", "accuracy/test"] {
        assert!(events.windows(tag.len()).any(|window| window == tag.as_bytes()), "{tag}");
    }
    // A model of its own size reads the same pictures at that.
    let own = folder.path().join("own");
    let model = small(folder.path());
    let mut command = with(&["train", "--data", text(&dir), "--model", text(&model), "--epochs", "1", "--batch", "20"]);
    command.args(["--out", text(&own)]);
    let out = run(command);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success() && said.contains("read at 8×8 (as the model takes them)"), "{said}");
}

#[test]
fn colour_and_a_split_of_ones_own() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let dir = folder.path().join("data");
    for set in ["train", "test"] {
        for (class, colour) in [("red", [200, 20, 30]), ("blue", [10, 30, 210])] {
            std::fs::create_dir_all(dir.join(set).join(class)).expect("writable");
            for i in 0..16u8 {
                let shade = colour.map(|c: u8| c.saturating_add(i * 3));
                let picture = RgbImage::from_fn(10, 8, |x, y| if (x + y) % 3 == 0 { Rgb([i; 3]) } else { Rgb(shade) });
                picture.save(dir.join(set).join(class).join(format!("{i}.png"))).expect("writable");
            }
        }
    }
    let path = folder.path().join("run");
    let asked =
        ["train", text(&dir), "--model", "mlp", "--epochs", "6", "--batch", "8", "--json", "--out", text(&path)];
    let trained = json(with(&asked));
    assert_eq!((&trained["test_images"], &trained["test_accuracy"]), (&32.into(), &1.0.into()), "{trained}");
}

#[test]
fn changed_images_go_on_with_the_same_bits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (whole, broken) = (folder.path().join("whole"), folder.path().join("broken"));
    let dir = crate::data(folder.path(), 320, 40);
    let arguments = |out: &Path| {
        let mut command = with(&["train", text(&dir), "--model", "mlp", "--epochs", "30", "--batch", "32", "--json"]);
        command.args(["--augment", "flip,crop=1,shift,rotate,scale,erase,mixup", "--checkpoint-steps", "7"]);
        command.args(["--tensorboard", "--out"]).arg(out);
        command
    };
    let want = json(arguments(&whole));
    let mut child = arguments(&broken).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    while !broken.join("checkpoint.safetensors").exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child.kill().expect("a child of ours");
    assert!(!child.wait().expect("a child of ours").success(), "it ended before it was killed");
    let got = json(with(&["train", "--resume", text(&broken), "--json"]));
    assert_eq!(got["digest"], want["digest"]);
    for name in ["checkpoint.safetensors", "metrics.jsonl"] {
        let read = |run: &Path| std::fs::read(run.join(name)).expect(name);
        assert!(read(&whole) == read(&broken), "{name} differs");
    }
    let length = |run: &Path| std::fs::metadata(run.join("events.out.tfevents.0.lenslet")).expect("there").len();
    assert_eq!(length(&whole), length(&broken));
    let settings = std::fs::read_to_string(whole.join("run.toml")).expect("there");
    assert!(settings.contains("[settings.augment]") && settings.contains("mixup = "), "{settings}");
}

#[test]
fn bad_folders_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("run");
    let refused = |dir: &Path, code: i32, more: &[&str], words: &str| {
        let mut command = with(&["train", text(dir), "--out", text(&path)]);
        command.args(more);
        let out = run(command);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "not {words:?} but {said}");
        assert!(!path.exists(), "something was left behind");
    };
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("writable");
    refused(&empty, 1, &[], "holds neither IDX files nor class folders");
    let dir = folder.path().join("pictures");
    let picture = |class: &str, name: &str| {
        std::fs::create_dir_all(dir.join(class)).expect("writable");
        GrayImage::from_pixel(8, 8, Luma([9])).save(dir.join(class).join(name)).expect("writable");
    };
    picture("cat", "1.png");
    refused(&dir, 1, &[], "1 class folders; an image folder needs two or more");
    picture("dog", "1.png");
    // One picture a class: nothing can be held out.
    refused(&dir, 1, &[], "2 images of 2 classes are too few to hold any out");
    for name in ["2.png", "3.png", "4.png"] {
        picture("cat", name);
    }
    std::fs::create_dir(dir.join("fox")).expect("writable");
    refused(&dir, 1, &[], "fox: no pictures in this class folder");
    std::fs::remove_dir(dir.join("fox")).expect("writable");
    std::fs::write(dir.join("cat").join("5.png"), "not a picture").expect("writable");
    refused(&dir, 1, &[], "5.png: not a picture of a known kind");
    std::fs::remove_file(dir.join("cat").join("5.png")).expect("writable");
    refused(&dir, 2, &["--size", "0"], "a size is height and width");
    refused(&dir, 2, &["--augment", "flop"], "no change is called `flop`");
    // A class of one picture is trained on, and said.
    let out = run(with(&["train", text(&dir), "--model", "mlp", "--epochs", "1", "--out", text(&path)]));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    assert!(said.contains("class dog has 1 picture"), "{said}");
}
