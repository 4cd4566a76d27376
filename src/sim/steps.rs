//! Timelines: values that hold from one moment to the next.

/// Simulated time in milliseconds since the scenario's zero. History before it has negative times.
pub type Ms = i64;

/// Before everything.
pub const EVER: Ms = i64::MIN / 4;
/// After everything.
pub const NEVER: Ms = i64::MAX / 4;

/// A value over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps<T> {
    first: T,
    then: Vec<(Ms, T)>,
}

impl<T: PartialEq> Steps<T> {
    /// The same at all times.
    pub fn always(value: T) -> Self {
        Self { first: value, then: Vec::new() }
    }

    /// A value worked out at each of some moments at which it may change.
    pub fn of(moments: impl IntoIterator<Item = Ms>, value: impl Fn(Ms) -> T) -> Self {
        let mut moments: Vec<Ms> = moments.into_iter().filter(|at| *at > EVER && *at < NEVER).collect();
        moments.sort_unstable();
        moments.dedup();
        let mut steps = Self::always(value(EVER));
        for at in moments {
            steps.push(at, value(at));
        }
        steps
    }

    /// From `at` on, this value. Moments must not go back; the same moment again replaces what was said of it.
    pub fn push(&mut self, at: Ms, value: T) {
        if self.then.last().is_some_and(|(last, _)| *last >= at) {
            self.then.pop();
        }
        if self.last() != &value {
            self.then.push((at, value));
        }
    }

    /// The value that holds at the end.
    pub fn last(&self) -> &T {
        self.then.last().map_or(&self.first, |(_, value)| value)
    }

    /// The value at a moment.
    pub fn at(&self, at: Ms) -> &T {
        let after = self.then.partition_point(|(from, _)| *from <= at);
        after.checked_sub(1).and_then(|i| self.then.get(i)).map_or(&self.first, |(_, value)| value)
    }

    /// Since when the value at a moment has held.
    pub fn since(&self, at: Ms) -> Ms {
        let after = self.then.partition_point(|(from, _)| *from <= at);
        after.checked_sub(1).and_then(|i| self.then.get(i)).map_or(EVER, |(from, _)| *from)
    }

    /// The moments at which it changes.
    pub fn moments(&self) -> impl Iterator<Item = Ms> {
        self.then.iter().map(|(at, _)| *at)
    }

    /// Each value with the moments from which and until which it holds.
    pub fn spans(&self) -> impl Iterator<Item = (Ms, Ms, &T)> {
        let starts = std::iter::once((EVER, &self.first)).chain(self.then.iter().map(|(at, value)| (*at, value)));
        let ends = self.moments().chain(std::iter::once(NEVER));
        starts.zip(ends).map(|((from, value), until)| (from, until, value))
    }
}

impl<T: PartialEq + Clone> Steps<T> {
    /// Follows another timeline late: a change shows only after it has held for `delay` of its moment and value.
    pub fn settled(raw: &Self, delay: impl Fn(Ms, &T) -> Ms) -> Self {
        let mut out = Self::always(raw.first.clone());
        for (from, until, value) in raw.spans().skip(1) {
            let shows = from + delay(from, value);
            if shows < until && out.last() != value {
                out.push(shows, value.clone());
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_until_the_next() {
        let mut steps = Steps::always(0);
        steps.push(10, 1);
        steps.push(20, 1);
        steps.push(30, 2);
        assert_eq!((*steps.at(9), *steps.at(10), *steps.at(29), *steps.at(30)), (0, 1, 1, 2));
        assert_eq!(steps.moments().collect::<Vec<_>>(), [10, 30]);
        assert_eq!((steps.since(5), steps.since(25)), (EVER, 10));
        assert_eq!(steps.spans().count(), 3);
    }

    #[test]
    fn a_blip_shorter_than_the_delay_does_not_show() {
        let raw = Steps::of([100, 150, 400], |at| (100..150).contains(&at) || at >= 400);
        let seen = Steps::settled(&raw, |_, _| 60);
        assert_eq!(seen.moments().collect::<Vec<_>>(), [460]);
    }
}
