//! What a verdict is about: an op and the texts that compute it. FNV-1a of 128 bits: the same in every build.

use graph::Error;
use graph::gpu_core::{Candidate, Launch, Texts, shaders::Knobs};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Names an op together with the texts of a candidate's launches.
pub(crate) type Key = u128;

/// FNV-1a over bytes, continued.
pub(crate) fn fnv(hash: u128, bytes: &[u8]) -> u128 {
    bytes
        .iter()
        .fold(hash, |hash, &byte| (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b))
}

/// Where FNV-1a starts.
pub(crate) const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;

/// Makes keys; each text is composed once.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    texts: Texts,
    composed: Mutex<HashMap<(&'static str, Knobs), u128>>,
}

impl Keys {
    pub(crate) fn new(texts: Texts) -> Self {
        Keys { texts, composed: Mutex::default() }
    }

    fn text(&self, launch: &Launch) -> Result<u128, Error> {
        let place = (launch.shader.name, launch.knobs.clone());
        let mut composed = self.composed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&hash) = composed.get(&place) {
            return Ok(hash);
        }
        let hash = fnv(START, self.texts.compose(launch)?.text.as_bytes());
        composed.insert(place, hash);
        Ok(hash)
    }

    /// The key of a candidate for this op.
    pub(crate) fn key(&self, op: &str, candidate: &Candidate) -> Result<Key, Error> {
        let mut key = fnv(START, op.as_bytes());
        for launch in &candidate.launches {
            key = fnv(key, &self.text(launch)?.to_le_bytes());
        }
        Ok(key)
    }
}
