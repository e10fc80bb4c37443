//! Points of the plane with classes: made up, or two columns or principal components of a table.

use std::path::Path;

use lenslet::datasets::synthetic::{self, Kind};
use lenslet::datasets::table::{self, BUILTIN, Examples, Options, Reading, Scheme, Sheet, Targets, Task, builtin};

use super::Boundary;
use crate::learn::desk::usage;
use crate::pictures::look::SERIES;

/// What is classified.
pub(super) struct Points {
    pub(super) x: Vec<[f32; 2]>,
    pub(super) labels: Vec<u32>,
    pub(super) classes: Vec<String>,
    /// What the two numbers are.
    pub(super) axes: [String; 2],
}

/// Colours repeat beyond these.
const MOST_CLASSES: usize = SERIES.len();
/// Dots above this number would cover the plane.
const MOST_DOTS: usize = 1500;

impl Points {
    pub(super) fn get(asked: &Boundary) -> anyhow::Result<Points> {
        let Ok(kind) = asked.data.parse::<Kind>() else { return Points::table(asked) };
        if !asked.columns.is_empty() || asked.target.is_some() {
            return Err(usage(format!("--columns and --target are for tables; {} has x₁, x₂ and a class", asked.data)));
        }
        if !(2..=100_000).contains(&asked.points) {
            return Err(usage(format!("--points {}: take 2 to 100000", asked.points)));
        }
        let usual = match kind {
            Kind::Moons => 0.15,
            Kind::Circles => 0.08,
            Kind::Spirals => 0.03,
            Kind::Blobs => 0.35,
            Kind::Xor => 0.0,
        };
        let noise = asked.noise.unwrap_or(usual);
        let made = synthetic::points(kind, asked.points, noise, asked.seed).map_err(usage)?;
        let classes = (0..made.classes).map(|class| format!("class {class}")).collect();
        Ok(Points { x: made.x, labels: made.labels, classes, axes: ["x₁".into(), "x₂".into()] })
    }

    fn table(asked: &Boundary) -> anyhow::Result<Points> {
        let path = Path::new(&asked.data);
        let sheet = if BUILTIN.contains(&asked.data.as_str()) {
            builtin(&asked.data).map_err(usage)?
        } else if path.exists() {
            Sheet::read(path, &Reading::default())?
        } else {
            let names = Kind::ALL.map(|(name, _)| name).join(", ");
            let others = BUILTIN.join(", ");
            return Err(usage(format!("{}: no such file; without a file there are {names} and {others}", asked.data)));
        };
        let options = Options { target: asked.target.clone(), task: Task::Classes, ..Options::default() };
        let prepared = table::prepare(&sheet, &options, 0.0, asked.seed)?;
        let Targets::Classes(labels) = &prepared.train.y else {
            return Err(usage("the target column holds no classes"));
        };
        let names = prepared.scheme.feature_names();
        let (x, axes) = match &asked.columns[..] {
            [] => plane(&prepared.train, &names)?,
            [a, b] => {
                let find = |wanted: &String| {
                    let lines = || format!("--columns: no input is named `{wanted}`; there are {}", names.join(", "));
                    names.iter().position(|name| name == wanted).ok_or_else(|| usage(lines()))
                };
                let (i, j) = (find(a)?, find(b)?);
                if i == j {
                    return Err(usage(format!("--columns {a},{b}: a plane needs two different columns")));
                }
                let rows = prepared.train.x.chunks(prepared.train.features);
                (rows.map(|row| [row[i], row[j]]).collect(), [scaled(&prepared.scheme, a), scaled(&prepared.scheme, b)])
            }
            other => return Err(usage(format!("--columns takes two names, got {}", other.len()))),
        };
        if x.windows(2).all(|pair| pair[0] == pair[1]) {
            let why = "every row lies at the same point of the plane; choose --columns that differ between rows";
            anyhow::bail!("{}: {why}", asked.data);
        }
        let classes = prepared.scheme.classes().unwrap_or_default().to_vec();
        if classes.len() > MOST_CLASSES {
            let (count, target) = (classes.len(), &prepared.scheme.target.name);
            anyhow::bail!(
                "{}: the target column \"{target}\" has {count} different values; colours tell {MOST_CLASSES} classes apart. \
                 Another column may be the --target; a number is learned by `lenslet train {0}`",
                asked.data
            );
        }
        Ok(Points { x, labels: labels.clone(), classes, axes })
    }

    /// x, y and class of the points that are drawn.
    pub(super) fn dots(&self) -> Vec<(f64, f64, usize)> {
        let every = self.x.len().div_ceil(MOST_DOTS);
        let all = self.x.iter().zip(&self.labels).step_by(every);
        all.map(|(&[x, y], &class)| (x.into(), y.into(), class as usize)).collect()
    }

    /// 4 over the points' variance: a kernel about a quarter of the cloud wide.
    pub(super) fn gamma(&self) -> f32 {
        let n = self.x.len() as f32;
        let variance = |k: usize| {
            let mean = self.x.iter().map(|x| x[k]).sum::<f32>() / n;
            self.x.iter().map(|x| (x[k] - mean).powi(2)).sum::<f32>() / n
        };
        4.0 / (variance(0) + variance(1)).max(1e-6)
    }
}

fn scaled(scheme: &Scheme, name: &str) -> String {
    match scheme.inputs.iter().find(|column| column.name == name).map(|column| &column.kind) {
        Some(table::Kind::Number { .. }) => format!("{name} (standard deviations)"),
        _ => name.to_owned(),
    }
}

/// The two features there are, or the first two principal components.
fn plane(examples: &Examples, names: &[String]) -> anyhow::Result<(Vec<[f32; 2]>, [String; 2])> {
    let features = examples.features;
    let rows = || examples.x.chunks(features);
    match features {
        0 | 1 => Err(usage(format!("a plane needs two inputs, the table has {features}"))),
        2 => Ok((rows().map(|row| [row[0], row[1]]).collect(), [names[0].clone(), names[1].clone()])),
        _ => {
            let (components, parts) = principal(&examples.x, features);
            let along = |row: &[f32], k: usize| row.iter().zip(&components[k]).map(|(x, v)| x * *v as f32).sum::<f32>();
            let name = |k: usize| format!("component {} ({:.0} % of variance)", k + 1, 100.0 * parts[k]);
            Ok((rows().map(|row| [along(row, 0), along(row, 1)]).collect(), [name(0), name(1)]))
        }
    }
}

/// The first two principal components of rows of mean 0, and their parts of the variance, by power iteration.
fn principal(x: &[f32], features: usize) -> ([Vec<f64>; 2], [f64; 2]) {
    let n = (x.len() / features) as f64;
    let mut covariance = vec![0.0; features * features];
    for row in x.chunks(features) {
        for i in 0..features {
            for j in 0..features {
                covariance[i * features + j] += f64::from(row[i]) * f64::from(row[j]) / n;
            }
        }
    }
    let total: f64 = (0..features).map(|i| covariance[i * features + i]).sum();
    let mut component = || {
        // A start along no axis, so that it is not orthogonal to the component.
        let mut v: Vec<f64> = (0..features).map(|i| 1.0 + 0.1 * (i as f64 * 1.7).sin()).collect();
        let mut length = 0.0;
        for _ in 0..1000 {
            let next: Vec<f64> =
                covariance.chunks(features).map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
            length = next.iter().map(|a| a * a).sum::<f64>().sqrt();
            if length < 1e-12 {
                break;
            }
            v = next.into_iter().map(|a| a / length).collect();
        }
        for i in 0..features {
            for j in 0..features {
                covariance[i * features + j] -= length * v[i] * v[j];
            }
        }
        (v, length / total.max(1e-12))
    };
    let ((a, part_a), (b, part_b)) = (component(), component());
    ([a, b], [part_a, part_b])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principal_components_of_a_slanted_cloud() {
        // Along (3, 4, 0) / 5 with spread 2, along the third axis with spread 1, nothing else.
        let rows: Vec<f32> = (0..400)
            .flat_map(|i| {
                let turn = i as f32 * std::f32::consts::TAU / 400.0;
                let (a, b) = (2.0 * turn.cos(), turn.sin());
                [0.6 * a, 0.8 * a, b]
            })
            .collect();
        let ([first, second], parts) = principal(&rows, 3);
        assert!((first[0].abs() - 0.6).abs() < 1e-3 && (first[1].abs() - 0.8).abs() < 1e-3, "{first:?}");
        assert!((second[2].abs() - 1.0).abs() < 1e-3, "{second:?}");
        assert!((parts[0] - 0.8).abs() < 1e-3 && (parts[1] - 0.2).abs() < 1e-3);
    }
}
