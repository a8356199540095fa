//! What all loads of this process may use together: how many run at once, and how many bytes of array responses are held.
//!
//! A load that finds no slot is refused rather than queued, so that a caller can tell a busy server from a slow provider.
//! The same holds for an array response that finds no room: it would hold what it has while it waits for others.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::model::{AppError, ErrorCode};

/// The limits, and what is in use.
#[derive(Debug)]
pub struct LoadLimits {
    max_loads: usize,
    slots: Arc<Semaphore>,
    max_bytes: usize,
    bytes: AtomicUsize,
    stopping: watch::Sender<bool>,
}

/// The permission to run one load, until it is dropped.
#[derive(Debug)]
pub struct LoadSlot {
    limits: Arc<LoadLimits>,
    _permit: OwnedSemaphorePermit,
}

/// The memory that one array response holds, until it is dropped.
pub struct ArrayBuffer {
    limits: Arc<LoadLimits>,
    bytes: usize,
}

impl LoadLimits {
    pub fn new(max_loads: usize, max_bytes: usize) -> Self {
        // More are as good as no limit.
        let max_loads = max_loads.min(Semaphore::MAX_PERMITS);
        let (slots, stopping) = (Arc::new(Semaphore::new(max_loads)), watch::Sender::new(false));
        Self { max_loads, slots, max_bytes, bytes: AtomicUsize::new(0), stopping }
    }

    /// A slot for one more load.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::RateLimited`] when all are taken.
    pub fn slot(self: &Arc<Self>) -> Result<LoadSlot, AppError> {
        let permit = self.slots.clone().try_acquire_owned().map_err(|_| {
            let detail = format!(
                "Tributary is running {} loads, and no more at once. Try again in a few seconds, or raise TRIBUTARY_MAX_LOADS.",
                self.max_loads
            );
            AppError::new(ErrorCode::RateLimited, detail)
        })?;
        Ok(LoadSlot { limits: self.clone(), _permit: permit })
    }

    /// The memory of one more array response.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::RateLimited`] when others use all there is, so that no request to a provider is wasted.
    pub fn array(self: &Arc<Self>) -> Result<ArrayBuffer, AppError> {
        if self.bytes.load(SeqCst) >= self.max_bytes {
            return Err(self.full());
        }
        Ok(ArrayBuffer { limits: self.clone(), bytes: 0 })
    }

    /// How many loads are running.
    pub fn running(&self) -> usize {
        self.max_loads - self.slots.available_permits()
    }

    /// How many bytes array responses hold.
    pub fn bytes(&self) -> usize {
        self.bytes.load(SeqCst)
    }

    /// Ends all loads before their end, since the process stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Completes when the process stops.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.stopping.subscribe();
        async move {
            // Without a sender nobody can stop it.
            if stopping.wait_for(|is_stopping| *is_stopping).await.is_err() {
                std::future::pending().await
            }
        }
    }

    /// Completes when no load is running, and the end of each is recorded.
    pub async fn idle(&self) {
        // The semaphore is never closed.
        let _ = self.slots.acquire_many(u32::try_from(self.max_loads).unwrap_or(u32::MAX)).await;
    }

    fn full(&self) -> AppError {
        let detail = format!(
            "Array responses use all of the {} MB that Tributary holds for them at once. Try again in a few seconds, request JSON lines (Accept: application/x-ndjson), or raise TRIBUTARY_ARRAY_BUFFER_MB.",
            self.max_bytes >> 20
        );
        AppError::new(ErrorCode::RateLimited, detail)
    }
}

impl LoadSlot {
    /// Whether the load ends because the process stops.
    pub fn is_process_stopping(&self) -> bool {
        *self.limits.stopping.borrow()
    }
}

impl ArrayBuffer {
    /// Holds more bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::RateLimited`] when there is no room now, [`ErrorCode::TooLarge`] when there never will be.
    pub fn hold(&mut self, bytes: usize) -> Result<(), AppError> {
        let limits = &self.limits;
        if self.bytes + bytes > limits.max_bytes {
            let detail = format!(
                "These items need more than {} MB as one array, which Tributary doesn't hold. Request JSON lines (Accept: application/x-ndjson), or raise TRIBUTARY_ARRAY_BUFFER_MB.",
                limits.max_bytes >> 20
            );
            return Err(AppError::new(ErrorCode::TooLarge, detail));
        }
        if limits.bytes.fetch_add(bytes, SeqCst) + bytes > limits.max_bytes {
            limits.bytes.fetch_sub(bytes, SeqCst);
            return Err(limits.full());
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for ArrayBuffer {
    fn drop(&mut self) {
        self.limits.bytes.fetch_sub(self.bytes, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_responses_share_their_memory_and_return_it() {
        let limits = Arc::new(LoadLimits::new(1, 100));
        let (mut one, mut other) = (limits.array().unwrap(), limits.array().unwrap());
        one.hold(60).unwrap();
        other.hold(40).unwrap();
        assert_eq!(limits.array().err().unwrap().code, ErrorCode::RateLimited, "all is used");
        assert_eq!(other.hold(1).unwrap_err().code, ErrorCode::RateLimited, "there is room later");
        assert_eq!(other.hold(61).unwrap_err().code, ErrorCode::TooLarge, "there is never room for so much");
        drop(one);
        other.hold(60).unwrap();
        drop(other);
        assert_eq!(limits.bytes(), 0);
    }

    #[tokio::test]
    async fn a_slot_is_free_again_when_it_is_dropped_and_idle_waits_for_all() {
        let limits = Arc::new(LoadLimits::new(2, 0));
        let (one, other) = (limits.slot().unwrap(), limits.slot().unwrap());
        let error = limits.slot().unwrap_err();
        assert_eq!(error.code, ErrorCode::RateLimited);
        assert!(error.detail.contains("running 2 loads"), "{error}");
        drop(one);
        assert_eq!(limits.running(), 1);
        let mut idle = Box::pin(limits.idle());
        assert!(futures::poll!(&mut idle).is_pending());
        drop(other);
        idle.await;
    }
}
