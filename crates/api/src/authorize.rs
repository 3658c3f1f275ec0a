use keyfront_access::{Action, Context, Decision, Resource};
use keyfront_model::S3Arn;
use keyfront_service::Judge;

use crate::call::Call;
use crate::operation::Operation;
use crate::plane::Plane;
use crate::text::cut;

/// The right at S3 to an object that is imported.
const GET_OBJECT: Action<'static> = Action {
    service: "s3",
    name: "GetObject",
};

/// The right at S3 to the bucket of an object that is imported.
const GET_BUCKET_LOCATION: Action<'static> = Action {
    service: "s3",
    name: "GetBucketLocation",
};

/// The rights at S3 that the caller of an import needs, as at AWS.
pub(crate) const IMPORT_RIGHTS: [Action<'static>; 2] = [GET_OBJECT, GET_BUCKET_LOCATION];

/// The caller of one operation, judged by the policies of the access key.
pub(crate) struct Caller<'c, 'a> {
    call: &'c Call<'a>,
    action: Action<'static>,
}

impl<'c, 'a> Caller<'c, 'a> {
    /// The caller of an operation, whose name is also that of its action in a policy.
    pub(crate) fn of<O: Operation>(call: &'c Call<'a>) -> Self {
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
    fn may(&self, action: Action<'_>, resource: Resource<'_>, asked: &str) -> Result<(), String> {
        let key = &self.call.key;
        match key.decide(action, resource, &self.context()) {
            Decision::Allowed => Ok(()),
            Decision::Denied(denial) => Err(denial.message(key.arn(), action, &cut(asked))),
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

impl Judge for Caller<'_, '_> {
    type Denied = String;

    fn operation(&self, resource: &keyfront_service::Resource) -> Result<(), String> {
        let judged = match &resource.by_id {
            Some(by_id) => Resource::with_name_and_id(&resource.arn, by_id),
            None => Resource::new(&resource.arn),
        };
        self.may(self.action, judged, resource.asked())
    }

    fn import(&self, object: &S3Arn) -> Result<(), String> {
        let rights = [
            (GET_OBJECT, object.to_string()),
            (GET_BUCKET_LOCATION, object.bucket_arn()),
        ];
        rights
            .into_iter()
            .try_for_each(|(action, arn)| self.may(action, Resource::new(&arn), &arn))
    }
}
