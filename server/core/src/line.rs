//! Who may ask a provider now, and who waits in which place: the user's limits of questions at once and in a minute.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// A question's number: a lower one goes first, also when it is asked again.
pub type Ticket = u64;

/// What a provider's settings allow. `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    pub at_once: Option<u32>,
    pub a_minute: Option<u32>,
}

impl Limits {
    pub fn is_unlimited(self) -> bool {
        self == Self::default()
    }
}

/// Where a question stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may be asked, and is counted.
    Goes,
    /// It waits in this place; the first is 1. Where only time holds it up, until then.
    Waits { place: u32, until: Option<Duration> },
}

/// The line before one provider. Times count from any moment that stays the same.
#[derive(Debug, Default)]
pub struct Line {
    waiting: BTreeSet<Ticket>,
    under_way: BTreeSet<Ticket>,
    /// When the questions of the last minute were asked, oldest first.
    asked: VecDeque<Duration>,
}

impl Line {
    /// Joins the line, or stays in it. One that was under way waits again, in its old place.
    pub fn join(&mut self, ticket: Ticket) {
        self.under_way.remove(&ticket);
        self.waiting.insert(ticket);
    }

    /// Ends a question, or its wait.
    pub fn leave(&mut self, ticket: Ticket) {
        self.under_way.remove(&ticket);
        self.waiting.remove(&ticket);
    }

    /// Whether a question that joined may go now.
    pub fn stand(&mut self, ticket: Ticket, limits: Limits, now: Duration) -> Standing {
        while self.asked.front().is_some_and(|asked| *asked + MINUTE <= now) {
            self.asked.pop_front();
        }
        let before = self.waiting.range(..ticket).count();
        let full = |limit: Option<u32>, count: usize| {
            limit.is_some_and(|limit| count >= usize::try_from(limit).unwrap_or(usize::MAX))
        };
        let is_busy = full(limits.at_once, self.under_way.len());
        let is_fast = full(limits.a_minute, self.asked.len());
        if before == 0 && !is_busy && !is_fast {
            self.waiting.remove(&ticket);
            self.under_way.insert(ticket);
            self.asked.push_back(now);
            return Standing::Goes;
        }
        // The minute is over for the one whose going makes room.
        let excess =
            limits.a_minute.and_then(|limit| self.asked.len().checked_sub(usize::try_from(limit).ok()?));
        let until = excess.and_then(|at| self.asked.get(at)).map(|asked| *asked + MINUTE);
        Standing::Waits {
            place: u32::try_from(before + 1).unwrap_or(u32::MAX),
            until: until.filter(|_| before == 0 && !is_busy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_AT_ONCE: Limits = Limits { at_once: Some(2), a_minute: None };
    const TWO_A_MINUTE: Limits = Limits { at_once: None, a_minute: Some(2) };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn waits(place: u32) -> Standing {
        Standing::Waits { place, until: None }
    }

    #[track_caller]
    fn check(line: &mut Line, limits: Limits, now: u64, expected: &[(Ticket, Standing)]) {
        for (ticket, standing) in expected {
            assert_eq!(line.stand(*ticket, limits, at(now)), *standing, "{ticket} in {line:?}");
        }
    }

    #[test]
    fn so_many_go_at_once_and_the_others_move_up_in_order() {
        let mut line = Line::default();
        (1..=5).for_each(|ticket| line.join(ticket));
        // Whoever asks first: the order is that of the tickets.
        check(&mut line, TWO_AT_ONCE, 0, &[(3, waits(3)), (1, Standing::Goes), (2, Standing::Goes)]);
        check(&mut line, TWO_AT_ONCE, 0, &[(5, waits(3)), (4, waits(2)), (3, waits(1))]);
        line.leave(4);
        check(&mut line, TWO_AT_ONCE, 0, &[(5, waits(2))]);
        line.leave(1);
        check(&mut line, TWO_AT_ONCE, 0, &[(5, waits(2)), (3, Standing::Goes), (5, waits(1))]);
    }

    #[test]
    fn so_many_go_in_a_minute_and_the_next_knows_when() {
        let mut line = Line::default();
        (1..=4).for_each(|ticket| line.join(ticket));
        check(&mut line, TWO_A_MINUTE, 0, &[(1, Standing::Goes)]);
        check(&mut line, TWO_A_MINUTE, 10, &[(2, Standing::Goes)]);
        // That they have ended makes no room.
        (1..=2).for_each(|ticket| line.leave(ticket));
        let third = Standing::Waits { place: 1, until: Some(at(60)) };
        check(&mut line, TWO_A_MINUTE, 11, &[(3, third), (4, waits(2))]);
        check(&mut line, TWO_A_MINUTE, 60, &[(3, Standing::Goes)]);
        check(&mut line, TWO_A_MINUTE, 60, &[(4, Standing::Waits { place: 1, until: Some(at(70)) })]);
    }

    #[test]
    fn one_that_is_asked_again_keeps_its_place() {
        let mut line = Line::default();
        (1..=3).for_each(|ticket| line.join(ticket));
        let one = Limits { at_once: Some(1), a_minute: None };
        check(&mut line, one, 0, &[(1, Standing::Goes), (2, waits(1))]);
        line.join(1);
        check(&mut line, one, 0, &[(2, waits(2)), (1, Standing::Goes)]);
    }

    #[test]
    fn a_changed_limit_holds_for_those_who_wait() {
        let mut line = Line::default();
        (1..=3).for_each(|ticket| line.join(ticket));
        check(
            &mut line,
            Limits { at_once: Some(1), a_minute: None },
            0,
            &[(1, Standing::Goes), (2, waits(1))],
        );
        check(&mut line, Limits::default(), 0, &[(2, Standing::Goes), (3, Standing::Goes)]);
    }
}
