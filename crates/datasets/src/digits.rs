//! The sets of handwritten digits inside the binary, so that the first command needs no download. Where they come from,
//! and under which licence: the NOTICE files in `data/`.

use crate::{Error, Images, idx};

macro_rules! embedded {
    ($path:literal) => {
        ($path, include_bytes!(concat!("../data/", $path)).as_slice())
    };
}

/// A class-balanced part of MNIST: 10,000 images to train on and 2,000 to test, grey, 28×28, white on black.
///
/// ```
/// let (train, test) = datasets::digits()?;
/// assert_eq!((train.len(), test.len(), train.shape()), (10_000, 2_000, [1, 28, 28]));
/// # Ok::<(), datasets::Error>(())
/// ```
pub fn digits() -> Result<(Images, Images), Error> {
    let train = idx::parse_pair(
        embedded!("mnist-embed/train-images-idx3-ubyte.gz"),
        embedded!("mnist-embed/train-labels-idx1-ubyte.gz"),
    )?;
    let test = idx::parse_pair(
        embedded!("mnist-embed/t10k-images-idx3-ubyte.gz"),
        embedded!("mnist-embed/t10k-labels-idx1-ubyte.gz"),
    )?;
    Ok((train, test))
}

/// 1,797 digits of UCI's optical recognition set, grey, 8×8: the smallest real set, for tests and demonstrations.
pub fn digits8x8() -> Result<Images, Error> {
    idx::parse_pair(
        embedded!("digits8x8/digits-images-idx3-ubyte.gz"),
        embedded!("digits8x8/digits-labels-idx1-ubyte.gz"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mnist_part() {
        let (train, test) = digits().unwrap();
        assert_eq!((train.len(), test.len()), (10_000, 2_000));
        assert_eq!((train.class_counts(), test.class_counts()), (vec![1000; 10], vec![200; 10]));
        assert_eq!((train.shape(), train.classes.len()), ([1, 28, 28], 10));
        // The full training set's published values are 0.1307 and 0.3081.
        let [(mean, std)] = train.mean_std()[..] else { panic!("one channel") };
        assert!((mean - 0.1307).abs() < 0.002 && (std - 0.3081).abs() < 0.002, "{mean} {std}");
    }

    #[test]
    fn uci_part() {
        let images = digits8x8().unwrap();
        assert_eq!((images.len(), images.shape()), (1797, [1, 8, 8]));
        assert_eq!(images.class_counts(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }
}
