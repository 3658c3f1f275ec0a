//! The suite on its own engine: calm, far away, and under storms.

use keyfront_storage::conformance::distant::{Behaviour, DistantBench};

mod calm {
    use super::*;

    keyfront_storage::conformance_tests!(DistantBench::new(Behaviour::calm(1)));
}

mod far {
    use super::*;

    keyfront_storage::conformance_tests!(DistantBench::new(Behaviour::far(2)));
}

mod storm_one {
    use super::*;

    keyfront_storage::conformance_tests!(DistantBench::new(Behaviour::stormy(1)));
}

mod storm_two {
    use super::*;

    keyfront_storage::conformance_tests!(DistantBench::new(Behaviour::stormy(0x5eed)));
}

/// Followers that can be sent few commits, one at a time, and most proposals of unknown outcome.
mod storm_with_short_memory {
    use super::*;

    fn behaviour() -> Behaviour {
        Behaviour {
            revision_gap: 100,
            unknown: 0.5,
            followable_commits: 20,
            queue: 1,
            ..Behaviour::stormy(3)
        }
    }

    keyfront_storage::conformance_tests!(DistantBench::new(behaviour()));
}
