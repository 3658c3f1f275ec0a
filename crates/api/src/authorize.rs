use keyfront_access::{Action, Context, Decision};
use keyfront_model::S3Arn;
use keyfront_service::{Judge, Resource};

use crate::call::Call;
use crate::operation::Operation;
use crate::plane::Plane;

/// The caller of one operation, judged by the policies of the access key.
pub(crate) struct Caller<'c> {
    call: &'c Call<'c>,
    action: Action<'static>,
}

impl<'c> Caller<'c> {
    /// The caller, who wants to do an operation. Its action in a policy has its name.
    pub(crate) fn of<O: Operation>(call: &'c Call<'c>) -> Self {
        Self {
            call,
            action: Action {
                service: O::Plane::SERVICE,
                name: O::NAME,
            },
        }
    }

    /// Whether the caller may do an action of any service with a resource. The text of a denial names it
    /// as the caller `asked` for it: it is the same whether there is such a resource or not.
    fn may(&self, action: Action<'_>, resource: &str, asked: &str) -> Result<(), String> {
        let key = &self.call.key;
        match key.decide(action, resource, &self.context()) {
            Decision::Allowed => Ok(()),
            Decision::Denied(denial) => Err(denial.message(key.arn(), action, asked)),
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            source_ip: Some(self.call.peer.address.ip()),
            secure: self.call.peer.secure,
            user_agent: self.call.header("user-agent"),
            now: self.call.now,
        }
    }
}

impl Judge for Caller<'_> {
    type Denied = String;

    fn operation(&self, resource: &Resource) -> Result<(), String> {
        let judged = resource.by_id.as_deref().unwrap_or(&resource.arn);
        self.may(self.action, judged, resource.asked())
    }

    /// The caller of an import needs these rights at S3, as at AWS.
    fn import(&self, object: &S3Arn) -> Result<(), String> {
        let rights = [
            ("GetObject", object.to_string()),
            ("GetBucketLocation", object.bucket_arn()),
        ];
        rights.into_iter().try_for_each(|(name, arn)| {
            let action = Action {
                service: "s3",
                name,
            };
            self.may(action, &arn, &arn)
        })
    }
}
