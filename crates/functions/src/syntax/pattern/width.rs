//! How long a match of a part of a pattern is: what is looked behind for has to have a fixed length.

/// The length of each match of a part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Fixed(u32),
    Variable,
}

impl Width {
    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(two)) => Self::Fixed(one.saturating_add(two)),
            _ => Self::Variable,
        }
    }

    fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(two)) => Self::Fixed(one.saturating_mul(two)),
            _ => Self::Variable,
        }
    }
}

/// The alternatives of a group.
#[derive(Debug)]
pub(super) struct Branches {
    /// The alternatives before this one: whether all are fixed, and their length if they have one.
    all_fixed: bool,
    common: Option<Width>,
    /// This one without its last item, and that item.
    current: Width,
    last: Width,
}

impl Default for Branches {
    fn default() -> Self {
        Self {
            all_fixed: true,
            common: None,
            current: Width::Fixed(0),
            last: Width::Fixed(0),
        }
    }
}

impl Branches {
    /// Adds an item.
    pub(super) fn push(&mut self, width: Width) {
        self.current = self.current.plus(self.last);
        self.last = width;
    }

    /// Repeats the last item.
    pub(super) fn repeat(&mut self, times: Width) {
        self.last = self.last.times(times);
    }

    /// Begins the next alternative.
    pub(super) fn next(&mut self) {
        let width = self.current.plus(self.last);
        self.all_fixed &= width != Width::Variable;
        self.common = Some(match self.common {
            Some(common) if common != width => Width::Variable,
            _ => width,
        });
        (self.current, self.last) = (Width::Fixed(0), Width::Fixed(0));
    }

    /// The length of the group.
    pub(super) fn of_group(mut self) -> Width {
        self.next();
        self.common.unwrap_or(Width::Variable)
    }

    /// Whether each alternative has a fixed length.
    pub(super) fn each_is_fixed(mut self) -> bool {
        self.next();
        self.all_fixed
    }
}
