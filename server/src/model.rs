//! One model call: request, connection, decoder, events; waits out the retry rule.

mod draft;
mod instead;
mod opening;
mod standing;

pub(crate) use draft::{Cutting, Draft, Masking, Prepared, choose};
pub(crate) use instead::Fallback;

use std::collections::VecDeque;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aside_core::config::{FallbackReason, Fallbacks, Feature, ModelId};
use aside_core::ledger::Act;
use aside_core::problem::Problem;
use aside_core::provider::{self, Decoder, Failure, HttpFormat, ModelEvent, Usage, demo, failure};
use aside_core::redact::Restorer;
use aside_core::retry::Retry;

use crate::Server;
use crate::http::{Fault, Response};
use crate::keys::Key;
use crate::privacy;
use crate::protocol::{Warm, WarmFeature};
use crate::queue::Place;
use instead::Turning;
use opening::{Opened, Sending};
use standing::Standing;

/// The built-in provider's pause between two pieces: the pace of a person reading along.
const DEMO_PAUSE: Duration = Duration::from_millis(12);

/// Opens the connection that the next question of this feature needs. Nothing of the user's goes along.
pub(crate) async fn warm(server: &Server, params: &Warm) {
    let feature = match params.feature {
        WarmFeature::Chat => Feature::Chat,
        WarmFeature::Inline => Feature::Inline,
    };
    let settings = Arc::clone(server.session().settings());
    // What is wrong with the settings is said when something is asked.
    if let Ok((_, provider)) = choose(&settings, feature, params.model.as_deref()) {
        let act = Act::bare(aside_core::ledger::Feature::Warming);
        server.env.http.warm(&settings.network, &provider, act).await;
    }
}

/// What a model call comes to, step by step.
#[derive(Debug)]
pub(crate) enum Step {
    /// The provider's limits hold it up in this place of the line; at 0 it is asked.
    Queued { provider: String, place: u32 },
    /// The request is sent again in so many seconds, for this reason.
    Waiting { seconds: u64, problem: Problem },
    /// Another model is asked next, which the user is told before anything is sent there.
    Fallback(Box<Fallback>),
    /// The stream's next event.
    Event(ModelEvent),
}

/// A model call under way. Dropping it closes its connection.
pub(crate) struct Call {
    server: Arc<Server>,
    asked: Prepared,
    /// The model that was meant first, and why it is not the one that is asked.
    instead_of: Option<(ModelId, FallbackReason)>,
    /// The models that are still left to ask, of those that the user was told of.
    fallbacks: Fallbacks,
    /// Its provider's line, a retry or another model has held it up.
    has_waited: bool,
    /// The key that is asked with, if another may still take its place.
    key: Option<Key>,
    retry: Retry,
    state: State,
    events: VecDeque<ModelEvent>,
    /// Put the secrets back into the answer and into the reasoning.
    text: Restorer,
    reasoning: Restorer,
    /// Its place in the line before a provider that has limits, up to the answer's end.
    place: Option<Place>,
    /// Counted as busy while it lives.
    _busy: Busy,
}

type Opening = Pin<Box<dyn Future<Output = Result<Opened, Fault>> + Send>>;

/// An answer that streams in.
struct Streaming {
    response: Response,
    decoder: Decoder,
}

enum State {
    /// In the line before the provider.
    Queued,
    /// Connecting, up to the response's head.
    Opening(Opening, HttpFormat),
    Streaming(Box<Streaming>),
    /// What came before the failure is handed on; then comes the failure.
    Failing(Failure),
    /// Looking whether another model can be asked.
    Turning(Box<Turning>),
    /// Waiting out the retry rule.
    Pausing(Pin<Box<tokio::time::Sleep>>),
    /// The built-in provider's pieces.
    Demo(VecDeque<ModelEvent>),
    Ended,
}

impl Call {
    pub(crate) fn new(server: &Arc<Server>, asked: Prepared) -> Self {
        let settings = Arc::clone(server.session().settings());
        server.env.http.ledger().limit(settings.ledger);
        privacy::note(server);
        let mut call = Self {
            instead_of: None,
            has_waited: false,
            key: None,
            fallbacks: Fallbacks {
                models: settings.fallbacks.in_place_of(&asked.model).cloned().collect(),
                on: settings.fallbacks.on.clone(),
            },
            server: Arc::clone(server),
            text: asked.masks.restorer(),
            reasoning: asked.masks.restorer(),
            asked,
            retry: Retry::default(),
            state: State::Ended,
            events: VecDeque::new(),
            place: None,
            _busy: Busy::new(server),
        };
        call.state = call.opened();
        call
    }

    /// The next step; `None` after the answer's end. Cancel-safe: a dropped wait loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Option<Step>, Problem> {
        loop {
            if let Some(event) = self.events.pop_front() {
                self.retry.answered |= matches!(event, ModelEvent::Text(_) | ModelEvent::Reasoning(_));
                return Ok(Some(Step::Event(event)));
            }
            match &mut self.state {
                State::Ended => return Ok(None),
                State::Queued => {
                    let (place, was_told) = match &mut self.place {
                        Some(place) => (place.next().await, place.was_told()),
                        None => (None, false),
                    };
                    self.has_waited |= place.is_some();
                    if place.is_none() {
                        self.state = self.asking();
                    }
                    if place.is_some() || was_told {
                        let provider = self.asked.provider.id.clone();
                        return Ok(Some(Step::Queued { provider, place: place.unwrap_or(0) }));
                    }
                }
                State::Failing(failure) => {
                    let failure = failure.clone();
                    if let Some(step) = self.failed(&failure)? {
                        return Ok(Some(step));
                    }
                }
                State::Turning(turning) => {
                    let ready = turning.ready().await;
                    if let Some(step) = self.turned(ready)? {
                        return Ok(Some(step));
                    }
                }
                State::Demo(pieces) => {
                    tokio::time::sleep(DEMO_PAUSE).await;
                    match pieces.pop_front() {
                        Some(piece) => self.take(piece),
                        None => {
                            self.take_rest();
                            self.state = State::Ended;
                        }
                    }
                }
                State::Pausing(pause) => {
                    pause.await;
                    self.state = self.opened();
                }
                State::Opening(opening, format) => {
                    let format = *format;
                    match opening.await {
                        Ok(Opened { response, key }) => {
                            self.key = key;
                            let decoder = Decoder::new(format);
                            self.state = State::Streaming(Box::new(Streaming { response, decoder }));
                        }
                        Err(Fault::Problem(problem)) => self.given_up(problem)?,
                        Err(Fault::Failure(failure)) => {
                            if let Some(step) = self.failed(&failure)? {
                                return Ok(Some(step));
                            }
                        }
                    }
                }
                State::Streaming(streaming) => {
                    let Streaming { response, decoder } = &mut **streaming;
                    let chunk = response.chunk().await;
                    let mut events = Vec::new();
                    let read = match &chunk {
                        Ok(Some(bytes)) => decoder.feed(bytes, &mut events),
                        Ok(None) => decoder.finish(&mut events),
                        // Many peers close badly after the last event, which says nothing about the answer.
                        Err(failure) => decoder.finish(&mut events).map_err(|_| failure.clone()),
                    };
                    let read = read.map_err(|failure| response.told(failure));
                    let done = decoder.is_done() || !matches!(chunk, Ok(Some(_)));
                    for event in events {
                        self.take(event);
                    }
                    if done || read.is_err() {
                        self.take_rest();
                    }
                    match read {
                        Ok(()) if done => self.end(),
                        Ok(()) => {}
                        Err(failure) => self.state = State::Failing(failure),
                    }
                }
            }
        }
    }

    /// Takes an event of the stream, with the secrets put back. What may be the start of a placeholder waits.
    fn take(&mut self, event: ModelEvent) {
        let event = match event {
            ModelEvent::Text(text) => ModelEvent::Text(self.text.push(&text)),
            ModelEvent::Reasoning(text) => ModelEvent::Reasoning(self.reasoning.push(&text)),
            ModelEvent::Usage(_) | ModelEvent::ToolCall(_) => event,
            ModelEvent::Stop(_) => {
                self.take_rest();
                event
            }
        };
        if !matches!(&event, ModelEvent::Text(text) | ModelEvent::Reasoning(text) if text.is_empty()) {
            self.events.push_back(event);
        }
    }

    /// Nothing more comes: what waited is no placeholder.
    fn take_rest(&mut self) {
        let (reasoning, text) = (self.reasoning.finish(), self.text.finish());
        if !reasoning.is_empty() {
            self.events.push_back(ModelEvent::Reasoning(reasoning));
        }
        if !text.is_empty() {
            self.events.push_back(ModelEvent::Text(text));
        }
    }

    /// Waits and asks again where the rule allows it; otherwise another model may be asked.
    fn failed(&mut self, failure: &Failure) -> Result<Option<Step>, Problem> {
        if failure.cause.is_about_key() && !self.retry.answered && self.ask_with_newer_key(failure) {
            return Ok(None);
        }
        let problem = failure::problem(failure, &self.asked.provider.id, &self.asked.model.model);
        if failure.cause.is_about_key() {
            self.server.env.keys.forget(&self.asked.provider.id);
        }
        let Some(wait) = self.retry.next(failure, jitter()) else {
            return self.given_up(problem).map(|()| None);
        };
        self.retry.retries += 1;
        self.has_waited = true;
        self.state = State::Pausing(Box::pin(tokio::time::sleep(wait)));
        let seconds = wait.as_secs_f64().ceil() as u64;
        self.log(&problem, &format!("; it is asked again in {seconds} s"));
        Ok(Some(Step::Waiting { seconds, problem }))
    }

    /// Problems go into the editor's log without their detail: a provider's words may quote what was sent.
    fn log(&self, problem: &Problem, then: &str) {
        let line = format!("{}: {}{then}", self.asked.model, problem.title);
        self.server.update(|session| session.log(line));
    }

    /// What so many tokens of the model that answers cost.
    pub(crate) fn cost(&self, usage: &Usage) -> Option<String> {
        self.asked.cost(usage)
    }

    /// Leaves a finished answer so that its connection can be used again.
    fn end(&mut self) {
        self.place = None;
        if let State::Streaming(streaming) = std::mem::replace(&mut self.state, State::Ended) {
            tokio::spawn(streaming.response.finish());
        }
    }

    /// What comes first: the line before the provider, where the user's settings limit how it is asked.
    fn opened(&mut self) -> State {
        let provider = &self.asked.provider;
        // As they are by now: the question may have waited before.
        let limits = self.server.session().settings().providers.get(&provider.id).map(|now| now.limits);
        let limits = limits.unwrap_or(provider.limits);
        match &mut self.place {
            Some(place) => place.again(),
            None if limits.is_unlimited() || provider.format.http().is_none() => return self.asking(),
            None => self.place = Some(self.server.queues.join(&provider.id, limits)),
        }
        State::Queued
    }

    fn asking(&self) -> State {
        match self.asked.provider.format.http() {
            Some(format) => State::Opening(Box::pin(self.sending(format).open()), format),
            None => State::Demo(demo::answer(&self.asked.request).into()),
        }
    }

    /// Some refuse the key within an answer that has begun: it may have been replaced meanwhile.
    fn ask_with_newer_key(&mut self, failure: &Failure) -> bool {
        let (Some(format), Some(refused)) = (self.asked.provider.format.http(), self.key.take()) else {
            return false;
        };
        let (sending, failure) = (self.sending(format), failure.clone());
        let renewed = async move { sending.renewed(&refused, failure).await };
        self.state = State::Opening(Box::pin(renewed), format);
        true
    }

    fn sending(&self, format: HttpFormat) -> Sending {
        let asked = &self.asked;
        let standing = Standing {
            basis: asked.basis.clone(),
            model: asked.model.clone(),
            provider: asked.provider.clone(),
            instead_of: self.instead_of.clone(),
            has_waited: self.has_waited,
        };
        let request = provider::request(format, &asked.request);
        Sending { server: Arc::clone(&self.server), standing, request, act: asked.act.clone() }
    }
}

/// Counts a call as busy until it is dropped.
struct Busy(Arc<Server>);

impl Busy {
    fn new(server: &Arc<Server>) -> Self {
        server.update(super::session::Session::call_started);
        Self(Arc::clone(server))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.update(super::session::Session::call_ended);
    }
}

/// A number in 0..=1 that differs from call to call, so that many editors don't ask again at one moment.
fn jitter() -> f64 {
    let random = RandomState::new().hash_one(0) >> 11;
    random as f64 / (1_u64 << 53) as f64
}
