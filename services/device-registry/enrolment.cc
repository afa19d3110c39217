#include "services/device-registry/enrolment.h"

#include <utility>
#include <vector>

#include "services/common/fido/cose_key.h"
#include "services/common/proof/account_proof.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_act.h"
#include "services/device-registry/account_touches.h"
#include "services/device-registry/recoveries.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using proof::v1::EnrolArguments;
using records::v1::AccountRow;
using records::v1::EnrolmentRow;
using records::v1::RecoveryRow;

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
  absl::Status ReadRecovery();
  absl::Status CheckKey();
  absl::Status CheckGateways();
  absl::Status CheckProof();
  absl::Status CheckSite();
  absl::Status CheckNew();
  void PutKey();
  std::string Put();

  // Whether nobody else has to approve.
  bool first() const {
    return row_.account().keys().empty() || recovery_.has_value();
  }
  const proof::v1::Registration& registration() const {
    return in_.request.evidence().registration();
  }
  Change& change_;
  const ApplyCase& in_;
  const std::string& rp_id_hash_;
  std::string account_;
  EnrolArguments arguments_;
  AccountRow row_;
  // What lets the token in as if it were the first.
  absl::optional<RecoveryRow> recovery_;
  // Of a key that is not P-256.
  std::string cose_;
  AccountTouches touches_;
};

absl::StatusOr<std::string> Enrolment::Run() {
  constexpr absl::Status (Enrolment::*kSteps[])() = {
      &Enrolment::Read,       &Enrolment::CheckKey,  &Enrolment::CheckGateways,
      &Enrolment::CheckProof, &Enrolment::CheckSite, &Enrolment::CheckNew};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  return Put();
}

absl::Status Enrolment::Read() {
  ASSIGN_OR_RETURN(AccountAct act, ReadAccountAct(change_, in_));
  account_ = std::move(act.id);
  row_ = std::move(act.row);
  ASSIGN_OR_RETURN(arguments_, ArgumentsOf<EnrolArguments>(in_));
  return arguments_.recovery() ? absl::OkStatus() : ReadRecovery();
}

absl::Status Enrolment::ReadRecovery() {
  ASSIGN_OR_RETURN(const bool keyless, change_.Exists(key::Keyless(account_)));
  if (row_.account().keys().empty() && !keyless) return absl::OkStatus();
  ASSIGN_OR_RETURN(recovery_, OpenRecovery(change_, account_, in_.now_ms));
  if (!keyless || recovery_.has_value()) return absl::OkStatus();
  return Error(reason::kNoCredentials,
               "the account lost its last token; the next one needs a recovery",
               {{"account", account_}});
}

absl::Status Enrolment::CheckKey() {
  const std::string& key = registration().public_key();
  ASSIGN_OR_RETURN(const fido::CredentialKey parsed,
                   fido::CredentialKey::FromStored(key));
  if (parsed.Stored() != key) {
    return Error(reason::kPublicKeyInvalid,
                 "the key is not in the form in which keys are kept");
  }
  if (!parsed.p256().has_value()) cose_ = key;
  if (!first() || !arguments_.recovery()) return absl::OkStatus();
  return Error(reason::kNoCredentials,
               "a recovery token comes after one that approves",
               {{"account", account_}});
}

absl::Status Enrolment::CheckGateways() {
  ASSIGN_OR_RETURN(touches_, AccountTouches::Read(change_, in_));
  // A recovery says who approves, not where.
  if (!recovery_.has_value() || row_.account().gateways().empty()) {
    return absl::OkStatus();
  }
  return touches_.CheckOwn(row_.account());
}

absl::Status Enrolment::CheckProof() {
  v1::Account believed = row_.account();
  if (recovery_.has_value()) believed.clear_keys();
  ASSIGN_OR_RETURN(proof::AccountInputs inputs,
                   touches_.InputsFor(in_, account_, believed, rp_id_hash_));
  inputs.new_key =
      BelievedKey(arguments_.token_id(),
                  cose_.empty() ? registration().public_key() : "", cose_);
  inputs.registration = registration();
  return proof::VerifyAccountProof(in_.bytes, in_.proof, inputs).status();
}

absl::Status Enrolment::CheckSite() {
  std::string limit;
  if (first() && !touches_.gateways().empty()) {
    const std::string& site = touches_.gateways().begin()->second.site();
    ASSIGN_OR_RETURN(const v1::Site row, RequireSite(change_, site));
    if (row.owner() != account_) limit = site;
  }
  if (arguments_.lease_site() == limit) return absl::OkStatus();
  return Error(reason::kPlaceNotAllowed,
               "the token is not limited to the site where it is enrolled",
               {{"lease_site", arguments_.lease_site()}});
}

absl::Status Enrolment::CheckNew() {
  ASSIGN_OR_RETURN(const bool revoked,
                   change_.Exists(key::RevokedToken(arguments_.token_id())));
  if (revoked) {
    return Error(reason::kTokenRevoked, "the token was revoked meanwhile",
                 {{"token", arguments_.token_id()}});
  }
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

void Enrolment::PutKey() {
  v1::Account& account = *row_.mutable_account();
  if (first() && arguments_.lease_site().empty() &&
      account.gateways().empty() && !touches_.gateways().empty()) {
    const auto& [id, gateway] = *touches_.gateways().begin();
    proof::v1::AccountGateway& own = *account.add_gateways();
    own.set_id(id);
    own.set_channel_key(gateway.channel_key());
  }
  v1::AccountKey& key = *account.add_keys();
  key.set_token_id(arguments_.token_id());
  if (cose_.empty()) key.set_point(registration().public_key());
  key.set_public_key(cose_);
  key.set_level(arguments_.level());
  key.set_active(true);
  key.set_lease_site(arguments_.lease_site());
  key.set_recovery(arguments_.recovery());
  if (!recovery_.has_value()) return;
  *key.mutable_recover_time() = ToTimestamp(static_cast<int64_t>(in_.now_ms));
  UseRecovery(change_, account_, *recovery_, arguments_.token_id());
  change_.Remove(key::Keyless(account_));
}

std::string Enrolment::Put() {
  PutKey();
  EnrolmentRow enrolment;
  *enrolment.mutable_enrolment()->mutable_registration() = registration();
  enrolment.mutable_enrolment()->set_command(in_.bytes);
  *enrolment.mutable_enrolment()->mutable_proof() = in_.proof;
  change_.Put(key::Enrolment(account_, arguments_.token_id()),
              std::move(enrolment));
  std::vector<std::string> subjects = {"tokens/" + arguments_.token_id()};
  if (recovery_.has_value()) {
    subjects.push_back("recoveries/" + recovery_->recovery());
  }
  return PutAccountAct(change_, in_, {account_, std::move(row_)}, subjects);
}

}  // namespace

absl::StatusOr<std::string> ApplyEnrolment(Change& change, const ApplyCase& in,
                                           const std::string& rp_id_hash) {
  return Enrolment(change, in, rp_id_hash).Run();
}

}  // namespace u2fi::device_registry
