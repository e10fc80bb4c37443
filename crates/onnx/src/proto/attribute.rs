//! `AttributeProto` to `Attribute`, and `ValueInfoProto` to `ValueInfo`.

use super::external::External;
use super::onnx::attribute_proto::AttributeType;
use super::onnx::tensor_shape_proto::dimension;
use super::onnx::{AttributeProto, ValueInfoProto, type_proto};
use super::{graph, tensor};
use crate::{Attribute, DataType, Dim, Error, ValueInfo};

/// The attribute's value; `at` is its node and name.
pub(super) fn attribute(proto: AttributeProto, at: &str, external: &mut External) -> Result<Attribute, Error> {
    if !proto.ref_attr_name().is_empty() {
        let problem = format!("refers to the attribute {:?} of a function, outside a function", proto.ref_attr_name());
        return Err(Error::malformed(at, problem));
    }
    let kind = kind(&proto, at)?;
    let missing = || Error::malformed(at, format!("is of type {}, and has no value", kind.as_str_name()));
    Ok(match kind {
        // A writer of protobuf 3 leaves out a zero and an empty string.
        AttributeType::Float => Attribute::Float(proto.f.unwrap_or(0.0)),
        AttributeType::Int => Attribute::Int(proto.i.unwrap_or(0)),
        AttributeType::String => Attribute::String(proto.s.unwrap_or_default()),
        AttributeType::Tensor => Attribute::Tensor(tensor::tensor(*proto.t.ok_or_else(missing)?, at, external)?),
        AttributeType::Graph => Attribute::Graph(graph::inner(*proto.g.ok_or_else(missing)?, at, external)?),
        AttributeType::Floats => Attribute::Floats(proto.floats),
        AttributeType::Ints => Attribute::Ints(proto.ints),
        AttributeType::Strings => Attribute::Strings(proto.strings),
        AttributeType::Tensors => {
            let tensors = proto.tensors.into_iter().map(|proto| tensor::tensor(proto, at, external));
            Attribute::Tensors(tensors.collect::<Result<_, _>>()?)
        }
        AttributeType::Graphs => {
            let graphs = proto.graphs.into_iter().map(|proto| graph::inner(proto, at, external));
            Attribute::Graphs(graphs.collect::<Result<_, _>>()?)
        }
        AttributeType::SparseTensor
        | AttributeType::SparseTensors
        | AttributeType::TypeProto
        | AttributeType::TypeProtos
        | AttributeType::Undefined => Attribute::Other(kind.as_str_name()),
    })
}

/// The stated type, or the one whose field is filled: files before IR version 2 do not state it.
fn kind(proto: &AttributeProto, at: &str) -> Result<AttributeType, Error> {
    let stated = proto.r#type.unwrap_or(0);
    let stated = AttributeType::try_from(stated)
        .map_err(|_| Error::malformed(at, format!("attribute type {stated} is not one of 0 to 14")))?;
    if stated != AttributeType::Undefined {
        return Ok(stated);
    }
    let filled = [
        (proto.f.is_some(), AttributeType::Float),
        (proto.i.is_some(), AttributeType::Int),
        (proto.s.is_some(), AttributeType::String),
        (proto.t.is_some(), AttributeType::Tensor),
        (proto.g.is_some(), AttributeType::Graph),
        (!proto.floats.is_empty(), AttributeType::Floats),
        (!proto.ints.is_empty(), AttributeType::Ints),
        (!proto.strings.is_empty(), AttributeType::Strings),
        (!proto.tensors.is_empty(), AttributeType::Tensors),
        (!proto.graphs.is_empty(), AttributeType::Graphs),
    ];
    let found = filled.iter().find(|(filled, _)| *filled).map(|(_, kind)| *kind);
    found.ok_or_else(|| Error::malformed(at, "the attribute has neither a type nor a value"))
}

/// An input or output of a graph; `role` is which, for errors.
pub(super) fn value_info(proto: ValueInfoProto, role: &str, at: &str) -> Result<ValueInfo, Error> {
    let name = proto.name.unwrap_or_default();
    if name.is_empty() {
        return Err(Error::malformed(at, format!("an {role} has no name")));
    }
    let not_tensor = |kind: &str| Error::unsupported(format!("{role} {name:?}"), format!("is a {kind}, not a tensor"));
    let tensor = match proto.r#type.and_then(|kind| kind.value) {
        None => return Ok(ValueInfo { name, dtype: DataType::from_onnx(0), dims: None }),
        Some(type_proto::Value::TensorType(tensor)) => tensor,
        Some(type_proto::Value::SequenceType(_)) => return Err(not_tensor("sequence")),
        Some(type_proto::Value::MapType(_)) => return Err(not_tensor("map")),
        Some(type_proto::Value::OpaqueType(_)) => return Err(not_tensor("opaque value")),
        Some(type_proto::Value::SparseTensorType(_)) => return Err(not_tensor("sparse tensor")),
        Some(type_proto::Value::OptionalType(_)) => return Err(not_tensor("optional")),
    };
    let dtype = DataType::from_onnx(tensor.elem_type());
    let dim = |value| match value {
        // Not in ONNX's rules, and widely written for "any".
        Some(dimension::Value::DimValue(-1)) | None => Ok(Dim::Unknown),
        Some(dimension::Value::DimValue(value)) => usize::try_from(value)
            .map(Dim::Value)
            .map_err(|_| Error::malformed(format!("{role} {name:?}"), format!("has the negative dim {value}"))),
        Some(dimension::Value::DimParam(symbol)) if symbol.is_empty() => Ok(Dim::Unknown),
        Some(dimension::Value::DimParam(symbol)) => Ok(Dim::Symbol(symbol)),
    };
    let dims = tensor.shape.map(|shape| shape.dim.into_iter().map(|d| dim(d.value)).collect::<Result<Vec<_>, _>>());
    let dims = dims.transpose()?;
    Ok(ValueInfo { name, dtype, dims })
}
