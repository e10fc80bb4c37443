//! Running graphs: on a device through plan and program, or on the CPU, by one interface.
//!
//! An [`Engine`] says where. A [`Memory`] holds parameters and states there, shared by all graphs that name them. An
//! [`Execution`] is one graph made ready: set inputs, run, get what was asked for.

use crate::graph::{Graph, Source, Value};
use crate::interpret::{self, States};
use crate::plan::{self, Homes, Place, Planned, Request};
use crate::proof::Proofs;
use crate::{Error, Io, Node, Tensor, Type, cpu};
use gpu_core::{Buffer, Candidate, Device, Order, Program, Readback};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where graphs run.
#[derive(Clone, Debug)]
pub enum Engine {
    /// On a device.
    Gpu(Device),
    /// On the CPU in f32, on all cores.
    Cpu,
    /// On the CPU through the reference: slow, and what everything else is checked against.
    Reference,
}

/// Parameters and states, by name, where the engine can reach them. Clones share them.
#[derive(Clone, Debug)]
pub struct Memory {
    engine: Engine,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    seed: u64,
    homes: Homes,
    buffers: BTreeMap<String, Buffer>,
    states: States,
}

impl Memory {
    /// Empty. What graphs name is made when they are compiled, random values from `seed` and the name.
    pub fn new(engine: &Engine, seed: u64) -> Self {
        Memory { engine: engine.clone(), shared: Arc::new(Mutex::new(Shared { seed, ..Shared::default() })) }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Names and types of everything held, sorted by name.
    pub fn list(&self) -> Vec<(String, Type)> {
        let shared = self.lock();
        match &self.engine {
            Engine::Gpu(_) => shared.homes.iter().map(|(name, home)| (name.to_string(), home.ty.clone())).collect(),
            Engine::Cpu | Engine::Reference => shared.states.iter().map(|(name, t)| (name.clone(), t.ty())).collect(),
        }
    }

    /// The value of this name now. Waits for what is under way.
    pub fn get(&self, name: &str) -> Result<Tensor, Error> {
        let shared = self.lock();
        match &self.engine {
            Engine::Gpu(device) => {
                let home = shared.homes.get(name).ok_or_else(|| unknown(name))?;
                let bytes = device.read(&shared.buffers[&home.buffer], home.offset, home.bytes())?;
                Ok(Tensor::unpack(&home.ty, home.layout, &bytes))
            }
            Engine::Cpu | Engine::Reference => shared.states.get(name).cloned().ok_or_else(|| unknown(name)),
        }
    }

    /// Everything held, by name: as [`get`](Self::get) for all, in one transfer a buffer.
    pub fn snapshot(&self) -> Result<BTreeMap<String, Tensor>, Error> {
        let shared = self.lock();
        let Engine::Gpu(device) = &self.engine else { return Ok(shared.states.clone()) };
        let mut bytes = BTreeMap::new();
        for (name, buffer) in &shared.buffers {
            bytes.insert(name.as_str(), device.read(buffer, 0, buffer.bytes())?);
        }
        let tensors = shared.homes.iter().map(|(name, home)| {
            let all = &bytes[home.buffer.as_str()];
            let own = &all[home.offset as usize..(home.offset + home.bytes()) as usize];
            (name.to_string(), Tensor::unpack(&home.ty, home.layout, own))
        });
        Ok(tensors.collect())
    }

    /// Replaces the value of this name.
    pub fn set(&self, name: &str, tensor: &Tensor) -> Result<(), Error> {
        let mut shared = self.lock();
        match &self.engine {
            Engine::Gpu(device) => {
                let home = shared.homes.get(name).ok_or_else(|| unknown(name))?;
                check(name, &home.ty, tensor)?;
                device.write(&shared.buffers[&home.buffer], home.offset, &tensor.pack(home.layout))?;
            }
            Engine::Cpu | Engine::Reference => {
                let held = shared.states.get_mut(name).ok_or_else(|| unknown(name))?;
                check(name, &held.ty(), tensor)?;
                *held = tensor.clone();
            }
        }
        Ok(())
    }
}

fn unknown(name: &str) -> Error {
    Error::Name(format!("no parameter or state is called \"{name}\""))
}

fn check(name: &str, ty: &Type, tensor: &Tensor) -> Result<(), Error> {
    if tensor.ty() == *ty {
        return Ok(());
    }
    Err(Error::Tensor { value: name.to_string(), got: tensor.ty().to_string(), needs: ty.to_string() })
}

/// A graph made ready to run.
#[derive(Debug)]
pub struct Execution {
    graph: Arc<Graph>,
    fetch: Vec<Value>,
    memory: Memory,
    how: How,
}

#[derive(Debug)]
enum How {
    Gpu { program: Box<Program>, planned: Box<Planned>, ring: Readback, pending: usize },
    Cpu { run: Run, inputs: Vec<(Value, Tensor)>, results: std::collections::VecDeque<Vec<Tensor>> },
}

/// Runs a graph once on the CPU: its states are changed, and what is fetched comes back.
type Run = fn(&Graph, &mut States, &[(Value, Tensor)], &[Value]) -> Result<Vec<Tensor>, Error>;

/// Fetches that may be under way at once: deep enough that the host never waits for the step it just submitted.
const FETCHES: usize = 8;

impl Engine {
    /// Opens the device that `asked` names (see [`Device::open`]), or the best one.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn gpu(asked: Option<&str>) -> Result<Self, Error> {
        Ok(Engine::Gpu(Device::open(asked)?))
    }

    /// Makes a graph ready: plans, compiles, and adds to `memory` what it does not hold yet.
    pub fn compile(&self, graph: Arc<Graph>, fetch: &[Value], memory: &Memory) -> Result<Execution, Error> {
        self.compile_in(graph, fetch, memory, None)
    }

    /// As [`compile`](Self::compile), with activations in this order.
    pub fn compile_in(
        &self,
        graph: Arc<Graph>,
        fetch: &[Value],
        memory: &Memory,
        order: Option<Order>,
    ) -> Result<Execution, Error> {
        let mut shared = memory.lock();
        let how = match self {
            Engine::Cpu | Engine::Reference => {
                for value in graph.parameters().into_iter().chain(graph.states()) {
                    let name = graph.name(value);
                    if !shared.states.contains_key(name) {
                        let tensor = initial(&graph, value, shared.seed);
                        shared.states.insert(name.to_string(), tensor);
                    }
                }
                let run = if matches!(self, Engine::Cpu) { cpu::run::run } else { interpret::run };
                How::Cpu { run, inputs: Vec::new(), results: Default::default() }
            }
            Engine::Gpu(device) => {
                let proofs = Proofs::on(device);
                let choose = |node: &Node, io: &Io, candidates: &[Candidate]| proofs.choose(node, io, candidates);
                let request = Request { fetch, caps: device.caps(), order, choose: Some(&choose) };
                let (planned, program) = loop {
                    let planned = plan::plan(&graph, &request, &mut shared.homes)?;
                    shared.make(device, &graph)?;
                    let bound: Vec<(&str, &Buffer)> = shared.buffers.iter().map(|(n, b)| (n.as_str(), b)).collect();
                    let program = Program::compile(device, &planned.plan, &bound);
                    // Software drivers compile at the first dispatch: better here, in parallel, than in the first step.
                    let program = program.and_then(|program| program.warm().map(|()| Box::new(program)));
                    if proofs.settle(device)? {
                        break (planned, program?);
                    }
                };
                let bytes = planned.fetched.iter().map(|place| place.region.bytes).sum();
                let ring = Readback::new(device, FETCHES, bytes)?;
                How::Gpu { program, planned: Box::new(planned), ring, pending: 0 }
            }
        };
        drop(shared);
        Ok(Execution { graph, fetch: fetch.to_vec(), memory: memory.clone(), how })
    }
}

impl Shared {
    /// Makes buffers that homes name and that are not there yet, and fills the new homes.
    fn make(&mut self, device: &Device, graph: &Graph) -> Result<(), Error> {
        let mut fresh = Vec::new();
        for (name, bytes) in self.homes.buffers() {
            if !self.buffers.contains_key(name) {
                self.buffers.insert(name.to_string(), device.buffer(name, bytes)?);
                fresh.push(name.to_string());
            }
        }
        for (name, home) in self.homes.iter().filter(|(_, home)| fresh.contains(&home.buffer)) {
            let value = graph.find(name).expect("new homes are of this graph");
            let tensor = initial(graph, value, self.seed);
            device.write(&self.buffers[&home.buffer], home.offset, &tensor.pack(home.layout))?;
        }
        Ok(())
    }
}

/// The first value of a parameter or state: drawn by seed and name, so that no order matters.
fn initial(graph: &Graph, value: Value, seed: u64) -> Tensor {
    let (Source::Parameter(init) | Source::State(init)) = graph.source(value) else {
        unreachable!("only parameters and states have a first value")
    };
    crate::init::draw(init, graph.ty(value), seed, graph.name(value))
}

impl Execution {
    /// Gives an input. It stays until it is given again.
    pub fn set(&mut self, input: Value, tensor: &Tensor) -> Result<(), Error> {
        check(self.graph.name(input), self.graph.ty(input), tensor)?;
        match &mut self.how {
            How::Gpu { program, planned, .. } => {
                // An input that no launch reads has no place.
                if let Some((_, Place { region, layout })) = planned.inputs.iter().find(|(v, _)| *v == input) {
                    program.upload(*region, &tensor.pack(*layout))?;
                }
            }
            How::Cpu { inputs, .. } => {
                inputs.retain(|(v, _)| *v != input);
                inputs.push((input, tensor.clone()));
            }
        }
        Ok(())
    }

    /// Runs once. The fetched values come out of [`take`](Self::take) or [`wait`](Self::wait), in order.
    pub fn run(&mut self) -> Result<(), Error> {
        self.run_times(1)
    }

    /// Runs several times in as few submissions as may be; the values are fetched once, after the last time.
    pub fn run_times(&mut self, times: u32) -> Result<(), Error> {
        match &mut self.how {
            How::Gpu { program, planned, ring, pending } => {
                let regions: Vec<_> = planned.fetched.iter().map(|place| place.region).collect();
                if regions.is_empty() {
                    program.run(times)?;
                } else {
                    program.run_and_fetch(times, &regions, ring)?;
                    *pending += 1;
                }
            }
            How::Cpu { run, inputs, results } => {
                let mut shared = self.memory.lock();
                for _ in 1..times {
                    run(&self.graph, &mut shared.states, inputs, &[])?;
                }
                results.push_back(run(&self.graph, &mut shared.states, inputs, &self.fetch)?);
            }
        }
        Ok(())
    }

    /// The oldest result that was not taken yet, if it is there. Never waits.
    pub fn take(&mut self) -> Result<Option<Vec<Tensor>>, Error> {
        match &mut self.how {
            How::Cpu { results, .. } => Ok(results.pop_front()),
            How::Gpu { planned, ring, pending, .. } => Ok(match ring.poll()? {
                Some((_, bytes)) => {
                    *pending -= 1;
                    Some(unpack(&self.graph, &self.fetch, planned, &bytes))
                }
                None => None,
            }),
        }
    }

    /// The oldest result that was not taken yet, waiting for it; `None` when nothing was run.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn wait(&mut self) -> Result<Option<Vec<Tensor>>, Error> {
        match &mut self.how {
            How::Cpu { results, .. } => Ok(results.pop_front()),
            How::Gpu { planned, ring, pending, .. } => Ok(match ring.wait_oldest()? {
                Some((_, bytes)) => {
                    *pending -= 1;
                    Some(unpack(&self.graph, &self.fetch, planned, &bytes))
                }
                None => None,
            }),
        }
    }

    /// What became of the graph on a device; `None` on the CPU.
    pub fn planned(&self) -> Option<&Planned> {
        match &self.how {
            How::Gpu { planned, .. } => Some(planned),
            How::Cpu { .. } => None,
        }
    }

    /// The program on a device; `None` on the CPU.
    pub fn program(&self) -> Option<&Program> {
        match &self.how {
            How::Gpu { program, .. } => Some(program),
            How::Cpu { .. } => None,
        }
    }
}

fn unpack(graph: &Graph, fetch: &[Value], planned: &Planned, bytes: &[u8]) -> Vec<Tensor> {
    let mut at = 0;
    let places = fetch.iter().zip(&planned.fetched);
    places
        .map(|(&value, place)| {
            let own = &bytes[at..at + place.region.bytes as usize];
            at += own.len();
            Tensor::unpack(graph.ty(value), place.layout, own)
        })
        .collect()
}
