//! Another model of the user's in place of one that gave no answer: one that can be asked, named aloud before anything is
//! sent there.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use aside_core::config::{FallbackReason, ModelId, ProviderSettings, Settings};
use aside_core::conversation::Skipped;
use aside_core::problem::Problem;
use aside_core::retry::Retry;

use super::standing::{may_be_asked, settings_now};
use super::{Call, State, Step};
use crate::{Server, words};

/// From one model to another of the user's, for a problem that the user named.
#[derive(Debug)]
pub(crate) struct Fallback {
    pub(crate) from: ModelId,
    pub(crate) to: ModelId,
    /// Where the text goes next.
    pub(crate) origin: String,
    pub(crate) problem: Problem,
    /// Those before it that can't be asked.
    pub(crate) skipped: Vec<Skipped>,
}

impl Fallback {
    /// For what is shown for longer than a message.
    pub(crate) fn words(&self) -> String {
        let (from, to) = (self.from.to_string(), self.to.to_string());
        words::asked_instead(&from, &to, &self.origin, &self.problem.title, &self.skipped)
    }

    /// Says it aloud, in any editor.
    pub(crate) async fn tell(&self, server: &Server) {
        server.client.tell(&self.to_string()).await;
    }
}

impl std::fmt::Display for Fallback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { from, to, origin, problem, skipped } = self;
        write!(f, "{from} gave no answer ({}); ", problem.title)?;
        skipped.iter().try_for_each(|skipped| write!(f, "{skipped}; "))?;
        write!(f, "{to} is asked instead, at {origin}")
    }
}

/// Looking whether the next of the models can be asked.
pub(super) struct Turning {
    problem: Problem,
    reason: FallbackReason,
    /// The model that was meant first.
    first: ModelId,
    skipped: Vec<Skipped>,
    to: ModelId,
    provider: ProviderSettings,
    ready: Ready,
}

type Ready = Pin<Box<dyn Future<Output = Result<(), Problem>> + Send>>;

impl Turning {
    /// Whether it can be asked, as far as that is known without sending anything.
    pub(super) fn ready(&mut self) -> &mut Ready {
        &mut self.ready
    }
}

impl Call {
    /// Turns to the next of the user's other models, if the user named this problem; otherwise it is the user's.
    pub(super) fn given_up(&mut self, problem: Problem) -> Result<(), Problem> {
        self.state = State::Ended;
        self.place = None;
        let reason = FallbackReason::of(problem.kind).filter(|reason| self.fallbacks.on.contains(reason));
        if let Some(reason) = reason.filter(|_| !self.retry.answered) {
            return self.turn(problem, reason, Vec::new());
        }
        self.log(&problem, "");
        Err(problem)
    }

    /// Looks at the next model; where none is left, the problem is the user's. Only those are asked that the user was
    /// told of and that the settings name by now.
    fn turn(
        &mut self,
        problem: Problem,
        reason: FallbackReason,
        mut skipped: Vec<Skipped>,
    ) -> Result<(), Problem> {
        let now = settings_now(&self.server);
        let first = self.instead_of.as_ref().map_or(&self.asked.model, |(first, _)| first).clone();
        while !self.fallbacks.models.is_empty() {
            let to = self.fallbacks.models.remove(0);
            if to == self.asked.model || !may_be_asked(&now, &first, &to, reason) {
                continue;
            }
            match now.provider_of(&to).cloned() {
                Ok(provider) => {
                    let ready = self.readiness(&now, &provider);
                    let turning = Turning { problem, reason, first, skipped, to, provider, ready };
                    self.state = State::Turning(Box::new(turning));
                    return Ok(());
                }
                Err(why) => skipped.push(passed_over(&to, why)),
            }
        }
        self.log(&problem, "");
        Err(after_all(problem, &skipped))
    }

    fn readiness(&self, now: &Arc<Settings>, provider: &ProviderSettings) -> Ready {
        let (server, now, provider) = (Arc::clone(&self.server), Arc::clone(now), provider.clone());
        Box::pin(async move {
            server.env.http.is_open(&now.network, &provider)?;
            server.env.keys.find(&provider).await.map(|_| ())
        })
    }

    /// Asks the model that was looked at, or turns to the next.
    pub(super) fn turned(&mut self, ready: Result<(), Problem>) -> Result<Option<Step>, Problem> {
        let State::Turning(turning) = std::mem::replace(&mut self.state, State::Ended) else {
            return Err(crate::bug());
        };
        let Turning { problem, reason, first, mut skipped, to, provider, ready: _ } = *turning;
        if let Err(why) = ready {
            self.log(&problem, &format!("; {to} can't be asked: {}", why.title));
            skipped.push(passed_over(&to, why));
            return self.turn(problem, reason, skipped).map(|()| None);
        }
        self.log(&problem, &format!("; {to} is asked instead"));
        let other = self.asked.to_other(to.clone(), provider);
        let from = std::mem::replace(&mut self.asked, other).model;
        self.instead_of = Some((first, reason));
        self.has_waited = true;
        self.key = None;
        self.retry = Retry::default();
        self.state = self.opened();
        let origin = self.asked.origin();
        Ok(Some(Step::Fallback(Box::new(Fallback { from, to, origin, problem, skipped }))))
    }
}

fn passed_over(model: &ModelId, why: Problem) -> Skipped {
    Skipped { model: model.to_string(), why: why.title }
}

/// The problem, and that none of the other models can be asked.
fn after_all(problem: Problem, skipped: &[Skipped]) -> Problem {
    if skipped.is_empty() {
        return problem;
    }
    let list: Vec<String> = skipped.iter().map(ToString::to_string).collect();
    Problem { next: format!("{} No other model is asked: {}.", problem.next, list.join("; ")), ..problem }
}
