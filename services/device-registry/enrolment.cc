#include "services/device-registry/enrolment.h"

#include <map>
#include <utility>

#include "services/common/crypto/p256.h"
#include "services/common/proof/account_proof.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::EnrolArguments;
using records::v1::AccountRow;
using records::v1::EnrolmentRow;

// As many as may be asked for one touch.
constexpr int kMaxKeys = 16;

// The state of one ApplyEnrolment().
class Enrolment {
 public:
  Enrolment(Change& change, const ApplyCase& in, const std::string& rp_id_hash)
      : change_(change), in_(in), rp_id_hash_(rp_id_hash) {}

  absl::StatusOr<std::string> Run();

 private:
  absl::Status Read();
  absl::Status CheckBuilt();
  absl::Status CheckGateways();
  absl::Status CheckProof();
  absl::Status CheckSite();
  absl::Status CheckNew();
  std::string Put();

  bool first() const { return row_.account().keys().empty(); }
  const proof::v1::Registration& registration() const {
    return in_.request.evidence().registration();
  }
  absl::StatusOr<proof::AccountGateway> Believed(const std::string& id);

  Change& change_;
  const ApplyCase& in_;
  const std::string& rp_id_hash_;
  std::string account_;
  EnrolArguments arguments_;
  AccountRow row_;
  // Of the touches, by id.
  std::map<std::string, v1::Gateway> gateways_;
};

absl::StatusOr<std::string> Enrolment::Run() {
  constexpr absl::Status (Enrolment::*kSteps[])() = {
      &Enrolment::Read,       &Enrolment::CheckBuilt, &Enrolment::CheckGateways,
      &Enrolment::CheckProof, &Enrolment::CheckSite,  &Enrolment::CheckNew};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  return Put();
}

absl::Status Enrolment::Read() {
  if (!in_.request.transaction().empty()) {
    return FieldError("transaction", "does not go with u2fi.enrol");
  }
  const auto target = proof::AccountOfTarget(in_.command.device());
  if (!target.has_value()) {
    return Error(reason::kCommandFormat, "the command is not on an account");
  }
  account_ = std::string(*target);
  ASSIGN_OR_RETURN(arguments_,
                   proof::Parse<EnrolArguments>(in_.command.arguments(),
                                                proof::kMaxArguments,
                                                reason::kArgumentsFormat));
  ASSIGN_OR_RETURN(row_, RequireAccount(change_, account_));
  return absl::OkStatus();
}

absl::Status Enrolment::CheckBuilt() {
  if (arguments_.recovery()) return NotYet("a recovery token");
  if (registration().public_key().size() != crypto::kP256PointSize) {
    return NotYet("a token whose key is not P-256");
  }
  return absl::OkStatus();
}

absl::Status Enrolment::CheckGateways() {
  for (const proof::v1::Approval& approval : in_.proof.approvals()) {
    ASSIGN_OR_RETURN(const proof::v1::AuthorizationStatement statement,
                     proof::ParseStatement(approval.statement()));
    const std::string& id = statement.approver_gateway();
    if (id.empty()) return NotYet("enrolment in a browser");
    ASSIGN_OR_RETURN(v1::Gateway gateway, RequireGateway(change_, id));
    RETURN_IF_ERROR(CheckActive(gateway));
    if (gateway.channel_key() != statement.channel_key()) {
      return Error(reason::kChannelKeyMismatch,
                   "the statement is for another key of the gateway",
                   {{"gateway", id}});
    }
    gateways_[id] = std::move(gateway);
  }
  return absl::OkStatus();
}

absl::StatusOr<proof::AccountGateway> Enrolment::Believed(
    const std::string& id) {
  const v1::Gateway& gateway = gateways_[id];
  ASSIGN_OR_RETURN(const crypto::P256PublicKey key,
                   crypto::P256PublicKey::FromSpki(gateway.public_key()));
  return proof::AccountGateway{id, gateway.channel_key(), key.point()};
}

absl::Status Enrolment::CheckProof() {
  proof::AccountInputs inputs;
  inputs.tenant = in_.tenant;
  inputs.account = account_;
  inputs.rp_id_hash = rp_id_hash_;
  for (const v1::AccountKey& key : row_.account().keys()) {
    const bool approves = key.active() && key.lease_site().empty();
    if (approves)
      inputs.keys.push_back({key.token_id(), key.point(), {}, false});
  }
  inputs.new_key = proof::AccountKey{
      arguments_.token_id(), registration().public_key(), {}, false};
  inputs.registration = registration();
  for (const auto& [id, gateway] : gateways_) {
    bool own = first();
    for (const proof::v1::AccountGateway& listed : row_.account().gateways()) {
      own |= listed.id() == id && listed.channel_key() == gateway.channel_key();
    }
    if (!own) continue;
    ASSIGN_OR_RETURN(proof::AccountGateway believed, Believed(id));
    inputs.gateways.push_back(std::move(believed));
  }
  if (!first() && inputs.keys.empty()) {
    return Error(reason::kNoCredentials, "the account has no active token",
                 {{"account", account_}});
  }
  inputs.now_ms = in_.now_ms;
  return proof::VerifyAccountProof(in_.bytes, in_.proof, inputs).status();
}

absl::Status Enrolment::CheckSite() {
  std::string limit;
  if (first()) {
    const std::string& site = gateways_.begin()->second.site();
    ASSIGN_OR_RETURN(const v1::Site row, RequireSite(change_, site));
    if (row.owner() != account_) limit = site;
  }
  if (arguments_.lease_site() == limit) return absl::OkStatus();
  return Error(reason::kPlaceNotAllowed,
               "the token is not limited to the site where it is enrolled",
               {{"lease_site", arguments_.lease_site()}});
}

absl::Status Enrolment::CheckNew() {
  for (const v1::AccountKey& key : row_.account().keys()) {
    if (key.token_id() == arguments_.token_id()) {
      return Error(reason::kResourceExists, "the account has this token",
                   {{"token", key.token_id()}});
    }
  }
  if (row_.account().keys_size() < kMaxKeys) return absl::OkStatus();
  return Error(reason::kCredentialLimit, "the account has 16 tokens",
               {{"account", account_}});
}

std::string Enrolment::Put() {
  v1::Account& account = *row_.mutable_account();
  if (first() && arguments_.lease_site().empty()) {
    const auto& [id, gateway] = *gateways_.begin();
    proof::v1::AccountGateway& own = *account.add_gateways();
    own.set_id(id);
    own.set_channel_key(gateway.channel_key());
  }
  v1::AccountKey& key = *account.add_keys();
  key.set_token_id(arguments_.token_id());
  key.set_point(registration().public_key());
  key.set_level(arguments_.level());
  key.set_active(true);
  key.set_lease_site(arguments_.lease_site());
  EnrolmentRow enrolment;
  *enrolment.mutable_enrolment()->mutable_registration() = registration();
  enrolment.mutable_enrolment()->set_command(in_.bytes);
  *enrolment.mutable_enrolment()->mutable_proof() = in_.proof;
  change_.Put(key::Enrolment(account_, arguments_.token_id()),
              std::move(enrolment));
  audit::RowContent content = RowAboutCase(audit::v1::ROW_KIND_ADMIN, in_);
  content.subjects.push_back(account.name());
  content.subjects.push_back("tokens/" + arguments_.token_id());
  change_.Audit(std::move(content));
  std::string name = account.name();
  PutAccount(change_, std::move(row_));
  return name;
}

}  // namespace

absl::StatusOr<std::string> ApplyEnrolment(Change& change, const ApplyCase& in,
                                           const std::string& rp_id_hash) {
  return Enrolment(change, in, rp_id_hash).Run();
}

}  // namespace u2fi::device_registry
