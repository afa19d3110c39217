#ifndef U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_ACT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_ACT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/proof/command.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

// What the acts of an account on itself have in common: whose it is, that its
// own key approved it at a gateway of its own, and what is written about it.
namespace u2fi::device_registry {

// The account that the command is on.
struct AccountAct {
  std::string id;
  // As it is, and as it is to be.
  records::v1::AccountRow row;

  v1::Account& account() { return *row.mutable_account(); }
};

// INVALID_FIELD if a transaction comes with it, COMMAND_FORMAT if the command
// is on a device, RESOURCE_UNKNOWN without such an account.
absl::StatusOr<AccountAct> ReadAccountAct(Change& change, const ApplyCase& in);

// VerifyAccountProof() with the active keys and the gateways of the account;
// the gateways of the touches as AccountTouches::Read() wants them.
absl::Status VerifyAccountAct(Change& change, const ApplyCase& in,
                              const AccountAct& act,
                              const std::string& rp_id_hash);

// How good a touch is whose proof was verified.
struct TouchQuality {
  // Of the key, as the account has it.
  uint32_t level = 0;
  bool user_verified = false;
};
TouchQuality QualityOf(const proof::v1::Approval& touch,
                       const v1::Account& account);

// Puts the account and an audit row about it and `subjects` into `change`.
// Returns the name of the account.
std::string PutAccountAct(Change& change, const ApplyCase& in, AccountAct act,
                          const std::vector<std::string>& subjects);

// The arguments of the command: ARGUMENTS_FORMAT.
template <typename Arguments>
absl::StatusOr<Arguments> ArgumentsOf(const ApplyCase& in) {
  return proof::Parse<Arguments>(in.command.arguments(), proof::kMaxArguments,
                                 reason::kArgumentsFormat);
}

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_ACT_H_
