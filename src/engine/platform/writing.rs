//! The calls that write agents, one function each. None can be sent without proof that it is on record (see `base`).

use bytes::Bytes;
use serde_json::json;

use super::bodies::answers::{self, CreatedAgent, Version};
use super::client::{AGENT_SWITCH, Client, Meter};
use super::transport::Request;
use crate::base::{
    Call, CallFailure, FailureKind, RecordedCreate, RecordedPublish, RecordedRetreat, RecordedUpdate,
};

/// What `publish` answers when there is nothing to publish (PLATFORM.md, Calls).
const NOTHING_TO_PUBLISH: u16 = 409;

impl Client {
    /// `PATCH /agent/v1/update`: the body of the answer, which holds the draft. It sets a state, so that silence is followed
    /// by the same again; whether an earlier try may have been carried out although this fails, `meter.unanswered` tells.
    pub async fn update_agent(
        &self,
        intent: &dyn RecordedUpdate,
        meter: &mut Meter,
    ) -> Result<Bytes, CallFailure> {
        let fields = intent.fields().get().trim().trim_start_matches('{');
        let comma = if fields.trim_start().starts_with('}') { "" } else { "," };
        // Put together as text, so that numbers keep every digit.
        let body = format!(r#"{{"agentId":"{}"{comma}{fields}"#, intent.agent());
        let request = Request::patch(self.address("/agent/v1/update"), body);
        let answer = self.call(Call::Update, &request, meter).await?;
        self.carried_out(Call::Update, &answer, meter)?;
        Ok(answer)
    }

    /// `POST /agent/v1/publish`, likewise; `None` when there was nothing to publish.
    pub async fn publish_agent(
        &self,
        intent: &dyn RecordedPublish,
        meter: &mut Meter,
    ) -> Result<Option<Version>, CallFailure> {
        let body = json!({"agentId": intent.agent().to_string()}).to_string();
        let request = Request::post(self.address("/agent/v1/publish"), body);
        match self.call(Call::Publish, &request, meter).await {
            Ok(answer) => {
                self.carried_out(Call::Publish, &answer, meter)?;
                Ok(Some(answers::read_version(&answer)))
            }
            Err(CallFailure { kind: FailureKind::Refused { status: NOTHING_TO_PUBLISH }, .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// `POST /agent/v1/create`. It makes something each time: only 429, which is an answer, is followed by another try.
    pub async fn create_agent(
        &self,
        intent: &dyn RecordedCreate,
        meter: &mut Meter,
    ) -> Result<CreatedAgent, CallFailure> {
        let body = intent.proposed().get().to_owned();
        let request = Request::post(self.address("/agent/v1/create"), body).sent_once();
        let answer = self.call(Call::Create, &request, meter).await?;
        self.carried_out(Call::Create, &answer, meter)?;
        answers::read_created(&answer).map_err(|words| {
            meter.count_unanswered();
            self.nonsense(Call::Create, 201, words)
        })
    }

    /// `PATCH /agent/v1/disable` with `disabled: true`, for an agent that this program has made, since no call deletes it.
    pub async fn disable_agent(
        &self,
        intent: &dyn RecordedRetreat,
        meter: &mut Meter,
    ) -> Result<(), CallFailure> {
        let wanted = json!({"agentId": intent.agent().to_string(), "disabled": true}).to_string();
        let request = Request::patch(self.address(AGENT_SWITCH), wanted);
        let answer = self.call(Call::DisableAgent, &request, meter).await?;
        self.carried_out(Call::DisableAgent, &answer, meter)
    }

    /// Nothing but `"status":"success"` means that it was carried out.
    fn carried_out(&self, call: Call, answer: &Bytes, meter: &mut Meter) -> Result<(), CallFailure> {
        answers::read_switched(answer).map_err(|words| {
            meter.count_unanswered();
            self.nonsense(call, 200, words)
        })
    }
}
