use keyfront_model::{Invalid, StoreArn, TagKey, Tags};
use keyfront_storage::{Author, ResourceTags};

use crate::commit::{Choice, Decision};
use crate::{Authorized, ControlError, Service, TaggedStore};

impl Service {
    /// ListTagsForResource.
    pub async fn list_tags(&self, store: &Authorized<TaggedStore>) -> Result<Tags, ControlError> {
        let arn = store.target().arn();
        let snapshot = self.snapshot().await?;
        let store = snapshot
            .store(arn.id)
            .filter(|store| store.account == arn.account);
        store.ok_or(ControlError::NotFound)?;
        Ok(snapshot
            .tags(arn.id)
            .map(|found| found.tags.clone())
            .unwrap_or_default())
    }

    /// TagResource: adds tags; one that is there gets the new value.
    pub async fn add_tags(
        &self,
        author: &Author,
        store: &Authorized<TaggedStore>,
        added: &Tags,
    ) -> Result<(), ControlError> {
        self.change_tags(author, store.target().arn(), |tags| tags.with(added))
            .await
    }

    /// UntagResource: removes tags; one that is not there is passed over.
    pub async fn remove_tags(
        &self,
        author: &Author,
        store: &Authorized<TaggedStore>,
        removed: &[TagKey],
    ) -> Result<(), ControlError> {
        self.change_tags(author, store.target().arn(), |tags| {
            Ok(tags.without(removed))
        })
        .await
    }

    async fn change_tags(
        &self,
        author: &Author,
        arn: &StoreArn,
        change: impl Fn(&Tags) -> Result<Tags, Invalid>,
    ) -> Result<(), ControlError> {
        self.decide(author, |snapshot| {
            let store = snapshot
                .store(arn.id)
                .filter(|store| store.account == arn.account)
                .ok_or(ControlError::NotFound)?;
            let found = snapshot.tags(arn.id);
            let before = found.map(|found| found.tags.clone()).unwrap_or_default();
            let tags = change(&before).map_err(|invalid| ControlError::InvalidTags(invalid.0))?;
            if tags == before {
                return Ok(Choice::Answer(()));
            }
            let decision = Decision::on(snapshot, arn.id, arn.account).given(store);
            let decision = match found {
                Some(found) if tags.is_empty() => decision.delete(found),
                _ => decision.put(
                    found,
                    ResourceTags {
                        resource: arn.id.into(),
                        tags,
                    },
                ),
            };
            Ok(Choice::Commit(decision, ()))
        })
        .await
    }
}
