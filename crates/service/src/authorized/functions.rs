use keyfront_model::{AccountId, FunctionArn, FunctionId, FunctionName, any_function_arn};
use keyfront_replica::Snapshot;

use super::{Judge, Resource, sealed};
use crate::{NewFunction, Service, Unavailable};

/// A function, named by its name, under which it is judged whether there is such a function or not. It is
/// looked up once, so that what was judged is what is described or changed, even if its name is given to
/// another function meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedFunction {
    arn: FunctionArn,
    /// The function that had the name when it was looked up.
    id: Option<FunctionId>,
}

impl NamedFunction {
    pub(super) fn find(snapshot: &Snapshot, arn: FunctionArn) -> Self {
        let found = snapshot.function_named(arn.account, &arn.name);
        let id = found.map(|function| function.id);
        Self { arn, id }
    }

    /// The ARN by which it was asked for.
    pub fn arn(&self) -> &FunctionArn {
        &self.arn
    }

    /// The function's id, if there is such a function.
    pub(crate) fn id(&self) -> Option<FunctionId> {
        self.id
    }
}

impl sealed::Target for NamedFunction {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        judge.operation(&Resource::new(self.arn.to_string()))
    }
}

/// All functions of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllFunctions {
    /// The account.
    pub account: AccountId,
}

impl sealed::Target for AllFunctions {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        judge.operation(&Resource::new(any_function_arn(self.account)))
    }
}

/// A function that is to be created, by its name. To associate it with a store asks for no right to the
/// store (AWS's service reference names none).
impl sealed::Target for NewFunction {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        judge.operation(&Resource::new(self.arn().to_string()))
    }
}

impl Service {
    /// Looks up the function that has a name, to be judged.
    pub async fn named_function(
        &self,
        account: AccountId,
        name: FunctionName,
    ) -> Result<NamedFunction, Unavailable> {
        let snapshot = self.snapshot().await?;
        Ok(NamedFunction::find(
            &snapshot,
            FunctionArn { account, name },
        ))
    }
}
