//! `ModelProto` and `GraphProto` to `Model` and `Graph`: names resolve, nothing is made twice, nodes are in order.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet};

use super::attribute::{attribute, value_info};
use super::external::External;
use super::onnx::{GraphProto, ModelProto, NodeProto};
use super::tensor::tensor;
use crate::{Attribute, Error, Graph, Model, Node};

/// ONNX's own operators stand in the domain "", for which files also write its name.
fn domain(name: Option<String>) -> String {
    name.filter(|name| name != "ai.onnx").unwrap_or_default()
}

/// The checked model.
pub(super) fn model(proto: ModelProto, external: &mut External) -> Result<Model, Error> {
    let graph = proto.graph.ok_or_else(|| {
        Error::malformed("model", "the file has no graph: it is empty, cut short, or not an ONNX model")
    })?;
    let ir_version = proto.ir_version.unwrap_or(0);
    let mut opsets = BTreeMap::new();
    for entry in proto.opset_import {
        let (domain, version) = (domain(entry.domain), entry.version.unwrap_or(0));
        if opsets.insert(domain.clone(), version).is_some_and(|other| other != version) {
            return Err(Error::malformed("model", format!("imports two versions of the operator set {domain:?}")));
        }
    }
    if opsets.is_empty() {
        if ir_version >= 3 {
            let problem = format!("imports no operator set, which IR version {ir_version} demands (opset_import)");
            return Err(Error::malformed("model", problem));
        }
        opsets.insert(String::new(), 1); // what files before IR version 3 mean
    }
    let functions = proto.functions.iter().map(|f| format!("{}.{}", f.domain(), f.name())).collect();
    let metadata = proto.metadata_props.into_iter();
    let metadata = metadata.map(|p| (p.key.unwrap_or_default(), p.value.unwrap_or_default())).collect();
    let producer = [proto.producer_name, proto.producer_version].into_iter().flatten().filter(|s| !s.is_empty());
    let producer = producer.collect::<Vec<_>>().join(" ");
    let at = format!("graph {:?}", graph.name());
    let graph = read(graph, &at, external, false)?;
    Ok(Model { ir_version, producer, opsets, graph, functions, metadata })
}

/// A graph that is an attribute (a branch, a loop's body); it may read names of the graph around it.
pub(super) fn inner(proto: GraphProto, at: &str, external: &mut External) -> Result<Graph, Error> {
    read(proto, at, external, true)
}

fn read(proto: GraphProto, at: &str, external: &mut External, is_inner: bool) -> Result<Graph, Error> {
    if let Some(sparse) = proto.sparse_initializer.first() {
        let name = sparse.values.as_ref().map_or("", |values| values.name());
        return Err(Error::unsupported(format!("initializer {name:?}"), "is sparse; store it as a dense tensor"));
    }
    let inputs = proto.input.into_iter().map(|input| value_info(input, "input", at));
    let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
    let outputs = proto.output.into_iter().map(|output| value_info(output, "output", at));
    let outputs = outputs.collect::<Result<Vec<_>, _>>()?;

    let mut given = HashSet::new();
    if let Some(twice) = inputs.iter().find(|input| !given.insert(input.name.clone())) {
        return Err(Error::malformed(at, format!("has two inputs of the name {:?}", twice.name)));
    }
    let mut initializers = BTreeMap::new();
    for mut proto in proto.initializer {
        let name = proto.name.take().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Error::malformed(at, "an initializer has no name"))?;
        let value = tensor(proto, &format!("initializer {name:?}"), external)?;
        given.insert(name.clone());
        if initializers.insert(name.clone(), value).is_some() {
            return Err(Error::malformed(at, format!("has two initializers of the name {name:?}")));
        }
    }
    let nodes = proto.node.into_iter().map(|proto| node(proto, at, external)).collect::<Result<Vec<_>, _>>()?;

    let mut maker = HashMap::new();
    for (i, node) in nodes.iter().enumerate() {
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            if given.contains(name) {
                let problem = format!("its output {name:?} is also an input or initializer of the graph");
                return Err(Error::malformed(node.label(), problem));
            }
            if let Some(other) = maker.insert(name.as_str(), i) {
                let problem = format!("its output {name:?} is also made by {}", nodes[other].label());
                return Err(Error::malformed(node.label(), problem));
            }
        }
    }
    let mut captures = BTreeSet::new();
    let mut edges = Vec::new();
    let mut reads = |name: &str, reader: Option<usize>, what: &dyn Fn() -> String| {
        match maker.get(name) {
            Some(&made_by) => edges.extend(reader.map(|reader| (made_by, reader))),
            None if given.contains(name) => {}
            None if is_inner => _ = captures.insert(name.to_owned()),
            None => {
                let problem =
                    format!("{} {name:?} is no initializer, no input of the graph, and no node makes it", what());
                return Err(Error::malformed(reader.map_or(at.to_owned(), |i| nodes[i].label()), problem));
            }
        }
        Ok(())
    };
    for (i, node) in nodes.iter().enumerate() {
        for (k, name) in node.inputs.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            reads(name, Some(i), &|| format!("input {k}"))?;
        }
        for graph in node.graphs() {
            for name in &graph.captures {
                reads(name, Some(i), &|| "a graph inside it reads a value:".to_owned())?;
            }
        }
    }
    for output in &outputs {
        reads(&output.name, None, &|| "output".to_owned())?;
    }
    let order = order(&nodes, &edges, at)?;
    let mut nodes: Vec<_> = nodes.into_iter().map(Some).collect();
    let nodes = order.into_iter().filter_map(|i| nodes[i].take()).collect();
    Ok(Graph { name: proto.name.unwrap_or_default(), nodes, inputs, outputs, initializers, captures })
}

/// The nodes' indices so that makers precede readers; the file's own order where that is so already.
fn order(nodes: &[Node], edges: &[(usize, usize)], at: &str) -> Result<Vec<usize>, Error> {
    let mut readers = vec![Vec::new(); nodes.len()];
    let mut waits = vec![0usize; nodes.len()];
    for &(made_by, reader) in edges {
        readers[made_by].push(reader);
        waits[reader] += 1;
    }
    let mut ready: BinaryHeap<_> = (0..nodes.len()).filter(|&i| waits[i] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(Reverse(i)) = ready.pop() {
        order.push(i);
        for &reader in &readers[i] {
            waits[reader] -= 1;
            if waits[reader] == 0 {
                ready.push(Reverse(reader));
            }
        }
    }
    if order.len() == nodes.len() {
        return Ok(order);
    }
    Err(Error::malformed(at, format!("the nodes form a cycle: {}", cycle(nodes, edges, &waits))))
}

/// One cycle among the nodes that still wait, in words.
fn cycle(nodes: &[Node], edges: &[(usize, usize)], waits: &[usize]) -> String {
    // Every node that waits has a maker that waits: walking from maker to maker must come round.
    let mut behind = HashMap::new();
    for &(made_by, reader) in edges.iter().filter(|(made_by, reader)| waits[*made_by] > 0 && waits[*reader] > 0) {
        behind.entry(reader).or_insert(made_by);
    }
    let mut path: Vec<usize> = waits.iter().position(|&waits| waits > 0).into_iter().collect();
    let mut seen = HashSet::new();
    while let Some(&i) = path.last().filter(|i| seen.insert(**i)) {
        path.extend(behind.get(&i));
    }
    let start = path.iter().position(|i| Some(i) == path.last()).unwrap_or(0);
    let mut names: Vec<_> = path[start..].iter().rev().take(8).map(|&i| nodes[i].label()).collect();
    if path.len() - start > 8 {
        names.push("…".to_owned());
    }
    names.join(" → ")
}

fn node(proto: NodeProto, at: &str, external: &mut External) -> Result<Node, Error> {
    let mut node = Node {
        name: proto.name.unwrap_or_default(),
        op_type: proto.op_type.unwrap_or_default(),
        domain: domain(proto.domain),
        inputs: proto.input,
        outputs: proto.output,
        attributes: BTreeMap::new(),
    };
    if node.op_type.is_empty() {
        return Err(Error::malformed(at, format!("node {:?} has no operator (op_type)", node.name)));
    }
    let label = node.label();
    for proto in proto.attribute {
        let name = proto.name().to_owned();
        let value: Attribute = attribute(proto, &format!("{label}, attribute {name:?}"), external)?;
        if node.attributes.insert(name.clone(), value).is_some() {
            return Err(Error::malformed(label, format!("has two attributes of the name {name:?}")));
        }
    }
    Ok(node)
}
