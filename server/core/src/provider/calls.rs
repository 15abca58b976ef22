//! Tool calls that come in pieces.

use super::ToolCall;
use super::text::{Joiner, Text};

/// The calls of one answer that are under way.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    /// The format's number for it.
    number: u64,
    joiner: Joiner,
    call: ToolCall,
}

/// A piece of a call: its name comes first, its arguments bit by bit.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Piece<'p> {
    /// `None` where the format's server numbers nothing: it belongs to the last one.
    pub(super) number: Option<u64>,
    pub(super) id: Option<&'p Text<'p>>,
    pub(super) name: Option<&'p Text<'p>>,
    pub(super) arguments: Option<&'p Text<'p>>,
}

impl Calls {
    pub(super) fn piece(&mut self, piece: Piece<'_>) {
        let filled = |text: Option<&Text<'_>>| {
            text.map(Text::as_str).filter(|text| !text.is_empty()).unwrap_or_default().to_owned()
        };
        let (id, name) = (filled(piece.id), filled(piece.name));
        let number = piece.number.or(self.0.last().map(|call| call.number)).unwrap_or_default();
        // Some servers give every call the same number, and tell them apart by the id alone.
        let is_same = |call: &Call| {
            call.number == number && (id.is_empty() || call.call.id.is_empty() || call.call.id == id)
        };
        let at = self.0.iter().rposition(is_same).unwrap_or_else(|| {
            self.0.push(Call { number, joiner: Joiner::default(), call: ToolCall::default() });
            self.0.len() - 1
        });
        let Some(Call { joiner, call, .. }) = self.0.get_mut(at) else { return };
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name;
        }
        if let Some(arguments) = piece.arguments {
            call.arguments.push_str(&joiner.join(arguments));
        }
    }

    /// The calls, whole; those without a name are none.
    pub(super) fn take(&mut self) -> impl Iterator<Item = ToolCall> {
        let calls = std::mem::take(&mut self.0).into_iter();
        let whole = calls.map(|Call { mut joiner, mut call, .. }| {
            call.arguments.extend(joiner.finish());
            if call.arguments.trim().is_empty() {
                "{}".clone_into(&mut call.arguments);
            }
            call
        });
        whole.filter(|call| !call.name.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number, an id, a name and arguments.
    type Given = (Option<u64>, &'static str, &'static str, &'static str);

    #[track_caller]
    fn check(pieces: &[Given], expected: &[(&str, &str, &str)]) {
        let mut calls = Calls::default();
        for (number, id, name, arguments) in pieces {
            let [id, name, arguments] = [id, name, arguments].map(|text| Text::from(*text));
            calls.piece(Piece {
                number: *number,
                id: Some(&id),
                name: Some(&name),
                arguments: Some(&arguments),
            });
        }
        let whole: Vec<_> = calls.take().map(|call| (call.id, call.name, call.arguments)).collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, name, arguments)| ((*id).to_owned(), (*name).to_owned(), (*arguments).to_owned()))
            .collect();
        assert_eq!(whole, expected);
    }

    #[test]
    fn pieces_are_joined_by_number_and_told_apart_by_id() {
        check(
            &[
                (Some(0), "a", "read", ""),
                (Some(1), "b", "list", "[1"),
                (Some(0), "", "", "{}"),
                (Some(1), "", "", "]"),
            ],
            &[("a", "read", "{}"), ("b", "list", "[1]")],
        );
        check(
            &[(Some(0), "a", "read", "{1}"), (Some(0), "b", "read", "{2}"), (Some(0), "b", "read", "{3}")],
            &[("a", "read", "{1}"), ("b", "read", "{2}{3}")],
        );
        check(&[(None, "a", "read", "{"), (None, "", "", "}")], &[("a", "read", "{}")]);
    }

    #[test]
    fn a_call_has_a_name_and_arguments_that_are_json() {
        check(&[(Some(0), "a", "read", "")], &[("a", "read", "{}")]);
        check(&[(Some(0), "a", "", "{}")], &[]);
    }
}
