#include "services/device-registry/policy_change_act.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "services/common/crypto/encoding.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_act.h"
#include "services/device-registry/policy_loosening.h"
#include "services/device-registry/policy_pending.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::PolicyChangeArguments;
using records::v1::ModelRow;

// The state of one ApplyPolicyChange().
class PolicyChangeAct {
 public:
  PolicyChangeAct(Change& change, const ApplyCase& in, const AccountAct& act)
      : change_(change), in_(in), act_(act) {}

  absl::Status Check();
  std::string Put();

 private:
  absl::Status CheckPlace();
  absl::Status CheckChange();
  absl::Status CheckGuardian();

  v1::PolicyAgreement Agreement() const;
  // The change holds from now on.
  void Carry(const v1::PolicyChange& agreed);

  Change& change_;
  const ApplyCase& in_;
  const AccountAct& act_;
  PolicyChangeArguments arguments_;
  v1::Gateway gateway_;
  v1::Policy policy_;
  // Of the model that changes, if it is one.
  ModelRow model_;
  Loosening loosening_;
};

absl::Status PolicyChangeAct::Check() {
  RETURN_IF_ERROR(CheckPlace());
  RETURN_IF_ERROR(CheckChange());
  return CheckGuardian();
}

absl::Status PolicyChangeAct::CheckPlace() {
  ASSIGN_OR_RETURN(const auto statement,
                   proof::ParseStatement(in_.proof.approvals(0).statement()));
  if (statement.approver_gateway().empty()) {
    return Error(reason::kPlaceNotAllowed,
                 "a change of policy is not agreed to in a browser");
  }
  ASSIGN_OR_RETURN(gateway_,
                   RequireGateway(change_, statement.approver_gateway()));
  return absl::OkStatus();
}

absl::Status PolicyChangeAct::CheckChange() {
  ASSIGN_OR_RETURN(arguments_, ArgumentsOf<PolicyChangeArguments>(in_));
  ASSIGN_OR_RETURN(policy_, ReadPolicy(change_));
  const v1::PolicyChange* const waits =
      FindPending(policy_, arguments_.resource());
  const bool known =
      waits != nullptr && waits->change() == arguments_.change() &&
      std::equal(waits->looser().begin(), waits->looser().end(),
                 arguments_.looser().begin(), arguments_.looser().end());
  if (!known) {
    return Error(reason::kPolicyChangeUnknown, "no such change waits",
                 {{"resource", arguments_.resource()}});
  }
  if (waits->has_policy()) {
    loosening_ = LooseningOf(policy_, waits->policy());
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(
      model_, change_.Require<ModelRow>(key::Model(PlainId(waits->resource())),
                                        waits->resource()));
  loosening_ = LooseningOf(model_.model(), waits->model());
  return absl::OkStatus();
}

absl::Status PolicyChangeAct::CheckGuardian() {
  const auto& guardians = policy_.guardians();
  bool may =
      std::find(guardians.begin(), guardians.end(), act_.id) != guardians.end();
  if (guardians.empty()) {
    ASSIGN_OR_RETURN(const v1::Site site,
                     RequireSite(change_, gateway_.site()));
    may = site.owner() == act_.id;
  }
  if (may) return absl::OkStatus();
  return Error(reason::kNotAGuardian,
               "the account may not agree to a change of the policy",
               {{"account", act_.id}});
}

v1::PolicyAgreement PolicyChangeAct::Agreement() const {
  const proof::v1::Approval& touch = in_.proof.approvals(0);
  v1::PolicyAgreement agreement;
  agreement.set_account(act_.id);
  agreement.set_token_id(touch.token_id());
  agreement.set_gateway(PlainId(gateway_.name()));
  agreement.set_site(gateway_.site());
  const TouchQuality quality = QualityOf(touch, act_.row.account());
  agreement.set_user_verified(quality.user_verified);
  agreement.set_level(quality.level);
  return agreement;
}

void PolicyChangeAct::Carry(const v1::PolicyChange& agreed) {
  DropPending(policy_, agreed.resource());
  if (agreed.has_model()) {
    const std::string etag = NextEtag(model_.model().etag());
    *model_.mutable_model() = agreed.model();
    model_.mutable_model()->set_etag(etag);
    change_.Announce(v1::EVENT_KIND_POLICY, agreed.resource());
    change_.Put(key::Model(PlainId(agreed.resource())), std::move(model_));
    return;
  }
  v1::Policy next = agreed.policy();
  next.set_etag(NextEtag(policy_.etag()));
  *next.mutable_pending() = policy_.pending();
  for (v1::PolicyChange& other : *next.mutable_pending()) {
    // Others may say by now who can agree.
    other.clear_agreements();
  }
  policy_ = std::move(next);
}

std::string PolicyChangeAct::Put() {
  v1::PolicyChange agreed = *FindPending(policy_, arguments_.resource());
  auto& agreements = *agreed.mutable_agreements();
  agreements.erase(std::remove_if(agreements.begin(), agreements.end(),
                                  [this](const v1::PolicyAgreement& agreement) {
                                    return agreement.account() == act_.id;
                                  }),
                   agreements.end());
  *agreed.add_agreements() = Agreement();
  const bool holds = IsAgreed(loosening_, agreed);
  audit::RowContent content = RowAboutCase(audit::v1::ROW_KIND_ADMIN, in_);
  content.subjects.push_back(AccountName(act_.id));
  content.subjects.push_back(agreed.resource());
  AddDetail(content, "change", crypto::Hex(agreed.change()));
  AddDetail(content, "holds", holds ? "true" : "false");
  change_.Audit(std::move(content));
  if (holds) {
    Carry(agreed);
  } else {
    for (v1::PolicyChange& pending : *policy_.mutable_pending()) {
      if (pending.resource() == agreed.resource()) pending = agreed;
    }
  }
  PutPolicy(change_, std::move(policy_));
  return agreed.resource();
}

}  // namespace

absl::StatusOr<std::string> ApplyPolicyChange(Change& change,
                                              const ApplyCase& in,
                                              const std::string& rp_id_hash) {
  ASSIGN_OR_RETURN(const AccountAct account, ReadAccountAct(change, in));
  RETURN_IF_ERROR(VerifyAccountAct(change, in, account, rp_id_hash));
  PolicyChangeAct act(change, in, account);
  RETURN_IF_ERROR(act.Check());
  return act.Put();
}

}  // namespace u2fi::device_registry
