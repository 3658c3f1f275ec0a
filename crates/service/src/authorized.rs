mod functions;

use keyfront_model::{
    AccountId, ResourceArn, S3Arn, StoreArn, StoreId, StoreName, any_store_arn, named_store_arn,
};

use crate::{NewStore, Service, Unavailable};

pub use functions::{AllFunctions, NamedFunction};

/// Decides whether a caller may do what is asked. It is a port, since the service knows neither policies nor
/// callers. A judge is made for one caller and one operation.
pub trait Judge {
    /// Why it may not be done, as the judge's own type.
    type Denied;

    /// Whether the caller may do the operation with a resource of CloudFront's.
    fn operation(&self, resource: &Resource) -> Result<(), Self::Denied>;

    /// Whether the caller may import an object.
    fn import(&self, object: &S3Arn) -> Result<(), Self::Denied>;
}

/// A resource of CloudFront's, under the ARNs that a policy may have for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its ARN. A store of the control plane has two: this is the one by its name, or that of all stores
    /// if no store has its id.
    pub arn: String,
    /// The ARN by its id of a store whose other ARN is by its name.
    pub by_id: Option<String>,
    asked_by_id: bool,
}

impl Resource {
    /// A resource with one ARN.
    pub(crate) fn new(arn: String) -> Self {
        Self {
            arn,
            by_id: None,
            asked_by_id: false,
        }
    }

    /// The ARN by which the request named it, the only one that an answer may repeat: the other one would
    /// reveal that the resource exists.
    pub fn asked(&self) -> &str {
        match &self.by_id {
            Some(by_id) if self.asked_by_id => by_id,
            _ => &self.arn,
        }
    }
}

/// What an operation is done with. Each target has a judge asked for every right that it needs.
pub trait Target: sealed::Target {}

impl<T: sealed::Target> Target for T {}

mod sealed {
    use super::Judge;

    /// Out of reach of other crates: a target of theirs could ask for no right at all.
    pub trait Target {
        fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied>;
    }
}

/// A target with which the caller may do what is asked: the only thing that the operations of
/// [`Service`] take, and made by asking a [`Judge`] alone.
///
/// ```
/// # use keyfront_model::{S3Arn, StoreArn};
/// # use keyfront_service::{Authorized, DataError, Judge, KeyRead, Resource, Service};
/// # async fn get(service: &Service, arn: StoreArn, judge: &impl Judge<Denied = DataError>)
/// # -> Result<KeyRead, DataError> {
/// let store = Authorized::new(arn, judge)?;
/// service.get_key(&store, "key").await
/// # }
/// ```
///
/// What was not judged doesn't compile:
///
/// ```compile_fail,E0308
/// # use keyfront_model::{S3Arn, StoreArn};
/// # use keyfront_service::{Authorized, DataError, Judge, KeyRead, Resource, Service};
/// # async fn get(service: &Service, arn: StoreArn, judge: &impl Judge<Denied = DataError>)
/// # -> Result<KeyRead, DataError> {
/// let store = arn;
/// service.get_key(&store, "key").await
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorized<T>(T);

impl<T: Target> Authorized<T> {
    /// Asks the judge for every right that the target needs.
    pub fn new<J: Judge>(target: T, judge: &J) -> Result<Self, J::Denied> {
        target.ask(judge)?;
        Ok(Self(target))
    }
}

impl<T> Authorized<T> {
    /// What was judged.
    pub fn target(&self) -> &T {
        &self.0
    }
}

/// A store of the data plane, which is always named by its ARN.
impl sealed::Target for StoreArn {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        judge.operation(&Resource::new(self.to_string()))
    }
}

/// A store of the control plane, named by its name. It is looked up once, so that what was judged is
/// what is described or changed, even if its name is given to another store meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedStore {
    account: AccountId,
    name: StoreName,
    /// The store that had the name when it was looked up.
    id: Option<StoreId>,
}

impl NamedStore {
    /// The name by which it was asked for.
    pub fn name(&self) -> &StoreName {
        &self.name
    }

    /// The store's id, if there is such a store. It must not reach the caller, who may have no right to know
    /// whether the store exists.
    pub fn id(&self) -> Option<StoreId> {
        self.id
    }
}

impl sealed::Target for NamedStore {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        let account = self.account;
        let by_id = self.id.map(|id| StoreArn { account, id }.to_string());
        judge.operation(&Resource {
            by_id,
            ..Resource::new(named_store_arn(account, &self.name))
        })
    }
}

/// A resource, named by its ARN, as the operations on tags name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaggedResource {
    /// A store.
    Store(TaggedStore),
    /// A function. Its ARN has its name.
    Function(NamedFunction),
}

impl sealed::Target for TaggedResource {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        match self {
            Self::Store(store) => store.ask(judge),
            Self::Function(function) => function.ask(judge),
        }
    }
}

/// A store of the control plane, named by its ARN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggedStore {
    arn: StoreArn,
    /// Its name, if there is such a store.
    name: Option<StoreName>,
}

impl TaggedStore {
    /// The ARN by which it was named.
    pub(crate) fn arn(&self) -> &StoreArn {
        &self.arn
    }
}

impl sealed::Target for TaggedStore {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        let by_id = self.arn.to_string();
        // A pattern of names must not match the id of a store that doesn't exist: it doesn't match the id of
        // one that does, and the answer would reveal the difference.
        let arn = match &self.name {
            Some(name) => named_store_arn(self.arn.account, name),
            None => any_store_arn(self.arn.account),
        };
        judge.operation(&Resource {
            arn,
            by_id: Some(by_id),
            asked_by_id: true,
        })
    }
}

/// All stores of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AllStores {
    /// The account.
    pub account: AccountId,
}

impl sealed::Target for AllStores {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        judge.operation(&Resource::new(any_store_arn(self.account)))
    }
}

/// A store that is to be created: by its name, and with the object that it is filled from.
impl sealed::Target for NewStore {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        judge.operation(&Resource::new(named_store_arn(self.account, &self.name)))?;
        match &self.source {
            Some(source) => judge.import(&source.object),
            None => Ok(()),
        }
    }
}

/// A target that no operation can be done with. It is judged all the same, so that only
/// a caller who might do the operation learns what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unusable {
    /// No store is named, or not by a valid name: all stores of the account are judged.
    Stores(AllStores),
    /// A new store whose request has another fault.
    NewStore {
        /// The account.
        account: AccountId,
        /// The name that is asked for.
        name: StoreName,
        /// The object that is to be imported, if it is named well.
        import: Option<S3Arn>,
    },
    /// Any resource of CloudFront's, by its ARN.
    Other(String),
}

impl sealed::Target for Unusable {
    fn ask<J: Judge>(&self, judge: &J) -> Result<(), J::Denied> {
        match self {
            Self::Stores(stores) => stores.ask(judge),
            Self::NewStore {
                account,
                name,
                import,
            } => {
                judge.operation(&Resource::new(named_store_arn(*account, name)))?;
                import
                    .as_ref()
                    .map_or(Ok(()), |object| judge.import(object))
            }
            Self::Other(arn) => judge.operation(&Resource::new(arn.clone())),
        }
    }
}

impl Service {
    /// Looks up the store that has a name, to be judged.
    pub async fn named_store(
        &self,
        account: AccountId,
        name: StoreName,
    ) -> Result<NamedStore, Unavailable> {
        let snapshot = self.snapshot().await?;
        let id = snapshot.store_named(account, &name).map(|store| store.id);
        Ok(NamedStore { account, name, id })
    }

    /// Looks up the resource that an ARN names, to be judged.
    pub async fn tagged_resource(&self, arn: ResourceArn) -> Result<TaggedResource, Unavailable> {
        let snapshot = self.snapshot().await?;
        Ok(match arn {
            ResourceArn::Store(arn) => {
                let store = snapshot.store(arn.id);
                let store = store.filter(|store| store.account == arn.account);
                let name = store.map(|store| store.name.clone());
                TaggedResource::Store(TaggedStore { arn, name })
            }
            ResourceArn::Function(arn) => {
                TaggedResource::Function(NamedFunction::find(&snapshot, arn))
            }
        })
    }
}
