//! Back-propagation on a network small enough to be worked by hand: every factor of ∂E/∂w, the weights before and
//! after, and the graph with values and gradients on its edges.
//!
//! Values, gradients and updates are the engine's; central differences in 64 bits check them. The network and its
//! text are `backprop/network.rs`; its drawing is `backprop/drawing.rs`.

mod drawing;
mod exact;
mod network;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use lenslet::graph::ops::{Optimiser, UnaryDx};
use lenslet::graph::{Engine, Graph, Memory, Tensor};
use serde_json::json;

use super::desk::{Desk, floats, unusable};
use super::numbers::{bracketed, short, subscript};
use crate::pictures::curves::{Plot, Series, curves};
use exact::{Exact, differences};
use network::{Network, Placed};

/// Back-propagation: the chain rule, factor by factor.
#[derive(Args, Debug)]
pub(crate) struct Backprop {
    /// A small network of your own; without it, the one that textbooks work by hand (--example prints it)
    network: Option<PathBuf>,
    /// Print the example network's text, to start from
    #[arg(long)]
    example: bool,
    /// Whose derivative is told factor by factor: 1 for w₁
    #[arg(long, value_name = "N", default_value_t = 1)]
    weight: usize,
    /// Updates to make; the first is told in full
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: u32,
    #[command(flatten)]
    desk: Desk,
}

/// Each is waited for and kept.
const MOST_ROUNDS: u32 = 100_000;

/// A weight or bias, and what an update makes of it.
struct Row {
    name: String,
    before: f64,
    gradient: f32,
    after: f32,
    /// The same update in 64 bits.
    exact: f64,
}

/// One forward and backward pass, layer by layer.
struct Pass {
    error: f32,
    /// Sums and outputs of each layer.
    z: Vec<Vec<f32>>,
    a: Vec<Vec<f32>>,
    /// ∂E/∂ outputs, ∂ output/∂ sum, ∂E/∂ sums, ∂E/∂ weights, ∂E/∂ biases.
    da: Vec<Vec<f32>>,
    slope: Vec<Vec<f32>>,
    dz: Vec<Vec<f32>>,
    dw: Vec<Vec<f32>>,
    db: Vec<Vec<f32>>,
}

impl Backprop {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if self.example {
            say!("{}", network::EXAMPLE.trim_end());
            return Ok(());
        }
        let network = match &self.network {
            Some(path) => Network::read(path).map_err(|why| unusable(path, why))?,
            None => Network::parse(network::EXAMPLE).map_err(anyhow::Error::msg)?,
        };
        if !(1..=network.weights()).contains(&self.weight) {
            return Err(super::desk::usage(format!(
                "--weight {}: the network's weights are 1 to {}",
                self.weight,
                network.weights()
            )));
        }
        if !(1..=MOST_ROUNDS).contains(&self.rounds) {
            return Err(super::desk::usage(format!("--rounds {}: take 1 to {MOST_ROUNDS}", self.rounds)));
        }
        let engine = self.desk.engine()?;
        let before = pass(&engine, &network)?;
        let largest = differences(&network, &before)?;
        let exact = Exact::of(&network)?;
        let updated = network.updated(&exact);
        let exact_after = Exact::of(&updated)?.error;
        let (after, errors) = train(&engine, &network, self.rounds)?;

        let names = Names(&network);
        forward(&network, &before, &names);
        let factors = self.chain(&network, &before, &names);
        say!("\nAll derivatives and the update w ← w − {} · ∂E/∂w:\n", network.learning_rate);
        say!("  {:<5} {:>8} {:>14} {:>14} {:>24}", "", "before", "∂E/∂w", "after", "after, in 64 bits");
        let mut rows = Vec::new();
        for (l, (layer, new)) in network.layers.iter().zip(&updated.layers).enumerate() {
            let weights = layer.weights.iter().flatten().zip(new.weights.iter().flatten()).enumerate();
            rows.extend(weights.map(|(i, (w, new))| Row {
                name: names.weight(l, i),
                before: *w,
                gradient: before.dw[l][i],
                after: after.w[l][i],
                exact: *new,
            }));
            let biases = layer.bias.iter().zip(&new.bias).enumerate().filter(|_| network.update_biases);
            rows.extend(biases.map(|(i, (b, new))| Row {
                name: names.bias(l, i),
                before: *b,
                gradient: before.db[l][i],
                after: after.b[l][i],
                exact: *new,
            }));
        }
        for Row { name, before, gradient, after, exact } in &rows {
            say!("  {name:<5} {before:>8} {gradient:>14} {after:>14} {exact:>24.9}");
        }
        if !network.update_biases {
            say!("  (the biases stay as they are)");
        }
        say!("\nThe engine's derivatives and central differences in 64 bits are at most {largest:.1e} apart.");
        say!("\n  E before: {:<12} in 64 bits {:.9}", before.error, exact.error);
        say!("  E after:  {:<12} in 64 bits {exact_after:.9}", errors[1]);
        if let Some(last) = errors.last().filter(|_| errors.len() > 2) {
            say!("  E after {} updates: {last}", errors.len() - 1);
        }

        let pictures = self.draw(&network, &before, &names, &errors)?;
        let row = |row: &Row| {
            let Row { name, before, gradient, after, exact } = row;
            json!({ "name": name, "before": before, "gradient": gradient, "after": after, "exact": exact })
        };
        let numbers = json!({
            "lesson": "backprop", "error": before.error, "error_after": errors[1], "errors": errors,
            "exact_error": exact.error, "exact_error_after": exact_after, "outputs": before.a,
            "weights": rows.iter().map(row).collect::<Vec<_>>(), "factors": factors, "difference": largest,
        });
        self.desk.close(numbers, &pictures);
        Ok(())
    }

    fn draw(
        &self,
        network: &Network,
        before: &Pass,
        names: &Names<'_>,
        errors: &[f32],
    ) -> anyhow::Result<Vec<PathBuf>> {
        let mut pictures = vec![self.desk.path("backprop.png"), self.desk.path("backprop.svg")];
        drawing::draw(network, before, names, &pictures)?;
        if errors.len() > 2 {
            let path = self.desk.path("backprop-error.png");
            let points: Vec<_> = errors.iter().enumerate().map(|(i, e)| (i as f64, f64::from(*e))).collect();
            let plot = Plot { title: "The error falls", x: "updates", y: "error E", log_y: true, ..Plot::default() };
            curves(&plot, &[Series { name: "E", points: &points }], &path)?;
            pictures.push(path);
        }
        Ok(pictures)
    }

    /// Tells ∂E/∂w factor by factor and gives the factors with their names.
    fn chain(&self, network: &Network, pass: &Pass, names: &Names<'_>) -> Vec<(String, f32)> {
        let Placed { layer, to, from } = network.place(self.weight - 1);
        let w = format!("w{}", subscript(self.weight));
        let (a, z) = (names.output(layer, to), names.sum(layer, to));
        let last = layer + 1 == network.layers.len();
        say!("\nBackward, ∂E/∂{w} by the chain rule:\n");
        say!("  ∂E/∂{w} = ∂E/∂{a} · ∂{a}/∂{z} · ∂{z}/∂{w}\n");
        let mut factors = Vec::new();
        let mut tell = |name: String, how: String, value: f32| {
            say!("  {name:<12} = {how}{value}");
            factors.push((name, value));
        };
        if last {
            let how = format!("{a} − target = {} − {} = ", pass.a[layer][to], network.targets[to]);
            tell(format!("∂E/∂{a}"), how, pass.da[layer][to]);
        } else {
            for (next, row) in network.layers[layer + 1].weights.iter().enumerate() {
                let (b, s) = (names.output(layer + 1, next), names.sum(layer + 1, next));
                tell(format!("∂E/∂{b}"), String::new(), pass.da[layer + 1][next]);
                tell(format!("∂{b}/∂{s}"), String::new(), pass.slope[layer + 1][next]);
                let v = names.weight(layer + 1, next * row.len() + to);
                tell(format!("∂{s}/∂{a}"), format!("{v} = "), row[to] as f32);
            }
            let terms = network.layers[layer + 1].weights.iter().enumerate();
            let terms: Vec<_> =
                terms.map(|(next, row)| format!("{}·{}", pass.dz[layer + 1][next], signed(row[to]))).collect();
            tell(format!("∂E/∂{a}"), format!("{} = ", terms.join(" + ")), pass.da[layer][to]);
        }
        tell(format!("∂{a}/∂{z}"), slope_text(network, &a), pass.slope[layer][to]);
        let x = if layer == 0 { network.inputs[from] as f32 } else { pass.a[layer - 1][from] };
        tell(format!("∂{z}/∂{w}"), format!("{} = ", names.input(layer, from)), x);
        let product = format!("{} · {} · {x} = ", pass.da[layer][to], pass.slope[layer][to]);
        tell(format!("∂E/∂{w}"), product, pass.dw[layer][to * network.layers[layer].weights[to].len() + from]);
        factors
    }
}

fn slope_text(network: &Network, a: &str) -> String {
    match network.activation {
        super::activation::Activation::Sigmoid => format!("{a}·(1 − {a}) = "),
        super::activation::Activation::Tanh => format!("1 − {a}² = "),
        _ => String::new(),
    }
}

fn forward(network: &Network, pass: &Pass, names: &Names<'_>) {
    say!("Forward:\n");
    for (l, layer) in network.layers.iter().enumerate() {
        for (to, row) in layer.weights.iter().enumerate() {
            let given = |from: usize| if l == 0 { network.inputs[from] as f32 } else { pass.a[l - 1][from] };
            let terms: Vec<_> =
                row.iter().enumerate().map(|(from, w)| format!("{}·{}", signed(*w), bracketed(given(from)))).collect();
            let (sum, bias) = (pass.z[l][to], layer.bias[to]);
            say!("  {} = {} + {} = {sum}", names.sum(l, to), terms.join(" + "), signed(bias));
            let (a, sign) = (names.output(l, to), network.activation.sign());
            say!("  {a} = {sign}({}) = {}", names.sum(l, to), pass.a[l][to]);
        }
    }
    let last = pass.a.last().map_or(&[][..], Vec::as_slice);
    let parts: Vec<_> = last.iter().zip(&network.targets).map(|(a, t)| format!("½({} − {t})²", short(*a))).collect();
    say!("\n  E = {} = {}", parts.join(" + "), pass.error);
}

/// As written, in brackets where it is negative.
fn signed(value: f64) -> String {
    if value < 0.0 { format!("(−{})", -value) } else { value.to_string() }
}

/// What things are called: x for inputs, h for hidden outputs, y for the last; z for sums; w counted through.
struct Names<'a>(&'a Network);

impl Names<'_> {
    fn letter(&self, layer: usize) -> String {
        let count = self.0.layers.len();
        if layer + 1 == count {
            "y".into()
        } else if count == 2 {
            "h".into()
        } else {
            ["h", "g", "f", "e", "d", "c"].get(layer).copied().unwrap_or("a").into()
        }
    }

    fn output(&self, layer: usize, i: usize) -> String {
        format!("{}{}", self.letter(layer), subscript(i + 1))
    }

    fn sum(&self, layer: usize, i: usize) -> String {
        format!("z{}", self.output(layer, i))
    }

    fn input(&self, layer: usize, i: usize) -> String {
        if layer == 0 { format!("x{}", subscript(i + 1)) } else { self.output(layer - 1, i) }
    }

    fn weight(&self, layer: usize, i: usize) -> String {
        let before: usize = self.0.layers[..layer].iter().map(|l| l.weights.iter().map(Vec::len).sum::<usize>()).sum();
        format!("w{}", subscript(before + i + 1))
    }

    fn bias(&self, layer: usize, i: usize) -> String {
        let before: usize = self.0.layers[..layer].iter().map(|l| l.bias.len()).sum();
        format!("b{}", subscript(before + i + 1))
    }
}

/// Forward and backward once on the engine.
fn pass(engine: &Engine, network: &Network) -> anyhow::Result<Pass> {
    let mut graph = Graph::new();
    let built = network.build(&mut graph)?;
    let wrt: Vec<_> = [&built.a, &built.z, &built.w, &built.b].into_iter().flatten().copied().collect();
    let gradients = graph.gradients(built.error, &wrt)?;
    let mut slopes = Vec::new();
    for (i, (a, z)) in built.a.iter().zip(&built.z).enumerate() {
        let ones = Tensor::f32(graph.ty(*z).shape.clone(), vec![1.0; graph.ty(*z).shape.count()])?;
        let ones = graph.constant("one", ones);
        slopes.push(match network.activation.function() {
            // What the op wants is y for these functions.
            Some(function) => graph.push1(&format!("slope{i}"), UnaryDx(function), &[*a, ones])?,
            None => ones,
        });
    }
    let mut fetch = vec![built.error];
    for list in [&built.z, &built.a, &slopes] {
        fetch.extend(list);
    }
    fetch.extend(&gradients);
    let mut execution = engine.compile(Arc::new(graph), &fetch, &Memory::new(engine, 0))?;
    execution.run()?;
    let mut values = floats(execution.wait()?)?.into_iter();
    let error = values.next().and_then(|v| v.first().copied()).unwrap_or(f32::NAN);
    let mut take = || values.by_ref().take(network.layers.len()).collect::<Vec<_>>();
    let (z, a, slope) = (take(), take(), take());
    Ok(Pass { error, z, a, slope, da: take(), dz: take(), dw: take(), db: take() })
}

/// Weights and biases after the first update.
struct Updated {
    w: Vec<Vec<f32>>,
    b: Vec<Vec<f32>>,
}

/// Gradient descent on the engine: the state after the first update, and the error before each update and at the end.
fn train(engine: &Engine, network: &Network, rounds: u32) -> anyhow::Result<(Updated, Vec<f32>)> {
    let mut graph = Graph::new();
    let built = network.build(&mut graph)?;
    let step = graph.constant("step", Tensor::i32([1], vec![0])?);
    let optimiser = Optimiser::sgd(0.0);
    let table = graph.constant("schedule", optimiser.schedule(&[network.learning_rate as f32]));
    graph.minimise(built.error, optimiser, step, table)?;
    let (w, b): (Vec<_>, Vec<_>) =
        [&built.w, &built.b].map(|values| values.iter().map(|v| graph.name(*v).to_owned()).collect::<Vec<_>>()).into();
    let memory = Memory::new(engine, 0);
    let mut execution = engine.compile(Arc::new(graph), &[built.error], &memory)?;
    let mut first = None;
    let mut errors = Vec::new();
    for _ in 0..=rounds {
        execution.run()?;
        errors.push(floats(execution.wait()?)?[0][0]);
        if first.is_none() {
            let get = |name: &String| -> anyhow::Result<Vec<f32>> { Ok(memory.get(name)?.as_f32()?.to_vec()) };
            let w = w.iter().map(get).collect::<anyhow::Result<_>>()?;
            let b = if network.update_biases { b.iter().map(get).collect::<anyhow::Result<_>>()? } else { Vec::new() };
            first = Some(Updated { w, b });
        }
    }
    Ok((first.unwrap_or(Updated { w: Vec::new(), b: Vec::new() }), errors))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hand_worked_numbers_on_the_reference() {
        let network = Network::parse(network::EXAMPLE).unwrap();
        let before = pass(&Engine::Cpu, &network).unwrap();
        let (after, errors) = train(&Engine::Cpu, &network, 1).unwrap();
        let near = |got: f32, want: f64| assert!((f64::from(got) - want).abs() < 1e-7, "{got} for {want}");
        near(before.error, 0.298371109);
        near(before.a[1][0], 0.751365070);
        near(after.w[0][0], 0.149780716);
        near(after.w[1][0], 0.358916480);
        near(after.w[1][3], 0.561370121);
        near(errors[1], 0.291027774);
        assert!(differences(&network, &before).unwrap() < 1e-7);
    }
}
