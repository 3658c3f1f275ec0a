/// A fault that is planted in a [`Cluster`](super::Cluster), to show that the suite finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A condition that a record is absent always holds.
    IgnoresAbsence,
    /// The second half of the changes of a commit is not stored.
    StoresHalf,
    /// A commit of many entries is stored in two steps, and loads see the first.
    TearsLargeCommits,
    /// A text is stored up to its first NUL.
    CutsTextAtNul,
    /// The entries of contents that are deleted stay.
    KeepsDeletedEntries,
    /// What breaks the rules of a proposal is committed.
    TakesMalformed,
    /// A refusal names a revision that never comes.
    StaleAhead,
    /// A load lacks the newest commit, and says that it has it.
    LoadsLate,
    /// The first commit after a load is not sent.
    LosesCommitAfterLoad,
    /// Contents are left out of a load though the reader has others of the same store.
    KeepsWhatDiffers,
    /// A commit waits until all followers received the one before.
    WaitsForFollowers,
    /// Followers are sent some commits twice.
    RepeatsCommits,
    /// Followers are sent some commits in the wrong order.
    SwapsCommits,
    /// A position of another source is followed as if it were of this one.
    FollowsForeignPositions,
    /// A position before what is kept is followed from what is kept.
    NeverForgets,
    /// The history says of every change that its record or entry was absent before.
    ForgetsBefore,
    /// The history of a subject has the commits of others too.
    LeaksHistory,
    /// A commit does not say who its author's user is.
    LosesUser,
    /// Retention removes the newest commit of a subject too.
    RemovesNewest,
    /// Retention has no effect.
    RemovesNothing,
    /// Closing an engine has no effect: followers go on, and commits are accepted.
    IgnoresClose,
    /// The newest commit is lost when an engine ends.
    LosesNewestAtEnd,
    /// Revisions are given again after an engine was opened anew.
    ReusesRevisions,
    /// The revision that is said to be current is that of the commit before the newest.
    CurrentLags,
    /// A node does not count itself among those that live.
    OwnNodeIsDead,
}
