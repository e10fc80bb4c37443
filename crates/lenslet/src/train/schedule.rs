//! How the learning rate goes over a run: a product of factors, written `warmup:1,cosine`.
//!
//! All but one factor (`plateau.rs`) are functions of the step alone, so the whole table lies on the device from the start.

use super::plateau::Plateau;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

/// The factor on the learning rate at any time of a run. Times are in epochs, as PyTorch's schedulers count.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Schedule(Vec<Factor>);

/// One factor. Numbers behind a colon in its text are these fields, in order.
#[derive(Clone, Debug, PartialEq)]
enum Factor {
    /// From the top down to nothing along a half cosine, so many times.
    Cosine { times: f64 },
    /// From a tenth up to the top in the first fifth, then down to nothing, each along a half cosine.
    OneCycle,
    /// Times gamma after every so many epochs.
    Step { every: f64, gamma: f64 },
    /// Times gamma at each of these epochs.
    MultiStep { at: Vec<f64>, gamma: f64 },
    /// Times gamma each epoch.
    Exponential { gamma: f64 },
    /// (1 - t / T)^power over the run.
    Polynomial { power: f64 },
    /// From nothing up in a straight line over the first epochs.
    Warmup { epochs: f64 },
    /// Less where the test loss stays.
    Plateau(Plateau),
}

/// What can be written, for help and errors.
pub const SCHEDULES: &str = "\
constant
one-cycle               from a tenth up to the top in the first fifth, then down to nothing
cosine[:TIMES]          from the top down to nothing along a half cosine, with restarts if TIMES > 1
step:EVERY[:GAMMA]      times GAMMA (0.1) after every EVERY epochs
multi-step:A:B:…:GAMMA  times GAMMA at epochs A, B, …
exponential:GAMMA       times GAMMA each epoch
polynomial[:POWER]      (1 - t/T)^POWER, a straight line down for 1
warmup:EPOCHS           from nothing up in a straight line; with others behind a comma: warmup:1,cosine
plateau[:PATIENCE[:GAMMA]]  times GAMMA (0.1) after more than PATIENCE (10) epochs without a better test loss";

impl Schedule {
    /// The rate stays.
    pub const CONSTANT: Schedule = Schedule(Vec::new());

    /// Up to the top in the first fifth, then down to nothing.
    pub fn one_cycle() -> Self {
        Schedule(vec![Factor::OneCycle])
    }

    /// From the top down to nothing along a half cosine.
    pub fn cosine() -> Self {
        Schedule(vec![Factor::Cosine { times: 1.0 }])
    }

    /// Whether nothing changes with the step.
    pub(crate) fn is_steady(&self) -> bool {
        self.0.iter().all(|factor| matches!(factor, Factor::Plateau(_)))
    }

    /// The factor that heeds the test loss, if there is one.
    pub(crate) fn plateau(&self) -> Option<Plateau> {
        self.0.iter().find_map(|factor| if let Factor::Plateau(plateau) = factor { Some(*plateau) } else { None })
    }

    /// The factor at epoch `t` of `all`; a step is `step` epochs long.
    pub(crate) fn factor(&self, t: f64, all: f64, step: f64) -> f64 {
        self.0.iter().map(|factor| factor.at(t, all, step)).product()
    }
}

impl Factor {
    fn at(&self, t: f64, all: f64, step: f64) -> f64 {
        let fall = |part: f64| (1.0 + (PI * part).cos()) / 2.0;
        // A millionth of a step: an epoch's end is the sum of its steps but for rounding.
        let passed = |epoch: f64| t + step * 1e-6 >= epoch;
        match self {
            Factor::Cosine { times } => fall((t / all * times).fract()),
            Factor::OneCycle => {
                let peak = all / 5.0;
                if t < peak { 1.0 - 0.9 * fall(t / peak) } else { fall((t - peak) / (all - peak)) }
            }
            Factor::Step { every, gamma } => gamma.powf(((t + step * 1e-6) / every).floor()),
            Factor::MultiStep { at, gamma } => gamma.powi(at.iter().filter(|&&epoch| passed(epoch)).count() as i32),
            Factor::Exponential { gamma } => gamma.powf((t + step * 1e-6).floor()),
            Factor::Polynomial { power } => (1.0 - t / all).powf(*power),
            Factor::Warmup { epochs } => ((t + step) / epochs).min(1.0),
            Factor::Plateau(_) => 1.0, // the session's business
        }
    }

    fn read(text: &str) -> Result<Option<Self>, String> {
        let mut words = text.trim().split(':');
        let name = words.next().unwrap_or_default();
        let numbers: Result<Vec<f64>, _> = words.map(str::parse).collect();
        let numbers = numbers.map_err(|_| format!("`{text}`: what follows a colon must be a number"))?;
        let may_be_none = name == "plateau";
        if numbers.iter().any(|n| !(n.is_finite() && (*n > 0.0 || may_be_none && *n == 0.0))) {
            return Err(format!("`{text}`: numbers must be above 0"));
        }
        Ok(Some(match (name, &numbers[..]) {
            ("constant", []) => return Ok(None),
            ("cosine", []) => Factor::Cosine { times: 1.0 },
            ("cosine", &[times]) => Factor::Cosine { times },
            ("one-cycle", []) => Factor::OneCycle,
            ("step", &[every]) => Factor::Step { every, gamma: 0.1 },
            ("step", &[every, gamma]) => Factor::Step { every, gamma },
            ("multi-step", [at @ .., gamma]) if !at.is_empty() => Factor::MultiStep { at: at.into(), gamma: *gamma },
            ("exponential", &[gamma]) => Factor::Exponential { gamma },
            ("polynomial", []) => Factor::Polynomial { power: 1.0 },
            ("polynomial", &[power]) => Factor::Polynomial { power },
            ("warmup", &[epochs]) => Factor::Warmup { epochs },
            ("plateau", &[]) => Factor::Plateau(Plateau { patience: 10, gamma: 0.1 }),
            ("plateau", &[patience]) if patience.fract() == 0.0 => {
                Factor::Plateau(Plateau { patience: patience as u64, gamma: 0.1 })
            }
            ("plateau", &[patience, gamma]) if patience.fract() == 0.0 && gamma > 0.0 => {
                Factor::Plateau(Plateau { patience: patience as u64, gamma })
            }
            _ => return Err(format!("`{text}` is no schedule; there are\n{SCHEDULES}")),
        }))
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let factors: Result<Vec<Option<Factor>>, String> = text.split(',').map(Factor::read).collect();
        let factors: Vec<Factor> = factors?.into_iter().flatten().collect();
        if factors.iter().filter(|factor| matches!(factor, Factor::Plateau(_))).count() > 1 {
            return Err(format!("`{text}`: one plateau is enough"));
        }
        Ok(Schedule(factors))
    }
}

impl TryFrom<String> for Schedule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Schedule> for String {
    fn from(schedule: Schedule) -> String {
        schedule.to_string()
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("constant");
        }
        let factors: Vec<String> = self.0.iter().map(Factor::to_string).collect();
        f.write_str(&factors.join(","))
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Factor::Cosine { times: 1.0 } => f.write_str("cosine"),
            Factor::Cosine { times } => write!(f, "cosine:{times}"),
            Factor::OneCycle => f.write_str("one-cycle"),
            Factor::Step { every, gamma } => write!(f, "step:{every}:{gamma}"),
            Factor::MultiStep { at, gamma } => {
                f.write_str("multi-step:")?;
                at.iter().try_for_each(|epoch| write!(f, "{epoch}:"))?;
                write!(f, "{gamma}")
            }
            Factor::Exponential { gamma } => write!(f, "exponential:{gamma}"),
            Factor::Polynomial { power } => write!(f, "polynomial:{power}"),
            Factor::Warmup { epochs } => write!(f, "warmup:{epochs}"),
            Factor::Plateau(Plateau { patience, gamma }) => write!(f, "plateau:{patience}:{gamma}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Factors at the beginnings of these epochs, of 10 with 4 steps each.
    fn at<const N: usize>(text: &str, epochs: [f64; N]) -> [f64; N] {
        let schedule: Schedule = text.parse().unwrap();
        epochs.map(|t| (schedule.factor(t, 10.0, 0.25) * 1e6).round() / 1e6)
    }

    #[test]
    fn schedules_go_as_they_say() {
        assert_eq!(at("constant", [0.0, 9.0]), [1.0, 1.0]);
        assert_eq!(at("cosine", [0.0, 5.0, 10.0 - 1e-9]), [1.0, 0.5, 0.0]);
        assert_eq!(at("cosine:2", [0.0, 2.5, 5.0, 7.5]), [1.0, 0.5, 1.0, 0.5]);
        assert_eq!(at("one-cycle", [0.0, 2.0, 6.0]), [0.1, 1.0, 0.5]);
        assert_eq!(at("step:3", [2.75, 3.0, 6.0]), [1.0, 0.1, 0.01]);
        assert_eq!(at("step:3:0.5", [2.75, 3.0, 6.0]), [1.0, 0.5, 0.25]);
        assert_eq!(at("multi-step:2:7:0.1", [1.75, 2.0, 6.75, 7.0]), [1.0, 0.1, 0.1, 0.01]);
        assert_eq!(at("exponential:0.9", [0.75, 1.0, 2.0]), [1.0, 0.9, 0.81]);
        assert_eq!(at("polynomial", [0.0, 5.0]), [1.0, 0.5]);
        assert_eq!(at("polynomial:2", [0.0, 5.0]), [1.0, 0.25]);
        assert_eq!(at("warmup:1", [0.0, 0.25, 0.75, 3.0]), [0.25, 0.5, 1.0, 1.0]);
        assert_eq!(at("warmup:1,step:3:0.5", [0.0, 2.0, 3.0]), [0.25, 1.0, 0.5]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for text in
            ["constant", "one-cycle", "cosine", "cosine:3", "warmup:0.5,multi-step:2:7:0.1", "plateau:0:0.5,warmup:1"]
        {
            let schedule: Schedule = text.parse().unwrap();
            assert_eq!(schedule.to_string(), text);
        }
        for (text, why) in [
            ("plateaus", "there are"),
            ("plateau,plateau", "one plateau"),
            ("step", "there are"),
            ("step:0", "above 0"),
            ("step:x", "number"),
        ] {
            let error = text.parse::<Schedule>().unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
