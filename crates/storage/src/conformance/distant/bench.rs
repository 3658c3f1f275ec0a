use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::behaviour::Behaviour;
use super::cluster::Cluster;
use super::fault::Fault;
use crate::conformance::{Abilities, Bench, Place};
use crate::{Engine, Retention};

/// A bench of clusters that behave alike.
#[derive(Debug, Clone)]
pub struct DistantBench {
    behaviour: Behaviour,
    fault: Option<Fault>,
}

impl DistantBench {
    /// A bench of clusters that behave so.
    pub fn new(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            fault: None,
        }
    }

    /// A bench of clusters with a fault.
    pub fn with_fault(behaviour: Behaviour, fault: Fault) -> Self {
        Self {
            behaviour,
            fault: Some(fault),
        }
    }
}

impl Bench for DistantBench {
    fn abilities(&self) -> Abilities {
        Abilities {
            survives_close: true,
            survives_crash: true,
            forgets: true,
            resumes: true,
            steady: self.behaviour.is_steady(),
        }
    }

    fn place(&self) -> Box<dyn Place> {
        let cluster = Cluster::with(self.behaviour.clone(), Retention::default(), self.fault);
        Box::new(DistantPlace {
            cluster,
            opened: Mutex::new(0),
        })
    }
}

/// One cluster, which outlives its nodes.
struct DistantPlace {
    cluster: Cluster,
    opened: Mutex<u64>,
}

impl Place for DistantPlace {
    fn open(&self, retention: Retention) -> BoxFuture<'_, Arc<dyn Engine>> {
        async move {
            self.cluster.set_retention(retention);
            let number = {
                let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
                *opened += 1;
                *opened
            };
            let engine = self.cluster.connect(&format!("node-{number}"));
            Arc::new(engine.unwrap()) as Arc<dyn Engine>
        }
        .boxed()
    }

    fn forget(&self) -> BoxFuture<'_, ()> {
        async { self.cluster.compact() }.boxed()
    }
}
