//! A question goes by the settings of the moment it is sent at, however long it waited: one that they don't allow as it is
//! any more is not sent.

use std::sync::Arc;

use aside_core::config::{FallbackReason, Feature, ModelId, ProviderSettings, Settings};
use aside_core::problem::{Problem, ProblemKind};

use crate::{Server, own};

/// What a question was made by.
#[derive(Debug, Clone)]
pub(crate) struct Basis {
    pub(super) settings: Arc<Settings>,
    /// What it was asked for, of the model that was meant first.
    pub(super) feature: Option<Feature>,
    /// The documents of which something goes along by the rules, and not by the user's word.
    pub(super) documents: Vec<String>,
    pub(super) is_masked: bool,
}

/// A question as it is to be sent now.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) basis: Basis,
    pub(super) model: ModelId,
    pub(super) provider: ProviderSettings,
    /// The model that gave no answer, and why, where this one is asked instead.
    pub(super) instead_of: Option<(ModelId, FallbackReason)>,
    /// It waited: the rules on the disk may be others too.
    pub(super) has_waited: bool,
}

/// The settings as they are by now, in the user's own file as well.
pub(super) fn settings_now(server: &Arc<Server>) -> Arc<Settings> {
    own::refresh(server);
    Arc::clone(server.session().settings())
}

impl Standing {
    /// The settings to send it by.
    ///
    /// # Errors
    /// If they don't allow it as it is.
    pub(super) fn check(&self, server: &Arc<Server>) -> Result<Arc<Settings>, Problem> {
        let now = settings_now(server);
        let is_same = Arc::ptr_eq(&now, &self.basis.settings);
        if !is_same {
            self.is_asked_as_it_was(&now)?;
        }
        if (!is_same || self.has_waited)
            && let Some((name, rule)) = server.session().kept_back_by_now(&self.basis.documents)
        {
            return Err(changed(&format!("`{name}`, which goes along, is kept back by {rule}")));
        }
        Ok(now)
    }

    fn is_asked_as_it_was(&self, now: &Settings) -> Result<(), Problem> {
        let provider = match (&self.instead_of, self.basis.feature) {
            (None, Some(feature)) => now.provider_for(feature, &self.model),
            (Some(_), _) | (None, None) => now.provider_of(&self.model).cloned(),
        };
        // What is wrong with the settings by now is said by them.
        if !provider?.is_asked_as(&self.provider) {
            return Err(changed(&format!("those of {} are others", self.provider.id)));
        }
        if let Some((first, reason)) = &self.instead_of
            && !may_be_asked(now, first, &self.model, *reason)
        {
            return Err(changed(&format!("{} is not to be asked instead of {first}", self.model)));
        }
        if now.privacy.mask_secrets && !self.basis.is_masked {
            return Err(changed("secrets are to be masked"));
        }
        Ok(())
    }
}

/// Whether the settings let a model be asked in place of the first for this reason.
pub(super) fn may_be_asked(now: &Settings, first: &ModelId, other: &ModelId, reason: FallbackReason) -> bool {
    now.fallbacks.on.contains(&reason) && now.fallbacks.in_place_of(first).any(|named| named == other)
}

fn changed(how: &str) -> Problem {
    Problem::new(
        ProblemKind::Setting,
        format!("the settings changed while the question waited: {how}"),
        "It was not sent. Ask again, and it goes by the settings as they are.",
    )
}
