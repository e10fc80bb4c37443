//! Batches by number: which images, changed how, at any step of a run, without those before it. Threads, and a run that
//! resumes, ask for any step and get the same bytes. [`crate::prefetch`] asks ahead of time.

use crate::augment::{Augment, Mix};
use crate::order::{batch_count, permutation};
use crate::{Error, Images};
use std::sync::{Arc, Mutex, PoisonError};

/// One batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Its number, from the first step of epoch 0 on.
    pub step: u64,
    /// The epoch that it belongs to.
    pub epoch: u32,
    /// `[b]`, rows of the set.
    pub rows: Vec<u32>,
    /// `[b, c, h, w]`, changed and mixed.
    pub pixels: Vec<u8>,
    /// `[b]`.
    pub labels: Vec<u32>,
    /// `[b]`: what was mixed in; empty where nothing ever is.
    pub mixes: Vec<Mix>,
    /// `[b]`: the labels of what was mixed in; empty where nothing ever is.
    pub partner_labels: Vec<u32>,
}

/// A set of images in seeded order, cut into batches.
#[derive(Debug)]
pub struct Loader {
    images: Arc<Images>,
    seed: u64,
    batch: usize,
    drop_last: bool,
    /// Epochs are whole multiples of so many batches.
    multiple: u64,
    augment: Option<Augment>,
    /// The orders of the last even and the last odd epoch asked for: a shuffle is dear, and threads at work on
    /// neighbouring batches are at most an epoch apart.
    orders: Mutex<[Option<Order>; 2]>,
}

type Order = (u32, Arc<Vec<u32>>);

impl Loader {
    /// Errors where a batch would be empty, or larger than the set, or a number of `augment` is out of range.
    pub fn new(
        images: Arc<Images>,
        seed: u64,
        batch: usize,
        drop_last: bool,
        augment: Option<Augment>,
    ) -> Result<Loader, Error> {
        if batch == 0 || batch > images.len() {
            let n = images.len();
            return Err(Error::Argument(format!("a batch of {batch} from {n} images; it must be 1 to {n}")));
        }
        augment.iter().try_for_each(Augment::check)?;
        Ok(Loader { images, seed, batch, drop_last, multiple: 1, augment, orders: Mutex::default() })
    }

    /// The same with epochs cut to a multiple of so many batches, where these go together. Errors where an epoch has
    /// fewer.
    pub fn in_multiples_of(self, batches: u64) -> Result<Loader, Error> {
        let all = self.steps_per_epoch();
        if batches == 0 || batches > all {
            return Err(Error::Argument(format!("multiples of {batches} batches; it must be 1 to {all}, an epoch's")));
        }
        Ok(Loader { multiple: batches, ..self })
    }

    /// Batches an epoch.
    pub fn steps_per_epoch(&self) -> u64 {
        batch_count(self.images.len(), self.batch, self.drop_last) as u64 / self.multiple * self.multiple
    }

    /// The batch of a step, counted from 0 over all epochs.
    pub fn batch(&self, step: u64) -> Result<Batch, Error> {
        let epoch = u32::try_from(step / self.steps_per_epoch())
            .map_err(|_| Error::Argument(format!("step {step} lies beyond epoch {}", u32::MAX)))?;
        let order = self.order(epoch);
        let start = (step % self.steps_per_epoch()) as usize * self.batch;
        let rows = order[start..order.len().min(start + self.batch)].to_vec();
        let size = self.images.image_bytes();
        let mut batch = Batch {
            step,
            epoch,
            pixels: vec![0; rows.len() * size],
            labels: rows.iter().map(|&row| self.images.labels[row as usize]).collect(),
            rows,
            mixes: Vec::new(),
            partner_labels: Vec::new(),
        };
        let mut partner = vec![0; size];
        for (&row, image) in batch.rows.iter().zip(batch.pixels.chunks_exact_mut(size)) {
            self.changed(epoch, row, image);
            let mix = self.augment.as_ref().and_then(|augment| {
                augment.mix(self.seed, epoch, row, self.images.len() as u32) // checked by Images
            });
            if let Some(mix) = mix {
                self.changed(epoch, mix.partner, &mut partner);
                mix.blend(image, &partner);
                batch.partner_labels.push(self.images.labels[mix.partner as usize]);
                batch.mixes.push(mix);
            }
        }
        Ok(batch)
    }

    fn changed(&self, epoch: u32, row: u32, image: &mut [u8]) {
        let (source, shape) = (self.images.image(row as usize), self.images.shape());
        match &self.augment {
            Some(augment) => augment.draw(self.seed, epoch, row, shape).apply(source, shape, image),
            None => image.copy_from_slice(source),
        }
    }

    fn order(&self, epoch: u32) -> Arc<Vec<u32>> {
        // A poisoned lock guards nothing half-written: an order is stored whole.
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut orders[epoch as usize % 2] {
            Some((known, order)) if *known == epoch => Arc::clone(order),
            place => {
                let order = Arc::new(permutation(self.seed, epoch, self.images.len()));
                *place = Some((epoch, Arc::clone(&order)));
                order
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn loader(drop_last: bool, augment: Option<Augment>) -> Loader {
        let images = Arc::new(crate::digits8x8().unwrap());
        Loader::new(images, 11, 100, drop_last, augment).unwrap()
    }

    #[test]
    fn an_epoch_sees_every_image_once() {
        let loader = loader(false, None);
        assert_eq!(loader.steps_per_epoch(), 18);
        for epoch in 0..2 {
            let batches: Vec<Batch> = (0..18).map(|step| loader.batch(epoch * 18 + step).unwrap()).collect();
            assert!(batches.iter().all(|batch| u64::from(batch.epoch) == epoch));
            assert_eq!(batches[17].rows.len(), 97);
            let rows = batches.iter().flat_map(|batch| batch.rows.clone()).collect::<Vec<_>>();
            assert_eq!(rows, permutation(11, epoch as u32, 1797));
            assert_eq!(batches[3].pixels, loader.images.select(&batches[3].rows).pixels);
            assert_eq!(batches[3].labels, loader.images.select(&batches[3].rows).labels);
        }
        let whole = self::loader(true, None);
        assert_eq!((whole.steps_per_epoch(), whole.batch(17).unwrap().epoch), (17, 1));
        let fours = whole.in_multiples_of(4).unwrap();
        assert_eq!((fours.steps_per_epoch(), fours.batch(16).unwrap().epoch), (16, 1));
        assert!(fours.in_multiples_of(17).is_err());
    }

    #[test]
    fn mixing() {
        let augment = Augment { mixup: 1.0, ..Augment::default() };
        let loader = loader(false, Some(augment));
        let batch = loader.batch(20).unwrap();
        assert_eq!((batch.mixes.len(), batch.partner_labels.len()), (100, 100));
        for (i, mix) in batch.mixes.iter().enumerate() {
            let mut expected = loader.images.image(batch.rows[i] as usize).to_vec();
            mix.blend(&mut expected, loader.images.image(mix.partner as usize));
            assert_eq!(batch.pixels[i * 64..][..64], expected);
            assert_eq!(batch.partner_labels[i], loader.images.labels[mix.partner as usize]);
        }
        assert_eq!(batch, loader.batch(20).unwrap());
    }

    #[test]
    fn bad_batches() {
        let images = Arc::new(crate::digits8x8().unwrap());
        for batch in [0, 1798] {
            let error = Loader::new(Arc::clone(&images), 0, batch, true, None).unwrap_err().to_string();
            assert_eq!(error, format!("a batch of {batch} from 1797 images; it must be 1 to 1797"));
        }
        let augment = Augment { flip: 2.0, ..Augment::default() };
        assert!(Loader::new(Arc::clone(&images), 0, 8, true, Some(augment)).is_err());
        assert!(Loader::new(images, 0, 8, true, None).unwrap().batch(u64::MAX).is_err());
    }
}
