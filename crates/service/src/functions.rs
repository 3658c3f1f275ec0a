//! The operations on functions. A function has a record for each of its stages, and one for its name; the
//! store that a stage is associated with has the stage among its users.

mod association;
mod change;
mod run;

use keyfront_model::{
    AccountId, Function, FunctionArn, FunctionCode, FunctionConfig, FunctionId, FunctionName,
    FunctionStage, IfMatch, Tags,
};
use keyfront_replica::{Snapshot, Versioned};
use keyfront_storage::{Account, Author, Name, NamedResource, ResourceTags};

use crate::commit::{Choice, Decision, counters};
use crate::{AllFunctions, Authorized, FunctionError, NamedFunction, Service};
use association::Associations;

pub use run::{FunctionTested, TestRequest};

/// What CreateFunction is asked for.
#[derive(Debug, Clone)]
pub struct NewFunction {
    /// The account that is to own it.
    pub account: AccountId,
    /// Its name.
    pub name: FunctionName,
    /// Its configuration.
    pub config: FunctionConfig,
    /// Its code.
    pub code: FunctionCode,
    /// Its tags.
    pub tags: Tags,
}

impl NewFunction {
    /// The ARN that it is to have.
    pub fn arn(&self) -> FunctionArn {
        FunctionArn {
            account: self.account,
            name: self.name.clone(),
        }
    }
}

/// Where a stage of a function is in its life (developer guide, "Manage functions"; observed through Terraform's
/// provider, whose tests pass at AWS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionStatus {
    /// DEVELOPMENT was changed since it was published, or never was published.
    Unpublished,
    /// It is what is LIVE, and no behaviour uses it.
    Unassociated,
    /// It is what is LIVE, and behaviours use it.
    Deployed,
}

impl FunctionStatus {
    /// AWS's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unpublished => "UNPUBLISHED",
            Self::Unassociated => "UNASSOCIATED",
            Self::Deployed => "DEPLOYED",
        }
    }
}

/// A stage of a function, as the operations answer it.
#[derive(Debug, Clone)]
pub struct FunctionSummary {
    /// The stage.
    pub function: Function,
    /// Where it is in its life.
    pub status: FunctionStatus,
}

/// A place in the list of an account's functions, each of which is followed by its LIVE stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionPlace {
    /// The function's name.
    pub name: FunctionName,
    /// The stage.
    pub stage: FunctionStage,
}

/// A page of ListFunctions.
#[derive(Debug, Clone)]
pub struct FunctionPage {
    /// The stages, by the functions' names.
    pub functions: Vec<FunctionSummary>,
    /// Whether there are more after the last of them.
    pub more: bool,
}

impl Service {
    /// CreateFunction: the function has a DEVELOPMENT stage when this returns.
    pub async fn create_function(
        &self,
        author: &Author,
        new: &Authorized<NewFunction>,
    ) -> Result<FunctionSummary, FunctionError> {
        let new = new.target();
        self.check_code_size(&new.code)?;
        let broken = self.check_code(&new.config, &new.code)?;
        let created = self
            .decide(author, |snapshot| {
                let function = self.new_function(new);
                let decision = self.decide_create_function(snapshot, new, &function)?;
                Ok::<_, FunctionError>(Choice::Commit(decision, function))
            })
            .await?;
        warn_if_broken(&created, broken.as_deref());
        Ok(FunctionSummary {
            function: created,
            status: FunctionStatus::Unpublished,
        })
    }

    fn new_function(&self, new: &NewFunction) -> Function {
        let now = self.now();
        Function {
            id: FunctionId::from_random(self.parts.random.bits()),
            stage: FunctionStage::Development,
            account: new.account,
            name: new.name.clone(),
            config: new.config.clone(),
            code: new.code.clone(),
            etag: self.new_control_etag(),
            published_from: None,
            created: now,
            modified: now,
        }
    }

    fn decide_create_function(
        &self,
        snapshot: &Snapshot,
        new: &NewFunction,
        function: &Function,
    ) -> Result<Decision, FunctionError> {
        let found = snapshot.function_named(new.account, &new.name);
        if found.is_some() {
            return Err(FunctionError::AlreadyExists);
        }
        let (account, counted) = counters(snapshot, new.account);
        if counted.functions >= self.limits().functions_per_account {
            return Err(FunctionError::TooManyFunctions);
        }
        let counted = Account {
            functions: counted.functions + 1,
            ..counted
        };
        let mut decision = Decision::on(snapshot, function.id, function.account)
            .put(account, counted)
            .create(Name {
                account: function.account,
                resource: NamedResource::Function(function.name.clone(), function.id),
            })
            .create(function.clone());
        if !new.tags.is_empty() {
            decision = decision.create(ResourceTags {
                resource: function.id.into(),
                tags: new.tags.clone(),
            });
        }
        let mut associations = Associations::new(snapshot);
        associations.replace(None, Some(function))?;
        Ok(associations.join(decision))
    }

    /// DescribeFunction.
    pub async fn describe_function(
        &self,
        target: &Authorized<NamedFunction>,
        stage: FunctionStage,
    ) -> Result<FunctionSummary, FunctionError> {
        let snapshot = self.snapshot().await?;
        let function = function_of(&snapshot, target, stage)?;
        Ok(self.summary(&snapshot, function))
    }

    /// GetFunction: the stage, of which its code and its version are wanted.
    pub async fn get_function(
        &self,
        target: &Authorized<NamedFunction>,
        stage: FunctionStage,
    ) -> Result<Function, FunctionError> {
        let snapshot = self.snapshot().await?;
        let function = function_of(&snapshot, target, stage)?;
        Ok(Function::clone(function))
    }

    /// ListFunctions: at most so many stages after a place, of one stage or of both.
    pub async fn list_functions(
        &self,
        functions: &Authorized<AllFunctions>,
        after: Option<&FunctionPlace>,
        stage: Option<FunctionStage>,
        most: usize,
    ) -> Result<FunctionPage, FunctionError> {
        let snapshot = self.snapshot().await?;
        let account = functions.target().account;
        let begun = after.filter(|place| place.stage == FunctionStage::Development);
        let begun = begun.and_then(|place| snapshot.function_named(account, &place.name));
        let rest = begun.and_then(|found| snapshot.function(found.id, FunctionStage::Live));
        let ids = snapshot.functions_of(account, after.map(|place| &place.name));
        let stages =
            ids.flat_map(|id| FunctionStage::ALL.map(|stage| snapshot.function(id, stage)));
        let mut found = rest
            .into_iter()
            .chain(stages.flatten())
            .filter(|function| stage.is_none_or(|stage| function.stage == stage));
        let page = found.by_ref().take(most);
        let page = page
            .map(|function| self.summary(&snapshot, function))
            .collect();
        Ok(FunctionPage {
            functions: page,
            more: found.next().is_some(),
        })
    }

    fn summary(&self, snapshot: &Snapshot, function: &Versioned<Function>) -> FunctionSummary {
        FunctionSummary {
            function: Function::clone(function),
            status: self.status(snapshot, function),
        }
    }

    fn status(&self, snapshot: &Snapshot, function: &Function) -> FunctionStatus {
        let live = snapshot.function(function.id, FunctionStage::Live);
        let is_live = match function.stage {
            FunctionStage::Live => true,
            FunctionStage::Development => {
                live.is_some_and(|live| live.published_from == Some(function.etag))
            }
        };
        if !is_live {
            FunctionStatus::Unpublished
        } else if self.uses(function) > 0 {
            FunctionStatus::Deployed
        } else {
            FunctionStatus::Unassociated
        }
    }

    fn uses(&self, function: &Function) -> usize {
        self.parts.function_uses.count(&function.arn())
    }

    fn check_code_size(&self, code: &FunctionCode) -> Result<(), FunctionError> {
        if code.bytes() > self.limits().function_code_bytes {
            return Err(FunctionError::CodeTooLarge);
        }
        Ok(())
    }

    /// What AWS's engine refuses in a function's code. AWS takes such code, and it fails whenever it is run; so
    /// do we, unless the operator wants it refused.
    fn check_code(
        &self,
        config: &FunctionConfig,
        code: &FunctionCode,
    ) -> Result<Option<String>, FunctionError> {
        match self.parts.function_runner.check(config.runtime(), code) {
            Ok(()) => Ok(None),
            Err(text) if self.parts.settings.refuse_broken_functions => {
                Err(FunctionError::Broken(text))
            }
            Err(text) => Ok(Some(text)),
        }
    }
}

/// Tells the operator of a function that was accepted although it can't run.
fn warn_if_broken(function: &Function, refusal: Option<&str>) {
    if let Some(refusal) = refusal {
        let (account, name, stage) = (function.account, &function.name, function.stage);
        tracing::warn!(
            %account, function = %name, %stage, %refusal, "a function was accepted that can't run, as at AWS"
        );
    }
}

/// A stage of the function that was judged: by its id, since its name may belong to another function by now.
fn function_of<'a>(
    snapshot: &'a Snapshot,
    target: &Authorized<NamedFunction>,
    stage: FunctionStage,
) -> Result<&'a Versioned<Function>, FunctionError> {
    let id = target.target().id().ok_or(FunctionError::NotFound)?;
    let function = snapshot.function(id, stage);
    function.ok_or(FunctionError::NotFound)
}

/// A stage of the function that was judged, at the version that the caller named.
fn function_at<'a>(
    snapshot: &'a Snapshot,
    target: &Authorized<NamedFunction>,
    stage: FunctionStage,
    version: IfMatch,
) -> Result<&'a Versioned<Function>, FunctionError> {
    let function = function_of(snapshot, target, stage)?;
    match version {
        IfMatch::NotAnETag => Err(FunctionError::NotAnETag),
        IfMatch::Version(etag) if etag != function.etag => Err(FunctionError::StaleVersion),
        IfMatch::Version(_) => Ok(function),
    }
}
