//! Batches made ahead of time on threads of their own, so that the device never waits for one. What is made at a step
//! depends on its number alone ([`crate::loader`]), so neither the threads' number nor their luck changes anything.

use crate::Error;
use crate::loader::{Batch, Loader};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, JoinHandle};

/// Items of a range of steps, in order, each made ahead of time; ends after the first error.
///
/// ```
/// use datasets::{Loader, Prefetch, digits8x8};
/// use std::sync::Arc;
/// let loader = Arc::new(Loader::new(Arc::new(digits8x8()?), 42, 64, false, None)?);
/// let steps = 0..loader.steps_per_epoch() * 2;
/// for batch in Prefetch::batches(&loader, steps, 2, 4)? {
///     assert!(batch?.labels.len() <= 64);
/// }
/// # Ok::<(), datasets::Error>(())
/// ```
#[derive(Debug)]
pub struct Prefetch<T> {
    lanes: Vec<Lane<T>>,
    first: u64,
    left: Range<u64>,
}

/// A thread, which makes every so-manieth item, and what it has made.
#[derive(Debug)]
struct Lane<T> {
    made: Receiver<Result<T, Error>>,
    thread: JoinHandle<()>,
}

impl Prefetch<Batch> {
    /// The batches of these steps, on `threads` threads, up to about `ahead` before they are asked for.
    pub fn batches(loader: &Arc<Loader>, steps: Range<u64>, threads: usize, ahead: usize) -> Result<Self, Error> {
        let loader = Arc::clone(loader);
        Prefetch::new(steps, threads, ahead, move |step| loader.batch(step))
    }
}

impl<T: Send + 'static> Prefetch<T> {
    /// Items made by `make` from their step; `threads` and `ahead` are at least 1. Errors where the system gives no
    /// thread.
    pub fn new<F>(steps: Range<u64>, threads: usize, ahead: usize, make: F) -> Result<Prefetch<T>, Error>
    where
        F: Fn(u64) -> Result<T, Error> + Send + Sync + 'static,
    {
        let (threads, make) = (threads.max(1), Arc::new(make));
        let mut prefetch = Prefetch { lanes: Vec::new(), first: steps.start, left: steps.clone() };
        for lane in 0..threads {
            let (sender, made) = sync_channel((ahead / threads).max(1));
            let (make, own) = (Arc::clone(&make), steps.clone().skip(lane).step_by(threads));
            let work = move || {
                for step in own {
                    let item = make(step);
                    let last = item.is_err();
                    // Nobody listens any more, or nobody will.
                    if sender.send(item).is_err() || last {
                        return;
                    }
                }
            };
            let thread = Builder::new().name(format!("prefetch {lane}")).spawn(work);
            let thread = thread.map_err(|cause| Error::Argument(format!("cannot start {threads} threads: {cause}")))?;
            prefetch.lanes.push(Lane { made, thread });
        }
        Ok(prefetch)
    }
}

impl<T> Iterator for Prefetch<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let step = self.left.next()?;
        let lane = ((step - self.first) % self.lanes.len() as u64) as usize;
        match self.lanes[lane].made.recv() {
            Ok(item) => {
                if item.is_err() {
                    self.left = 0..0;
                }
                Some(item)
            }
            // A lane ends early only by an error, which ended the iteration, or by a panic: pass that on.
            Err(_) => {
                self.left = 0..0;
                match self.lanes.swap_remove(lane).thread.join() {
                    Err(panic) => resume_unwind(panic),
                    Ok(()) => unreachable!("a lane stays until its last item is taken"),
                }
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let most = usize::try_from(self.left.end - self.left.start).ok();
        (0, most)
    }
}

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        // All ends are dropped before any thread is joined: a thread that waits to send learns that nobody listens.
        let threads: Vec<JoinHandle<()>> = self.lanes.drain(..).map(|lane| lane.thread).collect();
        for thread in threads {
            // A panic of work that nobody asked for any more is not worth a second one while unwinding.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Augment;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn loader() -> Arc<Loader> {
        let augment = Augment { crop: 1, rotate: 10.0, mixup: 0.5, ..Augment::default() };
        let images = Arc::new(crate::digits8x8().unwrap());
        Arc::new(Loader::new(images, 3, 64, false, Some(augment)).unwrap())
    }

    #[test]
    fn threads_change_nothing() {
        let loader = loader();
        let steps = 20..70; // begins within an epoch, crosses into the next
        let expected: Vec<Batch> = steps.clone().map(|step| loader.batch(step).unwrap()).collect();
        for (threads, ahead) in [(0, 0), (1, 1), (2, 5), (7, 3)] {
            let batches = Prefetch::batches(&loader, steps.clone(), threads, ahead).unwrap();
            let batches: Vec<Batch> = batches.map(|batch| batch.unwrap()).collect();
            assert!(batches == expected, "{threads} threads, {ahead} ahead");
        }
        assert_eq!(Prefetch::batches(&loader, 5..5, 2, 2).unwrap().count(), 0);
    }

    #[test]
    fn an_error_comes_in_its_turn_and_ends_it() {
        for threads in 1..4 {
            let make = |step| if step == 5 { Err(Error::Argument("five".into())) } else { Ok(step) };
            let items: Vec<_> = Prefetch::new(0..100, threads, 8, make).unwrap().collect();
            assert_eq!(items.len(), 6);
            assert!(items[..5].iter().enumerate().all(|(step, item)| matches!(item, Ok(made) if *made == step as u64)));
            assert_eq!(items[5].as_ref().unwrap_err().to_string(), "five");
        }
    }

    #[test]
    fn drop_joins_and_makes_no_more_than_asked_ahead() {
        let made = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&made);
        let mut items = Prefetch::new(0..u64::MAX, 2, 6, move |step| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(step)
        })
        .unwrap();
        assert!(matches!(items.next(), Some(Ok(0))));
        drop(items);
        // Joined: the closure is gone with the threads. One taken, three waiting and one in hand a lane.
        assert_eq!(Arc::strong_count(&made), 1);
        assert!(made.load(Ordering::SeqCst) <= 9);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn a_panic_is_passed_on() {
        let make = |step| if step == 3 { panic!("out of order") } else { Ok(step) };
        Prefetch::new(0..10, 2, 2, make).unwrap().for_each(|item| assert!(item.is_ok()));
    }
}
