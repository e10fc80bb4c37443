//! TensorBoard's event file: the numbers of `metrics.jsonl` once more, as records that it draws while a run goes on.
//!
//! A record is a length, a message and a checksum of each (TensorFlow's TFRecord); a message is protobuf
//! (`tensorflow/core/util/event.proto`), of which two fields are enough. The file is made anew from the metrics when a run
//! goes on, so that nothing in it is from behind the checkpoint.

use crate::{Error, Result, files};
use prost::Message;
use serde_json::Value;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The file's name; TensorBoard looks for `tfevents` in it.
pub(crate) const EVENTS: &str = "events.out.tfevents.0.lenslet";

#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Scalar>,
}

#[derive(Clone, PartialEq, Message)]
struct Scalar {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// An event file that is written to.
#[derive(Debug)]
pub(crate) struct Events {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Events {
    /// Begins a folder's file with what is in its metrics.
    pub(crate) fn begin(folder: &Path, metrics: &str) -> Result<Self> {
        let path = folder.join(EVENTS);
        let first = Event { wall_time: now(), step: 0, file_version: Some("brain.Event:2".into()), summary: None };
        let mut bytes = record(&first.encode_to_vec());
        let lines = metrics.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| event(&line)).for_each(|event| bytes.extend(record(&event.encode_to_vec())));
        files::write_atomically(&path, &bytes)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(Error::write(&path))?;
        Ok(Events { file: BufWriter::new(file), path })
    }

    /// Adds the numbers of a line of the metrics.
    pub(crate) fn line(&mut self, line: &Value) -> Result<()> {
        let Some(event) = event(line) else { return Ok(()) };
        self.file.write_all(&record(&event.encode_to_vec())).map_err(Error::write(&self.path))
    }

    /// Lets readers see all of it.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.file.flush().map_err(Error::write(&self.path))
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// `{"step": 3, "train_loss": 0.5}` as step 3 of `loss/train`; `loss` alone is `loss/step`. `None` without a number.
fn event(line: &Value) -> Option<Event> {
    let step = line.get("step")?.as_i64()?;
    let scalar = |(key, value): (&String, &Value)| {
        let tag = match key.split_once('_') {
            Some((set, what)) => format!("{what}/{set}"),
            None if key == "loss" => "loss/step".into(),
            None => return None,
        };
        Some(Scalar { tag, simple_value: Some(value.as_f64()? as f32) })
    };
    let value: Vec<Scalar> = line.as_object()?.iter().filter_map(scalar).collect();
    (!value.is_empty()).then(|| Event { wall_time: now(), step, file_version: None, summary: Some(Summary { value }) })
}

/// Length, its checksum, the data, its checksum; all little-endian.
fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), data, &masked(data).to_le_bytes()].concat()
}

/// TFRecord's checksum: a CRC-32C, turned and shifted, so that data which holds checksums is not checked by its own.
fn masked(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// CRC-32C (Castagnoli), bit by bit: records are tens of bytes.
fn crc32c(data: &[u8]) -> u32 {
    let bit = |crc: u32| if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
    !data.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), |crc, _| bit(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the algorithm's catalogue, and RFC 3720's for 32 zeros.
    #[test]
    fn checksums() {
        assert_eq!(crc32c(b"123456789"), 0xE306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
    }

    #[test]
    fn a_file_can_be_read_record_by_record() {
        let folder = tempfile::tempdir().unwrap();
        let mut events = Events::begin(folder.path(), "{\"step\":1,\"loss\":0.5,\"correct\":3}\n{\"st").unwrap();
        events.line(&serde_json::json!({ "epoch": 1, "step": 2, "train_loss": 0.25, "test_accuracy": 0.0 })).unwrap();
        events.line(&serde_json::json!({ "epoch": 1 })).unwrap();
        events.flush().unwrap();
        let bytes = std::fs::read(folder.path().join(EVENTS)).unwrap();
        let (mut rest, mut read) = (&bytes[..], Vec::new());
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            let data = &rest[12..12 + length];
            assert_eq!(&rest[..12 + length + 4], &record(data)[..]);
            read.push(Event::decode(data).unwrap());
            rest = &rest[16 + length..];
        }
        let told = |event: &Event| {
            let values = event.summary.iter().flat_map(|summary| &summary.value);
            (event.step, values.map(|v| (v.tag.clone(), v.simple_value.unwrap())).collect::<Vec<_>>())
        };
        assert_eq!(read[0].file_version.as_deref(), Some("brain.Event:2"));
        assert_eq!(told(&read[1]), (1, vec![("loss/step".to_string(), 0.5)]));
        let second = vec![("loss/train".to_string(), 0.25), ("accuracy/test".to_string(), 0.0)];
        assert_eq!((told(&read[2]), read.len()), ((2, second), 3));
    }
}
