//! How exact a result must be, named by cause, never a bare number; and the error in units of that.
//!
//! NaN and infinity are compared apart: they must be equal.

use graph::{DType, Tensor, Wide};

/// Distance from 1 to the next f32, halved: the error of one rounding.
pub(crate) const EPS: f64 = f32::EPSILON as f64 / 2.0;

/// Why a result may differ from the reference.
#[derive(Clone, Copy, Debug)]
pub enum Tolerance {
    /// It may not: values are moved or chosen.
    Exact,
    /// This many units in the last place of the result: exp and friends.
    Ulp(u32),
    /// A difference of numbers as large as the largest result: this many roundings of that one.
    Largest(u32),
    /// A sum of this many products in another order: k roundings of the sum of magnitudes.
    Sums(usize),
}

impl Tolerance {
    /// The error that it allows where this is wanted.
    fn room(self, want: f64, magnitude: f64, largest: f64) -> f64 {
        match self {
            Tolerance::Exact => 0.0,
            Tolerance::Ulp(k) => f64::from(k) * 2.0 * EPS * want.abs().max(f64::from(f32::MIN_POSITIVE)),
            Tolerance::Largest(k) => f64::from(k) * EPS * largest,
            Tolerance::Sums(k) => k as f64 * EPS * magnitude.abs().max(want.abs()),
        }
    }
}

/// The worst error in units of the tolerance and where it is; `magnitude` is the sum of magnitudes at each element.
pub fn worst(got: &Tensor, want: &Wide, magnitude: &Wide, tolerance: Tolerance) -> (f64, usize) {
    worst_of(got, want, magnitude, &[tolerance])
}

/// As [`worst`], where each element may be as wrong as the most lenient of several tolerances allows.
pub fn worst_of(got: &Tensor, want: &Wide, magnitude: &Wide, tolerances: &[Tolerance]) -> (f64, usize) {
    let each = errors(got, want, magnitude, tolerances);
    each.into_iter().enumerate().fold((0.0, 0), |worst, (i, error)| if error > worst.0 { (error, i) } else { worst })
}

/// The error of each element in units of the most lenient tolerance, row-major.
pub(crate) fn errors(got: &Tensor, want: &Wide, magnitude: &Wide, tolerances: &[Tolerance]) -> Vec<f64> {
    let floats = got.ty().dtype == DType::F32;
    let got = got.to_reference();
    assert_eq!(got.shape(), want.shape());
    let largest = want.iter().filter(|want| want.is_finite()).fold(0.0, |largest: f64, want| largest.max(want.abs()));
    let error = |((&got, &want), &magnitude): ((&f64, &f64), &f64)| {
        let want = if floats { f64::from(want as f32) } else { want };
        if got == want || got.is_nan() && want.is_nan() {
            0.0
        } else if !got.is_finite() || !want.is_finite() {
            f64::INFINITY
        } else {
            let rooms = tolerances.iter().map(|tolerance| tolerance.room(want, magnitude, largest));
            (got - want).abs() / rooms.fold(0.0, f64::max)
        }
    };
    got.iter().zip(want).zip(magnitude).map(error).collect()
}
