//! Changes: exact where they can be, the same at the same place, as often as asked for.

use super::*;
use proptest::prelude::*;

const STILL: Change =
    Change { flip: false, flip_vertical: false, scale: 1.0, rotate: 0.0, right: 0.0, down: 0.0, erase: None, fill: 9 };

fn changed(change: Change, source: &[u8], shape: [usize; 3]) -> Vec<u8> {
    let mut result = vec![77; source.len()];
    change.apply(source, shape, &mut result);
    result
}

#[test]
fn exact_moves() {
    let source = [1, 2, 3, 4, 5, 6];
    let of = |change| changed(change, &source, [1, 2, 3]);
    assert_eq!(of(STILL), source);
    assert_eq!(of(Change { flip: true, ..STILL }), [3, 2, 1, 6, 5, 4]);
    assert_eq!(of(Change { flip_vertical: true, ..STILL }), [4, 5, 6, 1, 2, 3]);
    assert_eq!(of(Change { right: 1.0, ..STILL }), [9, 1, 2, 9, 4, 5]);
    assert_eq!(of(Change { down: -1.0, ..STILL }), [4, 5, 6, 9, 9, 9]);
    assert_eq!(of(Change { right: 0.5, ..STILL }), [5, 2, 3, 7, 5, 6]); // 1.5 and 2.5 round away from 0, fill is 9
    assert_eq!(of(Change { rotate: 180.0, ..STILL }), [6, 5, 4, 3, 2, 1]);
    let blot = Rectangle { top: 0, left: 1, height: 2, width: 1 };
    assert_eq!(of(Change { erase: Some(blot), ..STILL }), [1, 9, 3, 4, 9, 6]);
    // A quarter turn clockwise of a square; two channels alike.
    assert_eq!(
        changed(Change { rotate: 90.0, ..STILL }, &[1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2]),
        [3, 1, 4, 2, 7, 5, 8, 6]
    );
    // Twice as large: what was at the centre fills the middle.
    let doubled = changed(Change { scale: 2.0, ..STILL }, &[10, 10, 50, 50], [1, 2, 2]);
    assert_eq!(doubled, [20, 20, 40, 40]);
}

fn strong() -> Augment {
    Augment {
        flip: 0.5,
        flip_vertical: 0.25,
        crop: 2,
        shift: 0.1,
        rotate: 15.0,
        scale: [0.8, 1.25],
        erase: 0.5,
        mixup: 0.4,
        ..Augment::default()
    }
}

#[test]
fn drawn_by_place() {
    let augment = strong();
    augment.check().unwrap();
    let shape = [1, 28, 28];
    let here = augment.draw(1, 2, 3, shape);
    assert_eq!(here, augment.draw(1, 2, 3, shape));
    for other in [augment.draw(2, 2, 3, shape), augment.draw(1, 3, 3, shape), augment.draw(1, 2, 4, shape)] {
        assert_ne!(here, other);
    }
    // One change less leaves the others as they were.
    let unturned = Augment { rotate: 0.0, ..augment.clone() }.draw(1, 2, 3, shape);
    assert_eq!(Change { rotate: 0.0, ..here }, unturned);
    assert_eq!(Augment::default().draw(1, 2, 3, shape), Change { fill: 0, ..STILL });
    assert_eq!(augment.mix(1, 2, 3, 100), augment.mix(1, 2, 3, 100));
    assert_eq!(Augment::default().mix(1, 2, 3, 100), None);
}

#[test]
fn as_often_and_as_much_as_asked() {
    let n = 4000;
    let changes: Vec<Change> = (0..n).map(|index| strong().draw(5, 0, index, [1, 20, 10])).collect();
    let share =
        |holds: fn(&Change) -> bool| changes.iter().filter(|change| holds(change)).count() as f64 / f64::from(n);
    // Five standard errors of a share of one half are 0.04.
    assert!((share(|change| change.flip) - 0.5).abs() < 0.04);
    assert!((share(|change| change.flip_vertical) - 0.25).abs() < 0.04);
    assert!((share(|change| change.erase.is_some()) - 0.5).abs() < 0.04);
    assert!(changes.iter().all(|change| change.rotate.abs() <= 15.0 && (0.8..=1.25).contains(&change.scale)));
    assert!(changes.iter().all(|change| change.right.abs() <= 3.0 && change.down.abs() <= 4.0));
    let crops: std::collections::BTreeSet<i32> =
        (0..200).map(|i| Augment { crop: 2, ..Augment::default() }.draw(5, 0, i, [1, 9, 9]).right as i32).collect();
    assert!(crops.into_iter().eq(-2..=2));
}

#[test]
fn mixup_is_a_beta() {
    for alpha in [0.01, 0.2, 1.0, 4.0] {
        let augment = Augment { mixup: alpha, ..Augment::default() };
        let lambdas: Vec<f64> = (0..8000).map(|i| f64::from(augment.mix(3, 0, i, 50).unwrap().lambda)).collect();
        assert!(lambdas.iter().all(|lambda| (0.0..=1.0).contains(lambda)));
        let mean = lambdas.iter().sum::<f64>() / 8000.0;
        let variance = lambdas.iter().map(|lambda| (lambda - 0.5) * (lambda - 0.5)).sum::<f64>() / 8000.0;
        // Beta(α, α): mean 1/2, variance 1/(4(2α + 1)); five standard errors of at most 0.5/√8000 and 0.25/√8000.
        let expected = 0.25 / (2.0 * f64::from(alpha) + 1.0);
        assert!((mean - 0.5).abs() < 0.028 && (variance - expected).abs() < 0.014, "{alpha}: {mean} {variance}");
    }
    let mut image = [0, 100, 200];
    Mix { partner: 0, lambda: 0.25 }.blend(&mut image, &[100, 100, 0]);
    assert_eq!(image, [75, 100, 50]);
}

#[test]
fn ranges_are_checked() {
    let message = |augment: Augment| augment.check().expect_err("must be refused").to_string();
    let none = Augment::default;
    assert_eq!(message(Augment { flip: 1.5, ..none() }), "augment: flip is a probability, 0 to 1; got 1.5");
    assert!(message(Augment { scale: [1.2, 0.8], ..none() }).contains("scale is [least, greatest]"));
    assert!(message(Augment { rotate: f32::NAN, ..none() }).contains("rotate is in degrees"));
    assert!(message(Augment { erase_area: [0.0, 0.5], ..none() }).contains("erase_area"));
    assert!(message(Augment { mixup: -1.0, ..none() }).contains("mixup"));
    let unknown = serde_json::from_str::<Augment>(r#"{"flop": 1}"#).unwrap_err().to_string();
    assert!(unknown.contains("unknown field `flop`"), "{unknown}");
    let some: Augment = serde_json::from_str(r#"{"flip": 0.5}"#).unwrap();
    assert_eq!(some, Augment { flip: 0.5, ..none() });
}

proptest! {
    #[test]
    fn any_change_of_any_image(
        shape in (1usize..4, 1usize..9, 1usize..9),
        index: u32,
        (rotate, least, more, crop) in (0f32..180.0, 0.01f32..2.0, 0f32..50.0, 0u32..40),
    ) {
        let shape = [shape.0, shape.1, shape.2];
        let augment = Augment { rotate, scale: [least, least + more], crop, erase: 1.0, ..strong() };
        prop_assert!(augment.check().is_ok());
        // A white image on a white ground stays white where nothing is blotted out.
        let change = Change { erase: None, fill: 255, ..augment.draw(1, 0, index, shape) };
        let white = vec![255; shape.iter().product()];
        prop_assert_eq!(changed(change, &white, shape), white.clone());
        changed(augment.draw(1, 0, index, shape), &white, shape);
    }
}
