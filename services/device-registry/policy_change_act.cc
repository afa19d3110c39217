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
using records::v1::AccountRow;
using records::v1::ModelRow;
using records::v1::SiteRow;

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
  // Whether the account may agree by a touch at that site.
  absl::StatusOr<bool> MayAgree(const std::string& account,
                                const std::string& site);
  // Keeps the agreements of others that they could give still.
  absl::Status KeepStanding();
  absl::StatusOr<bool> Stands(const v1::PolicyAgreement& agreement);

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
  // Of others.
  std::vector<v1::PolicyAgreement> standing_;
};

absl::Status PolicyChangeAct::Check() {
  RETURN_IF_ERROR(CheckPlace());
  RETURN_IF_ERROR(CheckChange());
  RETURN_IF_ERROR(CheckGuardian());
  return KeepStanding();
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
  ASSIGN_OR_RETURN(const bool may, MayAgree(act_.id, gateway_.site()));
  if (may) return absl::OkStatus();
  return Error(reason::kNotAGuardian,
               "the account may not agree to a change of the policy",
               {{"account", act_.id}});
}

absl::StatusOr<bool> PolicyChangeAct::MayAgree(const std::string& account,
                                               const std::string& site) {
  const auto& guardians = policy_.guardians();
  if (!guardians.empty()) {
    return std::find(guardians.begin(), guardians.end(), account) !=
           guardians.end();
  }
  ASSIGN_OR_RETURN(const auto row, change_.Read<SiteRow>(key::Site(site)));
  return row.has_value() && row->site().owner() == account;
}

absl::Status PolicyChangeAct::KeepStanding() {
  const v1::PolicyChange& waits = *FindPending(policy_, arguments_.resource());
  for (const v1::PolicyAgreement& agreement : waits.agreements()) {
    if (agreement.account() == act_.id) continue;
    ASSIGN_OR_RETURN(const bool stands, Stands(agreement));
    if (stands) standing_.push_back(agreement);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PolicyChangeAct::Stands(
    const v1::PolicyAgreement& agreement) {
  ASSIGN_OR_RETURN(const auto row,
                   change_.Read<AccountRow>(key::Account(agreement.account())));
  if (!row.has_value() || row->account().erased()) return false;
  const auto& keys = row->account().keys();
  const bool has_key = std::any_of(
      keys.begin(), keys.end(), [&agreement](const v1::AccountKey& key) {
        return key.active() && key.token_id() == agreement.token_id();
      });
  if (!has_key) return false;
  return MayAgree(agreement.account(), agreement.site());
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
  *agreed.mutable_agreements() = {standing_.begin(), standing_.end()};
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
