use keyfront_model::{AccountId, FunctionStage, Invalid, StoreArn, TagKey, Tags};
use keyfront_replica::Snapshot;
use keyfront_storage::{Author, ResourceId, ResourceTags};

use crate::authorized::TaggedResource;
use crate::commit::{Choice, Decision};
use crate::{Authorized, ControlError, Service};

impl Service {
    /// ListTagsForResource.
    pub async fn list_tags(
        &self,
        target: &Authorized<TaggedResource>,
    ) -> Result<Tags, ControlError> {
        let snapshot = self.snapshot().await?;
        let found = Tagged::find(&snapshot, target.target())?;
        Ok(snapshot
            .tags(found.resource)
            .map(|found| found.tags.clone())
            .unwrap_or_default())
    }

    /// TagResource: adds tags; one that is there gets the new value.
    pub async fn add_tags(
        &self,
        author: &Author,
        target: &Authorized<TaggedResource>,
        added: &Tags,
    ) -> Result<(), ControlError> {
        self.change_tags(author, target.target(), |tags| tags.with(added))
            .await
    }

    /// UntagResource: removes tags; one that is not there is passed over.
    pub async fn remove_tags(
        &self,
        author: &Author,
        target: &Authorized<TaggedResource>,
        removed: &[TagKey],
    ) -> Result<(), ControlError> {
        self.change_tags(author, target.target(), |tags| Ok(tags.without(removed)))
            .await
    }

    async fn change_tags(
        &self,
        author: &Author,
        target: &TaggedResource,
        change: impl Fn(&Tags) -> Result<Tags, Invalid>,
    ) -> Result<(), ControlError> {
        self.decide(author, |snapshot| {
            let Tagged { resource, owner } = Tagged::find(snapshot, target)?;
            let found = snapshot.tags(resource);
            let before = found.map(|found| found.tags.clone()).unwrap_or_default();
            let tags = change(&before).map_err(|invalid| ControlError::InvalidTags(invalid.0))?;
            if tags == before {
                return Ok(Choice::Answer(()));
            }
            let lives = snapshot.configured_at(resource);
            let decision =
                Decision::on(snapshot, resource, owner).given_at(resource.configuration(), lives);
            let decision = match found {
                Some(found) if tags.is_empty() => decision.delete(found),
                _ => decision.put(found, ResourceTags { resource, tags }),
            };
            Ok(Choice::Commit(decision, ()))
        })
        .await
    }
}

/// A resource that there is.
struct Tagged {
    resource: ResourceId,
    owner: AccountId,
}

impl Tagged {
    fn find(snapshot: &Snapshot, target: &TaggedResource) -> Result<Self, ControlError> {
        let found = match target {
            TaggedResource::Store(store) => Self::store(snapshot, store.arn()),
            TaggedResource::Function(function) => {
                let found = function
                    .id()
                    .and_then(|id| snapshot.function(id, FunctionStage::Development));
                found.map(|function| Self {
                    resource: function.id.into(),
                    owner: function.account,
                })
            }
        };
        found.ok_or(ControlError::NotFound)
    }

    fn store(snapshot: &Snapshot, arn: &StoreArn) -> Option<Self> {
        let store = snapshot.store(arn.id)?;
        (store.account == arn.account).then_some(Self {
            resource: arn.id.into(),
            owner: arn.account,
        })
    }
}
