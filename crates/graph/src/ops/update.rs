//! The optimiser's update of all parameters, one node.
//!
//! Inputs: step, schedule, then for each parameter: the parameters, the gradients, what is kept of each (all first
//! moments, then all second ones, sums of gradients, averages); with `clock` the clock, of which the step is a copy.
//! Outputs: new parameters, then what is kept, each in its place; with `clock` the clock, one on. The plan gives each of
//! these an arena, so that one launch does it (see `plan/arenas.rs`).

use crate::graph::{Graph, Init, Value};
use crate::{Error, Io, Layouts, Misfit, Negotiation, Operation, Tensor, Type, Wide, cpu, misfit};
use gpu_core::kernels::update::{Clip, Group, Rule};
use gpu_core::{Candidate, Caps, Layout};

/// How a model learns: a rule and the weight decay of its parameters. Defaults are PyTorch's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimiser {
    /// How a parameter moves.
    pub rule: Rule,
    /// Pull of each weight towards zero.
    pub weight_decay: f32,
    /// What is done to gradients before.
    pub clip: Option<Clip>,
    /// Steps that make one update, by the mean of their gradients; at least 1. The schedule counts updates.
    pub accumulate: u32,
    /// Decay of a moving average of each parameter, kept beside it as the state `NAME.average`.
    pub average: Option<f32>,
}

impl From<Rule> for Optimiser {
    /// An update each step, without weight decay, clipping and averages.
    fn from(rule: Rule) -> Self {
        Optimiser { rule, weight_decay: 0.0, clip: None, accumulate: 1, average: None }
    }
}

impl Optimiser {
    /// Stochastic gradient descent.
    pub fn sgd(momentum: f32) -> Self {
        Rule::Sgd { momentum, dampening: 0.0, nesterov: false }.into()
    }

    /// Adam with β = (0.9, 0.999) and ε = 1e-8.
    pub fn adam() -> Self {
        Rule::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, decoupled: false, amsgrad: false }.into()
    }

    /// Adam that divides by the largest second moment so far.
    pub fn amsgrad() -> Self {
        Rule::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, decoupled: false, amsgrad: true }.into()
    }

    /// AdamW: Adam with a weight decay of 0.01 apart from the gradient.
    pub fn adamw() -> Self {
        let rule = Rule::Adam { beta1: 0.9, beta2: 0.999, eps: 1e-8, decoupled: true, amsgrad: false };
        Optimiser { weight_decay: 0.01, ..rule.into() }
    }

    /// LAMB with β = (0.9, 0.999) and ε = 1e-6.
    pub fn lamb() -> Self {
        Rule::Lamb { beta1: 0.9, beta2: 0.999, eps: 1e-6 }.into()
    }

    /// Lion with β = (0.9, 0.99).
    pub fn lion() -> Self {
        Rule::Lion { beta1: 0.9, beta2: 0.99 }.into()
    }

    /// RMSprop with α = 0.99 and ε = 1e-8.
    pub fn rmsprop(momentum: f32) -> Self {
        Rule::RmsProp { alpha: 0.99, eps: 1e-8, momentum, centered: false }.into()
    }

    /// Adagrad with ε = 1e-10.
    pub fn adagrad() -> Self {
        Rule::Adagrad { lr_decay: 0.0, eps: 1e-10 }.into()
    }

    /// Adadelta with ρ = 0.9 and ε = 1e-6.
    pub fn adadelta() -> Self {
        Rule::Adadelta { rho: 0.9, eps: 1e-6 }.into()
    }

    /// The table that the device reads each step: learning rate and what else depends on the step alone, from
    /// `lr[update]` (the last one stays). `[updates, 4]`.
    pub fn schedule(&self, lr: &[f32]) -> Tensor {
        let betas = match self.rule {
            Rule::Adam { beta1, beta2, .. } | Rule::Lamb { beta1, beta2, .. } => Some([beta1, beta2]),
            _ => None,
        };
        // From the last row on, 1 - β₂^t is 1 in f32.
        let settled = betas.map_or(0, |[_, beta2]| (-18.0 / f64::from(beta2).ln()).ceil() as usize);
        let data = (0..lr.len().max(settled)).flat_map(|step| {
            let corrections =
                betas.map_or([1.0; 2], |betas| betas.map(|beta| (1.0 - f64::from(beta).powi(step as i32 + 1)) as f32));
            [lr[step.min(lr.len() - 1)] * self.decay(step), corrections[0], corrections[1], 0.0]
        });
        let data: Vec<f32> = data.collect();
        Tensor::f32([data.len() / 4, 4], data).expect("four numbers a row")
    }

    /// Adagrad's own factor on the learning rate.
    fn decay(&self, step: usize) -> f32 {
        match self.rule {
            Rule::Adagrad { lr_decay, .. } => (1.0 / (1.0 + step as f64 * f64::from(lr_decay))) as f32,
            _ => 1.0,
        }
    }
}

impl Graph {
    /// Appends the gradient of `loss` by all parameters and their update; moments become states named
    /// `NAME.moment0`, `NAME.moment1`.
    ///
    /// `step` is the number of steps taken so far (from [`Tick`](crate::ops::Tick) or an input), `schedule` the
    /// optimiser's [`schedule`](Optimiser::schedule).
    pub fn minimise(&mut self, loss: Value, optimiser: Optimiser, step: Value, schedule: Value) -> Result<(), Error> {
        let group = Group { lr_scale: 1.0, weight_decay: optimiser.weight_decay };
        self.minimise_in_groups(loss, optimiser, step, schedule, |_| Some(group))
    }

    /// As [`minimise`](Self::minimise), with settings for each parameter by its name; one that has none stays as it is,
    /// and its gradient is not computed. The optimiser's own weight decay does not count.
    pub fn minimise_in_groups(
        &mut self,
        loss: Value,
        optimiser: Optimiser,
        step: Value,
        schedule: Value,
        group: impl Fn(&str) -> Option<Group>,
    ) -> Result<(), Error> {
        let learned = self.parameters().into_iter().filter_map(|v| Some((v, group(self.name(v))?)));
        let (parameters, groups): (Vec<Value>, Vec<Group>) = learned.unzip();
        let Optimiser { rule, clip, accumulate, average, .. } = optimiser;
        let update = Update { rule, clip, accumulate, average, groups, clock: false };
        let gradients = self.gradients(loss, &parameters)?;
        let mut inputs = vec![step, schedule];
        inputs.extend(&parameters);
        inputs.extend(&gradients);
        for kept in update.kept() {
            for &parameter in &parameters {
                let (name, ty) = (format!("{}.{kept}", self.name(parameter)), self.ty(parameter).clone());
                inputs.push(self.state(&name, ty, Init::Fill(0.0))?);
            }
        }
        let outputs = self.push("update", update, &inputs)?;
        let states: Vec<Value> = parameters.iter().chain(&inputs[2 + 2 * parameters.len()..]).copied().collect();
        for (state, value) in states.into_iter().zip(outputs) {
            self.assign(state, value);
        }
        Ok(())
    }
}

/// One step of an optimiser for all parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// How.
    pub rule: Rule,
    /// What is done to gradients before.
    pub clip: Option<Clip>,
    /// Steps of an update.
    pub accumulate: u32,
    /// Decay of the averages.
    pub average: Option<f32>,
    /// Settings of each parameter.
    pub groups: Vec<Group>,
    /// The clock goes on here.
    pub clock: bool,
}

impl Update {
    fn count(&self) -> usize {
        self.groups.len()
    }

    pub(crate) fn parameters<'a, T>(&self, inputs: &'a [T]) -> &'a [T] {
        &inputs[2..2 + self.count()]
    }

    pub(crate) fn gradients<'a, T>(&self, inputs: &'a [T]) -> &'a [T] {
        &inputs[2 + self.count()..2 + 2 * self.count()]
    }

    /// What is kept of each parameter, in order: its moments, the sum of its gradients, its average.
    pub(super) fn kept(&self) -> Vec<String> {
        let mut kept: Vec<String> = (0..self.rule.moments()).map(|k| format!("moment{k}")).collect();
        kept.extend((self.accumulate > 1).then(|| "accumulated".to_string()));
        kept.extend(self.average.map(|_| "average".to_string()));
        kept
    }

    fn clipped(&self, gradients: &[Wide]) -> Vec<Wide> {
        let mut gradients: Vec<Wide> = gradients.iter().map(|g| g.as_standard_layout().into_owned()).collect();
        match self.clip {
            None => {}
            Some(Clip::Value(limit)) => {
                gradients.iter_mut().for_each(|g| cpu_reference::clip_grad_value(flat(g), limit.into()));
            }
            Some(Clip::Norm(limit)) => {
                let mut all: Vec<&mut [f64]> = gradients.iter_mut().map(flat).collect();
                cpu_reference::clip_grad_norm(&mut all, limit.into());
            }
        }
        gradients
    }

    pub(crate) fn clock<'a, T>(&self, inputs: &'a [T]) -> Option<&'a T> {
        inputs.last().filter(|_| self.clock)
    }

    /// What it changes: parameters, then what is kept of them, then the clock.
    pub(crate) fn states<T: Clone>(&self, inputs: &[T]) -> Vec<T> {
        let arenas = self.arenas(inputs).into_iter().flat_map(|(_, members)| members.to_vec());
        arenas.chain(self.clock(inputs).cloned()).collect()
    }

    /// Names of the arenas and what lies in each, in order.
    pub(crate) fn arenas<'a, T>(&self, inputs: &'a [T]) -> Vec<(String, &'a [T])> {
        let mut arenas = vec![("parameters".to_string(), self.parameters(inputs))];
        let members = inputs[2 + 2 * self.count()..].chunks(self.count().max(1));
        arenas.extend(self.kept().into_iter().zip(members));
        arenas
    }
}

impl Operation for Update {
    fn name(&self) -> &'static str {
        "update"
    }

    fn outputs(&self, inputs: &[&Type]) -> Result<Vec<Type>, Misfit> {
        if self.count() == 0 || self.accumulate == 0 {
            misfit!("{} parameters are learned, by {} steps an update; at least 1", self.count(), self.accumulate);
        }
        let wanted = 2 + self.count() * (2 + self.kept().len()) + usize::from(self.clock);
        if inputs.len() != wanted {
            misfit!("{} parameters need {wanted} inputs, got {}", self.count(), inputs.len());
        }
        Ok(self.states(inputs).into_iter().cloned().collect())
    }

    fn layouts(&self, at: &Negotiation<'_>) -> Layouts {
        let whole = |l: &Option<Layout>| Layout { parts: 1, ..l.unwrap_or(Layout::PLAIN) };
        let parameters: Vec<Layout> = self.parameters(at.current).iter().map(whole).collect();
        let mut inputs = vec![Layout::PLAIN; 2];
        inputs.extend(&parameters);
        // Gradients may come in parts: the update adds them up.
        inputs.extend(self.gradients(at.current).iter().zip(&parameters).map(|(dw, &w)| match dw {
            Some(dw) if dw.order == w.order => *dw,
            _ => w,
        }));
        let mut outputs = parameters.repeat(1 + self.kept().len());
        inputs.extend(parameters.repeat(self.kept().len()));
        let clock = self.clock.then_some(Layout::PLAIN);
        inputs.extend(clock);
        outputs.extend(clock);
        Layouts { inputs, outputs }
    }

    fn lower(&self, _io: &Io, _caps: &Caps) -> Result<Vec<Candidate>, Misfit> {
        unreachable!("the plan lowers the update itself, since it works on arenas")
    }

    fn reference(&self, inputs: &[&Wide]) -> Vec<Wide> {
        let (step, every) = (*inputs[0].first().expect("one step") as usize, self.accumulate as usize);
        let t = step / every;
        let last = inputs[1].shape()[0] - 1;
        let scheduled = inputs[1][[t.min(last), 0]];
        let mut states: Vec<Vec<Wide>> = self
            .arenas(inputs)
            .iter()
            .map(|(_, members)| members.iter().map(|m| m.as_standard_layout().into_owned()).collect())
            .collect();
        let mut gradients: Vec<Wide> = self.gradients(inputs).iter().map(|g| (*g).clone()).collect();
        let (parameters, kept) = states.split_first_mut().expect("parameters come first");
        let (moments, kept) = kept.split_at_mut(self.rule.moments());
        if every > 1 {
            for (sum, gradient) in kept[0].iter_mut().zip(&mut gradients) {
                *sum = if step.is_multiple_of(every) { gradient.clone() } else { &*sum + &*gradient };
                *gradient = &*sum / every as f64;
            }
        }
        if step % every == every - 1 {
            let gradients = self.clipped(&gradients);
            for (i, group) in self.groups.iter().enumerate() {
                let lr = scheduled * f64::from(group.lr_scale);
                let mut moments: Vec<&mut Wide> = moments.iter_mut().map(|arena| &mut arena[i]).collect();
                apply(self.rule, group, lr, t as u64 + 1, &mut parameters[i], &gradients[i], &mut moments);
            }
        }
        if let (Some(decay), Some(averages)) = (self.average, kept.last_mut()) {
            averages.iter_mut().zip(&*parameters).for_each(|(a, w)| average(decay, every, step, a, w));
        }
        states.push(self.clock(inputs).into_iter().map(|&clock| clock + 1.0).collect());
        states.concat()
    }

    fn compute(&self, inputs: &[&Tensor]) -> Option<Vec<Tensor>> {
        cpu::update::update(self, inputs)
    }

    fn in_place(&self) -> Vec<(usize, usize)> {
        let (n, k) = (self.count(), self.kept().len());
        // Gradients stand between the parameters and the rest.
        (0..n).map(|i| (i, 2 + i)).chain((n..n + n * k + usize::from(self.clock)).map(|j| (j, 2 + n + j))).collect()
    }

    fn describe(&self) -> String {
        let mut text = format!("{:?}", self.rule);
        if self.accumulate > 1 {
            text += &format!(" every {} steps", self.accumulate);
        }
        if let Some(decay) = self.average {
            text += &format!(" average {decay}");
        }
        text
    }
}

/// What becomes of an average at this step, of `every` steps an update.
pub(super) fn average(decay: f32, every: usize, step: usize, a: &mut Wide, w: &Wide) {
    if step < every {
        a.assign(w);
    } else if step % every == every - 1 {
        *a = &*a + &((w - &*a) * (1.0 - f64::from(decay)));
    }
}

fn flat(array: &mut Wide) -> &mut [f64] {
    array.as_slice_mut().expect("in standard layout")
}

/// One parameter's step through the reference. `t` counts from 1. Adagrad's decay is in `lr` already.
fn apply(rule: Rule, group: &Group, lr: f64, t: u64, w: &mut Wide, dw: &Wide, moments: &mut [&mut Wide]) {
    let weight_decay = f64::from(group.weight_decay);
    let dw = dw.as_slice().expect("standard layout");
    let wide = f64::from;
    let mut moments: Vec<&mut [f64]> = moments.iter_mut().map(|moment| flat(moment)).collect();
    match (rule, &mut moments[..]) {
        (Rule::Sgd { momentum, dampening, nesterov }, [v]) => {
            let [momentum, dampening] = [momentum, dampening].map(wide);
            // Without momentum PyTorch keeps no velocity; the kernel leaves the gradient there.
            if momentum == 0.0 {
                v.iter_mut().zip(dw).zip(flat(w)).for_each(|((v, g), w)| *v = g + weight_decay * *w);
            }
            let hyper = cpu_reference::Sgd { lr, momentum, dampening, nesterov, weight_decay };
            cpu_reference::sgd(&hyper, t, flat(w), dw, v);
        }
        (Rule::Adam { beta1, beta2, eps, decoupled, amsgrad }, [m, v, most @ ..]) => {
            let betas = [beta1, beta2].map(wide);
            let hyper = cpu_reference::Adam { lr, betas, eps: eps.into(), weight_decay, amsgrad };
            let rule = if decoupled { cpu_reference::adamw } else { cpu_reference::adam };
            let none = &mut [][..];
            rule(&hyper, t, flat(w), dw, m, v, most.first_mut().map_or(none, |most| most));
        }
        (Rule::Lamb { beta1, beta2, eps }, [m, v]) => {
            let betas = [beta1, beta2].map(wide);
            let hyper = cpu_reference::Adam { lr, betas, eps: eps.into(), weight_decay, amsgrad: false };
            cpu_reference::lamb(&hyper, t, flat(w), dw, m, v);
        }
        (Rule::Lion { beta1, beta2 }, [m]) => {
            let hyper = cpu_reference::Lion { lr, betas: [beta1, beta2].map(wide), weight_decay };
            cpu_reference::lion(&hyper, flat(w), dw, m);
        }
        (Rule::RmsProp { alpha, eps, momentum, centered }, [s, v, mean @ ..]) => {
            let [alpha, eps, momentum] = [alpha, eps, momentum].map(wide);
            let none = &mut [][..];
            let hyper = cpu_reference::RmsProp { lr, alpha, eps, momentum, centered, weight_decay };
            cpu_reference::rmsprop(&hyper, flat(w), dw, s, mean.first_mut().map_or(none, |mean| mean), v);
        }
        (Rule::Adagrad { eps, .. }, [s]) => {
            let hyper = cpu_reference::Adagrad { lr, lr_decay: 0.0, eps: eps.into(), weight_decay };
            cpu_reference::adagrad(&hyper, t, flat(w), dw, s);
        }
        (Rule::Adadelta { rho, eps }, [s, u]) => {
            let hyper = cpu_reference::Adadelta { lr, rho: rho.into(), eps: eps.into(), weight_decay };
            cpu_reference::adadelta(&hyper, flat(w), dw, s, u);
        }
        _ => unreachable!("a rule has as many moments as it says"),
    }
}
