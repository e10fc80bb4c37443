//! A bound on what decoding may allocate, found by a walk over the bytes before anything is decoded.
//!
//! A decoder makes a structure of some 200 bytes from an empty message of 2, so a hostile file can cost a hundred
//! times its own size. Counting the parts first, which allocates nothing, keeps that below a fixed bound. Numbers and
//! raw data need no bound of their own: they cost a small multiple of the file.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

use crate::Error;

/// Strings and messages that one file may hold. A network of 100,000 nodes has about a million.
const MAX_PARTS: usize = 4_000_000;
/// Messages within messages; prost's own limit, so that no sound file is refused here that it would take.
const MAX_DEPTH: usize = 100;

/// The messages whose parts are counted; the rest are too small to matter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    Entry,
}

/// What the message in field `tag` of `kind` is, if its parts are counted.
fn inner(kind: Kind, tag: u32) -> Option<Kind> {
    Some(match (kind, tag) {
        (Kind::Model, 7) | (Kind::Attribute, 6 | 11) => Kind::Graph,
        (Kind::Graph, 1) => Kind::Node,
        (Kind::Node, 5) => Kind::Attribute,
        (Kind::Graph, 5) | (Kind::Attribute, 5 | 10) => Kind::Tensor,
        (Kind::Graph, 11 | 12) => Kind::ValueInfo,
        (Kind::ValueInfo, 2) => Kind::Type,
        (Kind::Type, 1) => Kind::TensorType,
        (Kind::TensorType, 2) => Kind::Shape,
        (Kind::Tensor, 13) => Kind::Entry,
        _ => return None,
    })
}

/// Refuses bytes that hold more parts, or deeper ones, than any real model.
///
/// Bytes that are no protobuf pass: the decoder stops at the same place and says why.
pub(super) fn check(bytes: &[u8], kind: Kind) -> Result<(), Error> {
    let mut left = MAX_PARTS;
    walk(bytes, kind, 0, &mut left)
}

fn walk(mut bytes: &[u8], kind: Kind, depth: usize, left: &mut usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::malformed("file", format!("messages are nested deeper than {MAX_DEPTH}")));
    }
    while !bytes.is_empty() {
        let Ok((tag, wire)) = decode_key(&mut bytes) else { return Ok(()) };
        if wire != WireType::LengthDelimited {
            if skip_field(wire, tag, &mut bytes, DecodeContext::default()).is_err() {
                return Ok(());
            }
            continue;
        }
        *left = left.checked_sub(1).ok_or_else(|| {
            let problem = format!("more than {MAX_PARTS} names, attributes and tensors; a network has far fewer");
            Error::malformed("file", problem)
        })?;
        let Ok(len) = decode_varint(&mut bytes) else { return Ok(()) };
        let Some((part, rest)) = usize::try_from(len).ok().and_then(|len| bytes.split_at_checked(len)) else {
            return Ok(());
        };
        if let Some(kind) = inner(kind, tag) {
            walk(part, kind, depth + 1, left)?;
        }
        bytes = rest;
    }
    Ok(())
}
