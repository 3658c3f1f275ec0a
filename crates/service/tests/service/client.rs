//! A caller who may do everything, in the words of the operations.

use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use crate::common::account;

use keyfront_model::{
    AccountId, Comment, ETag, Key, S3Arn, State, Store, StoreArn, StoreName, Value,
};
use keyfront_service::{
    AllStores, Author, Authorized, ControlError, DataDescription, DataError, Edit, Judge, KeyPage,
    KeyRead, NamedStore, NewStore, Resource, Service, StorePage, Written,
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
