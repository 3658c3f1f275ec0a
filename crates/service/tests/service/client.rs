//! A caller who may do everything, in the words of the operations.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use crate::common::account;

use keyfront_model::{
    AccountId, Comment, ETag, FunctionCode, FunctionConfig, FunctionName, FunctionStage, Key,
    S3Arn, State, Store, StoreArn, StoreName, Value,
};
use keyfront_service::{
    AllFunctions, AllStores, Author, Authorized, ControlError, DataDescription, DataError, Edit,
    FunctionError, FunctionPage, FunctionPlace, FunctionSummary, FunctionTested, Judge, KeyPage,
    KeyRead, NamedFunction, NamedStore, NewFunction, NewStore, Resource, Service, StorePage,
    TestRequest, Written,
};

/// Everybody may do everything.
pub(crate) struct Anybody;

impl Judge for Anybody {
    type Denied = Infallible;

    fn operation(&self, _: &Resource) -> Result<(), Infallible> {
        Ok(())
    }

    fn import(&self, _: &S3Arn) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The operations, each judged anew.
#[derive(Clone)]
pub(crate) struct Client(pub(crate) Arc<Service>);

impl Deref for Client {
    type Target = Arc<Service>;

    fn deref(&self) -> &Arc<Service> {
        &self.0
    }
}

/// A store of the data plane, judged.
fn judged(arn: &StoreArn) -> Authorized<StoreArn> {
    Authorized::new(*arn, &Anybody).unwrap()
}

impl Client {
    /// The store that has the name now, judged.
    pub(crate) async fn named(
        &self,
        account: AccountId,
        name: &StoreName,
    ) -> Authorized<NamedStore> {
        let store = self.0.named_store(account, name.clone()).await.unwrap();
        Authorized::new(store, &Anybody).unwrap()
    }

    pub(crate) async fn create_store(
        &self,
        author: &Author,
        new: NewStore,
    ) -> Result<Store, ControlError> {
        let new = Authorized::new(new, &Anybody).unwrap();
        self.0.create_store(author, &new).await
    }

    pub(crate) async fn describe_store(
        &self,
        account: AccountId,
        name: &StoreName,
    ) -> Result<Store, ControlError> {
        self.0
            .describe_store(&self.named(account, name).await)
            .await
    }

    pub(crate) async fn update_store(
        &self,
        author: &Author,
        name: &StoreName,
        version: ETag,
        comment: Option<Comment>,
    ) -> Result<Store, ControlError> {
        let store = self.named(account(), name).await;
        self.0
            .update_store(author, &store, version.into(), comment)
            .await
    }

    pub(crate) async fn delete_store(
        &self,
        author: &Author,
        name: &StoreName,
        version: ETag,
    ) -> Result<(), ControlError> {
        let store = self.named(account(), name).await;
        self.0.delete_store(author, &store, version.into()).await
    }

    pub(crate) async fn list_stores(
        &self,
        account: AccountId,
        after: Option<&StoreName>,
        state: Option<State>,
        most: usize,
    ) -> Result<StorePage, ControlError> {
        let stores = Authorized::new(AllStores { account }, &Anybody).unwrap();
        self.0.list_stores(&stores, after, state, most).await
    }

    /// The function that has the name now, judged.
    pub(crate) async fn function(&self, name: &str) -> Authorized<NamedFunction> {
        let name: FunctionName = name.parse().unwrap();
        let function = self.0.named_function(account(), name).await.unwrap();
        Authorized::new(function, &Anybody).unwrap()
    }

    pub(crate) async fn create_function(
        &self,
        author: &Author,
        new: NewFunction,
    ) -> Result<FunctionSummary, FunctionError> {
        let new = Authorized::new(new, &Anybody).unwrap();
        self.0.create_function(author, &new).await
    }

    pub(crate) async fn describe_function(
        &self,
        name: &str,
        stage: FunctionStage,
    ) -> Result<FunctionSummary, FunctionError> {
        self.0
            .describe_function(&self.function(name).await, stage)
            .await
    }

    pub(crate) async fn update_function(
        &self,
        author: &Author,
        name: &str,
        version: ETag,
        config: FunctionConfig,
        code: FunctionCode,
    ) -> Result<FunctionSummary, FunctionError> {
        let function = self.function(name).await;
        self.0
            .update_function(author, &function, version.into(), config, code)
            .await
    }

    pub(crate) async fn publish_function(
        &self,
        author: &Author,
        name: &str,
        version: ETag,
    ) -> Result<FunctionSummary, FunctionError> {
        let function = self.function(name).await;
        self.0
            .publish_function(author, &function, version.into())
            .await
    }

    pub(crate) async fn delete_function(
        &self,
        author: &Author,
        name: &str,
        version: ETag,
    ) -> Result<(), FunctionError> {
        let function = self.function(name).await;
        self.0
            .delete_function(author, &function, version.into())
            .await
    }

    pub(crate) async fn test_function(
        &self,
        name: &str,
        request: TestRequest,
    ) -> Result<FunctionTested, FunctionError> {
        self.0
            .test_function(&self.function(name).await, request)
            .await
    }

    pub(crate) async fn list_functions(
        &self,
        after: Option<&FunctionPlace>,
        stage: Option<FunctionStage>,
        most: usize,
    ) -> Result<FunctionPage, FunctionError> {
        let all = AllFunctions { account: account() };
        let all = Authorized::new(all, &Anybody).unwrap();
        self.0.list_functions(&all, after, stage, most).await
    }

    pub(crate) async fn describe_contents(
        &self,
        arn: &StoreArn,
    ) -> Result<DataDescription, DataError> {
        self.0.describe_contents(&judged(arn)).await
    }

    pub(crate) async fn get_key(&self, arn: &StoreArn, key: &str) -> Result<KeyRead, DataError> {
        self.0.get_key(&judged(arn), key).await
    }

    pub(crate) async fn list_keys(
        &self,
        arn: &StoreArn,
        after: Option<&str>,
        most: usize,
    ) -> Result<KeyPage, DataError> {
        self.0.list_keys(&judged(arn), after, most).await
    }

    pub(crate) async fn put_key(
        &self,
        author: &Author,
        arn: &StoreArn,
        version: ETag,
        key: Key,
        value: Value,
    ) -> Result<Written, DataError> {
        self.0
            .put_key(author, &judged(arn), version.into(), key, value)
            .await
    }

    pub(crate) async fn delete_key(
        &self,
        author: &Author,
        arn: &StoreArn,
        version: ETag,
        key: Key,
    ) -> Result<Written, DataError> {
        self.0
            .delete_key(author, &judged(arn), version.into(), key)
            .await
    }

    pub(crate) async fn update_keys(
        &self,
        author: &Author,
        arn: &StoreArn,
        version: ETag,
        edits: &[Edit],
    ) -> Result<Written, DataError> {
        self.0
            .update_keys(author, &judged(arn), version.into(), edits)
            .await
    }
}
