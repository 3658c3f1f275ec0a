use keyfront_access::{Action, Context, Decision};

use crate::error::Refusal;
use crate::plane::{Call, Plane};

impl Call<'_> {
    /// Whether the caller may do what is asked with a resource; with one of another account nobody
    /// may, whether it exists or not.
    pub(crate) fn authorize<P: Plane>(&self, resource: &str) -> Result<(), Refusal<P::Code>> {
        let action = Action {
            service: P::SERVICE,
            name: self.operation,
        };
        self.authorize_action::<P>(action, resource)
    }

    /// Whether the caller may do an action of any service with a resource.
    pub(crate) fn authorize_action<P: Plane>(
        &self,
        action: Action<'_>,
        resource: &str,
    ) -> Result<(), Refusal<P::Code>> {
        match self.key.decide(action, resource, &self.context()) {
            Decision::Allowed => Ok(()),
            Decision::Denied(denial) => {
                Err(P::denied(denial.message(self.key.arn(), action, resource)))
            }
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            source_ip: Some(self.peer.address.ip()),
            secure: self.peer.secure,
            user_agent: self.header("user-agent"),
            now: self.now,
        }
    }
}
