use keyfront_model::{Function, FunctionCode, FunctionConfig, FunctionStage, IfMatch};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{Account, Author, RecordId, ResourceName, Tombstone};

use super::association::Associations;
use super::{FunctionStatus, FunctionSummary, function_at, warn_if_broken};
use crate::commit::{Choice, Decision, counters};
use crate::{Authorized, FunctionError, NamedFunction, Service};

impl Service {
    /// UpdateFunction: sets all of DEVELOPMENT, its association too.
    pub async fn update_function(
        &self,
        author: &Author,
        target: &Authorized<NamedFunction>,
        version: IfMatch,
        config: FunctionConfig,
        code: FunctionCode,
    ) -> Result<FunctionSummary, FunctionError> {
        self.check_code_size(&code)?;
        let broken = self.check_code(&config, &code)?;
        let updated = self
            .decide(author, |snapshot| {
                let function = function_at(snapshot, target, FunctionStage::Development, version)?;
                let updated = Function {
                    config: config.clone(),
                    code: code.clone(),
                    etag: self.new_control_etag(),
                    modified: self.now().max(function.modified),
                    ..Function::clone(function)
                };
                let decision = decide_update(snapshot, function, &updated)?;
                Ok::<_, FunctionError>(Choice::Commit(decision, updated))
            })
            .await?;
        warn_if_broken(&updated, broken.as_deref());
        Ok(FunctionSummary {
            function: updated,
            status: FunctionStatus::Unpublished,
        })
    }

    /// PublishFunction: copies DEVELOPMENT to LIVE, and answers LIVE. DEVELOPMENT keeps its version, so that
    /// an unchanged function can be published again.
    pub async fn publish_function(
        &self,
        author: &Author,
        target: &Authorized<NamedFunction>,
        version: IfMatch,
    ) -> Result<FunctionSummary, FunctionError> {
        let (published, status, broken) = self
            .decide(author, |snapshot| {
                let function = function_at(snapshot, target, FunctionStage::Development, version)?;
                let broken = self.check_code(&function.config, &function.code)?;
                let before = snapshot.function(function.id, FunctionStage::Live);
                let live = self.copy_to_live(function, before.map(|before| &**before));
                let status = self.status(snapshot, &live);
                let decision = decide_publish(snapshot, function, before, &live)?;
                Ok::<_, FunctionError>(Choice::Commit(decision, (live, status, broken)))
            })
            .await?;
        warn_if_broken(&published, broken.as_deref());
        Ok(FunctionSummary {
            function: published,
            status,
        })
    }

    fn copy_to_live(&self, development: &Function, before: Option<&Function>) -> Function {
        let now = self.now();
        Function {
            stage: FunctionStage::Live,
            etag: self.new_control_etag(),
            published_from: Some(development.etag),
            created: before.map_or(now, |before| before.created),
            modified: before.map_or(now, |before| now.max(before.modified)),
            ..development.clone()
        }
    }

    /// DeleteFunction: all stages. A function that behaviours use can't be deleted.
    pub async fn delete_function(
        &self,
        author: &Author,
        target: &Authorized<NamedFunction>,
        version: IfMatch,
    ) -> Result<(), FunctionError> {
        self.decide(author, |snapshot| {
            let function = function_at(snapshot, target, FunctionStage::Development, version)?;
            let uses = self.uses(function);
            if uses > 0 {
                return Err(FunctionError::InUse(function.name.clone(), uses));
            }
            let decision = self.decide_delete_function(snapshot, function)?;
            Ok(Choice::Commit(decision, ()))
        })
        .await?;
        self.deleted.notify_one();
        Ok(())
    }

    fn decide_delete_function(
        &self,
        snapshot: &Snapshot,
        function: &Versioned<Function>,
    ) -> Result<Decision, FunctionError> {
        let id = function.id;
        let live = snapshot.function(id, FunctionStage::Live);
        let live_id = RecordId::Function(id, FunctionStage::Live);
        let (account, counted) = counters(snapshot, function.account);
        let counted = Account {
            functions: counted.functions.saturating_sub(1),
            ..counted
        };
        let name = ResourceName::Function(function.name.clone());
        let decision = Decision::on(snapshot, id, function.account)
            .given(function)
            .given_at(live_id.clone(), live.map(Versioned::revision))
            .put(account, counted)
            .discard(RecordId::Name(function.account, name))
            .discard(RecordId::Function(id, FunctionStage::Development))
            .discard(live_id)
            .discard(RecordId::Tags(id.into()))
            .create(Tombstone {
                resource: id.into(),
                account: function.account,
                deleted: self.now(),
            });
        let mut associations = Associations::new(snapshot);
        for stage in [Some(function), live].into_iter().flatten() {
            associations.replace(Some(stage), None)?;
        }
        Ok(associations.join(decision))
    }
}

fn decide_update(
    snapshot: &Snapshot,
    function: &Versioned<Function>,
    updated: &Function,
) -> Result<Decision, FunctionError> {
    let decision =
        Decision::on(snapshot, function.id, function.account).replace(function, updated.clone());
    let mut associations = Associations::new(snapshot);
    associations.replace(Some(function), Some(updated))?;
    Ok(associations.join(decision))
}

fn decide_publish(
    snapshot: &Snapshot,
    development: &Versioned<Function>,
    before: Option<&Versioned<Function>>,
    live: &Function,
) -> Result<Decision, FunctionError> {
    let decision = Decision::on(snapshot, live.id, live.account)
        .given(development)
        .put(before, live.clone());
    let mut associations = Associations::new(snapshot);
    associations.replace(before.map(|before| &**before), Some(live))?;
    Ok(associations.join(decision))
}
