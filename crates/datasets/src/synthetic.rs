//! Made-up points in the plane with classes that straight lines can or cannot tell apart. Point i depends on the seed,
//! the kind and i alone. Shapes after scikit-learn's `make_moons` and `make_circles` and the TensorFlow playground.

use crate::Error;
use crate::philox::{Draws, Purpose};
use std::f32::consts::{PI, TAU};

/// The shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Two half circles that reach into each other.
    Moons,
    /// A circle of radius 0.5 (class 1) within one of radius 1 (class 0).
    Circles,
    /// Two arms of 1.75 turns.
    Spirals,
    /// Three clouds around the corners of a triangle; `noise` is their width.
    Blobs,
    /// The square [−1, 1]², class 1 where the signs of the coordinates differ.
    Xor,
}

impl Kind {
    /// All of them, with the names that users type.
    pub const ALL: [(&str, Kind); 5] = [
        ("moons", Kind::Moons),
        ("circles", Kind::Circles),
        ("spirals", Kind::Spirals),
        ("blobs", Kind::Blobs),
        ("xor", Kind::Xor),
    ];

    /// 3 for blobs, else 2.
    pub fn classes(self) -> u32 {
        if self == Kind::Blobs { 3 } else { 2 }
    }
}

impl std::str::FromStr for Kind {
    type Err = Error;

    fn from_str(name: &str) -> Result<Kind, Error> {
        let known = Kind::ALL.iter().find(|(known, _)| *known == name);
        known.map(|&(_, kind)| kind).ok_or_else(|| {
            let names = Kind::ALL.map(|(name, _)| name).join(", ");
            Error::Argument(format!("no made-up set is named \"{name}\"; there are {names}"))
        })
    }
}

/// Points with a class each.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    /// `[n, 2]`.
    pub x: Vec<[f32; 2]>,
    /// `[n]`, from 0 to `classes − 1`, in turn.
    pub labels: Vec<u32>,
    /// How many classes.
    pub classes: u32,
}

/// `n` points of a shape, each coordinate moved by a normal error of standard deviation `noise`.
///
/// ```
/// use datasets::synthetic::{Kind, points};
/// let moons = points(Kind::Moons, 200, 0.1, 42)?;
/// assert_eq!((moons.x.len(), moons.classes), (200, 2));
/// # Ok::<(), datasets::Error>(())
/// ```
pub fn points(kind: Kind, n: usize, noise: f32, seed: u64) -> Result<Points, Error> {
    if !(noise.is_finite() && noise >= 0.0) {
        return Err(Error::Argument(format!("noise is a standard deviation, 0 or more; got {noise}")));
    }
    let count = u32::try_from(n).map_err(|_| Error::Argument(format!("{n} points; at most {} are made", u32::MAX)))?;
    let labels: Vec<u32> = (0..count).map(|i| i % kind.classes()).collect();
    let point = |i: u32| {
        let mut draws = Draws::at(seed, Purpose::Synthetic, kind as u32, i);
        let [x, y] = place(kind, i, &mut draws);
        [x + noise * draws.normal(), y + noise * draws.normal()]
    };
    Ok(Points { x: (0..count).map(point).collect(), labels, classes: kind.classes() })
}

fn place(kind: Kind, i: u32, draws: &mut Draws) -> [f32; 2] {
    let class = i % kind.classes();
    match kind {
        Kind::Moons => {
            let (sin, cos) = (PI * draws.unit()).sin_cos();
            if class == 0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] }
        }
        Kind::Circles => polar(if class == 0 { 1.0 } else { 0.5 }, TAU * draws.unit()),
        Kind::Spirals => {
            let along = draws.unit();
            polar(along, 1.75 * TAU * along + PI * class as f32)
        }
        Kind::Blobs => polar(1.0, TAU * class as f32 / 3.0 + PI / 2.0),
        Kind::Xor => {
            let (x, y) = (draws.unit(), draws.unit());
            // Class and the half of it that the point falls into take turns: every quadrant gets a quarter.
            let sign = if (i / 2).is_multiple_of(2) { 1.0 } else { -1.0 };
            [sign * x, if class == 0 { sign * y } else { -sign * y }]
        }
    }
}

fn polar(radius: f32, angle: f32) -> [f32; 2] {
    [radius * angle.cos(), radius * angle.sin()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_points_and_more_are_appended() {
        for (name, kind) in Kind::ALL {
            assert_eq!(name.parse::<Kind>().unwrap(), kind);
            let (few, many) = (points(kind, 50, 0.1, 3).unwrap(), points(kind, 90, 0.1, 3).unwrap());
            assert_eq!(few.x[..], many.x[..50]);
            assert_ne!(few.x, points(kind, 50, 0.1, 4).unwrap().x);
            assert_eq!(few.labels.iter().max().map(|most| most + 1), Some(few.classes));
        }
        assert!("moon".parse::<Kind>().unwrap_err().to_string().contains("there are moons, circles"));
        assert!(points(Kind::Xor, 5, f32::NAN, 0).is_err());
    }

    #[test]
    fn shapes_without_noise() {
        let circles = points(Kind::Circles, 100, 0.0, 1).unwrap();
        for (&[x, y], &class) in circles.x.iter().zip(&circles.labels) {
            assert!((x.hypot(y) - if class == 0 { 1.0 } else { 0.5 }).abs() < 1e-6);
        }
        let xor = points(Kind::Xor, 100, 0.0, 1).unwrap();
        assert!(xor.x.iter().zip(&xor.labels).all(|(&[x, y], &class)| x * y == 0.0 || (x * y < 0.0) == (class == 1)));
        let quadrants = xor.x.iter().map(|&[x, y]| (x > 0.0, y > 0.0)).collect::<std::collections::HashSet<_>>();
        assert_eq!(quadrants.len(), 4);
    }
}
