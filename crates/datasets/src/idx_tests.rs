//! IDX files, good and bad: every message names the file and both numbers.

use super::*;
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use std::io::Write;

fn idx(dims: &[u32], content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
    bytes.extend(content);
    bytes
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn refused(images: &[u8], labels: &[u8]) -> String {
    parse_pair(("i", images), ("l", labels)).expect_err("must be refused").to_string()
}

#[test]
fn plain_and_packed_agree() {
    let (images, labels) = (idx(&[2, 1, 3], &[1, 2, 3, 4, 5, 6]), idx(&[2], &[0, 4]));
    let plain = parse_pair(("i", &images), ("l", &labels)).unwrap();
    assert_eq!((plain.image(1), plain.shape(), plain.classes.len()), ([4, 5, 6].as_slice(), [1, 1, 3], 5));
    assert_eq!(parse_pair(("i", &gz(&images)), ("l", &gz(&labels))).unwrap(), plain);
}

#[test]
fn messages() {
    let (images, labels) = (idx(&[2, 1, 2], &[1, 2, 3, 4]), idx(&[2], &[0, 1]));
    let cases: [(&[u8], &[u8], &str); 12] = [
        (&labels, &labels, "i: starts with 00000801, but IDX images start with 00000803 (this is a file of labels)"),
        (&images, &images, "l: starts with 00000803, but IDX labels start with 00000801 (this is a file of images)"),
        (&[0, 0, 13, 3, 0], &labels, "i: starts with 00000d03, but IDX images start with 00000803 (its elements are"),
        (b"PNG!", &labels, "i: starts with 504e4721"),
        (&[], &labels, "i: ends after 0 bytes, within the header of 16 bytes"),
        (&images[..15], &labels, "i: ends after 15 bytes, within the header of 16 bytes"),
        (
            &images[..19],
            &labels,
            "i: its header announces images [2, 1, 2], 4 bytes, but 3 bytes follow: it is cut off",
        ),
        (&[&images[..], &[9]].concat(), &labels, "[2, 1, 2], 4 bytes, but more follow"),
        (&images, &idx(&[1], &[0]), "i: 2 images, but 1 labels in l; the files do not belong together"),
        (&idx(&[0, 1, 2], &[]), &labels, "images [0, 1, 2], which is nothing"),
        (&gz(&images[..19]), &labels, "i: its header announces images [2, 1, 2], 4 bytes, but 3 bytes follow"),
        (&gz(&images)[..25], &labels, "i: cannot be unpacked: "),
    ];
    for (images, labels, expected) in cases {
        let message = refused(images, labels);
        assert!(message.contains(expected), "{message}\nlacks\n{expected}");
    }
}

#[test]
fn a_huge_claim_allocates_nothing() {
    let labels = idx(&[1], &[0]);
    for dims in [[u32::MAX; 3], [60_000, 28, 28], [1 << 20, 1 << 10, 4]] {
        assert!(refused(&idx(&dims, &[1]), &labels).contains(&format!("{dims:?}")));
        assert!(refused(&gz(&idx(&dims, &[1])), &labels).contains(&format!("{dims:?}")));
    }
    // A bomb: little on disk, much inside. Unpacking stops where the header's claim ends.
    let bomb = gz(&idx(&[1, 2, 2], &vec![0; 1 << 22]));
    assert!(bomb.len() < 1 << 13);
    assert!(refused(&bomb, &labels).contains("but more follow"));
}

#[test]
fn folders() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    let message = || read_dir(dir.path()).expect_err("must be refused").to_string();
    assert!(message().contains("found nothing; needed are train-images-idx3-ubyte"));
    write("train-images-idx3-ubyte.gz", &gz(&idx(&[2, 1, 1], &[7, 8])));
    assert!(message().contains("train-images-idx3-ubyte.gz has no train-labels-idx1-ubyte[.gz] beside it"));
    write("train-labels-idx1-ubyte", &idx(&[2], &[0, 1]));
    assert!(matches!(read_dir(dir.path()), Ok((train, None)) if train.len() == 2));
    write("t10k-images.idx3-ubyte", &idx(&[1, 1, 1], &[9]));
    write("t10k-labels-idx1-ubyte.gz", &gz(&idx(&[1], &[4])));
    let (train, test) = read_dir(dir.path()).unwrap();
    assert_eq!((train.classes.len(), test.unwrap().classes.len()), (5, 5));
    for name in ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"] {
        std::fs::rename(dir.path().join(name), dir.path().join(format!("letters-{name}"))).unwrap();
    }
    assert!(matches!(read_dir(dir.path()), Ok((train, Some(_))) if train.len() == 2));
    write("t10k-images.idx3-ubyte", &idx(&[1, 1, 2], &[9, 9]));
    assert!(message().contains("training images are [1, 1, 1], test images [1, 1, 2]"));
    assert!(matches!(read_dir(&dir.path().join("absent")), Err(Error::Read { .. })));
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        dims in prop::collection::vec(prop_oneof![0u32..9, any::<u32>()], 0..5),
        content in prop::collection::vec(any::<u8>(), 0..64),
        raw in prop::collection::vec(any::<u8>(), 0..64),
        packed: bool,
        cut in 0usize..64,
    ) {
        let bytes = idx(&dims, &content);
        let bytes = if packed { gz(&bytes) } else { bytes };
        let bytes = &bytes[..bytes.len().saturating_sub(cut)];
        let raw_gz = [&GZIP_MAGIC, &raw[..]].concat();
        for images in [bytes, &raw, &raw_gz] {
            for labels in [bytes, &raw, &idx(&[1], &[3])] {
                if let Ok(images) = parse_pair(("i", images), ("l", labels)) {
                    prop_assert_eq!(images.pixels.len(), images.count * images.image_bytes());
                }
            }
        }
    }
}
