#include "services/device-registry/account_act.h"

#include <utility>

#include "services/common/proof/account_proof.h"
#include "services/common/proof/ids.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_touches.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {
namespace {

// Where authenticator data has its flags, and the one for a verified user.
constexpr size_t kFlagsAt = 32;
constexpr uint8_t kUserVerified = 0x04;

}  // namespace

absl::StatusOr<AccountAct> ReadAccountAct(Change& change, const ApplyCase& in) {
  if (!in.request.transaction().empty()) {
    return FieldError("transaction", "goes with a pin set only");
  }
  const auto target = proof::AccountOfTarget(in.command.device());
  if (!target.has_value()) {
    return Error(reason::kCommandFormat, "the command is not on an account");
  }
  AccountAct act;
  act.id = std::string(*target);
  ASSIGN_OR_RETURN(act.row, RequireAccount(change, act.id));
  return act;
}

absl::Status VerifyAccountAct(Change& change, const ApplyCase& in,
                              const AccountAct& act,
                              const std::string& rp_id_hash) {
  ASSIGN_OR_RETURN(const AccountTouches touches,
                   AccountTouches::Read(change, in));
  ASSIGN_OR_RETURN(
      const proof::AccountInputs inputs,
      touches.InputsFor(in, act.id, act.row.account(), rp_id_hash));
  return proof::VerifyAccountProof(in.bytes, in.proof, inputs).status();
}

TouchQuality QualityOf(const proof::v1::Approval& touch,
                       const v1::Account& account) {
  TouchQuality quality;
  const std::string& data = touch.authenticator_data();
  quality.user_verified =
      data.size() > kFlagsAt &&
      (static_cast<uint8_t>(data[kFlagsAt]) & kUserVerified) != 0;
  for (const v1::AccountKey& key : account.keys()) {
    if (key.token_id() == touch.token_id()) quality.level = key.level();
  }
  return quality;
}

std::string PutAccountAct(Change& change, const ApplyCase& in, AccountAct act,
                          const std::vector<std::string>& subjects) {
  audit::RowContent content = RowAboutCase(audit::v1::ROW_KIND_ADMIN, in);
  std::string name = AccountName(act.id);
  content.subjects.push_back(name);
  content.subjects.insert(content.subjects.end(), subjects.begin(),
                          subjects.end());
  change.Audit(std::move(content));
  PutAccount(change, std::move(act.row));
  return name;
}

}  // namespace u2fi::device_registry
