#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TRANSACTIONS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TRANSACTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// The way of a device to its owner, up to the touch:
//   ARMED → STAGED → COMMITTED (Apply) → CONFIRMED
// ROLLED_BACK from the first two at the deadline, ALARM from COMMITTED if the
// device does not confirm in time (Sweeper). The transaction's id is that of
// the command. Thread-safe. Errors are those of registry.proto.
class Transactions {
 public:
  // `store` must outlive this object.
  explicit Transactions(RegistryStore& store) : store_(store) {}

  // Idempotent by command id. One device, permanent; others are UNIMPLEMENTED.
  // A device that is in another transaction of the same account, not yet
  // committed, leaves it: that one is rolled back in the same commit.
  absl::StatusOr<v1::ArmResponse> Arm(const rpc::Caller& caller,
                                      const v1::ArmRequest& request);

  // For each proof the first step that fails is the answer:
  //   open       the transaction is ARMED, or STAGED by the same gateway, and
  //              its deadline has not passed
  //   gateway    it is ACTIVE and at the transaction's site
  //   device     it is in the transaction, and names it
  //   signature  the factory key of the registry's record signed the nonce,
  //              the transaction and the gateway's key
  absl::StatusOr<v1::StageResponse> Stage(const rpc::Caller& caller,
                                          const v1::StageRequest& request);

 private:
  RegistryStore& store_;
};

// What falls due for a transaction.
inline constexpr char kTransactionTimer[] = "tx";

// Moves a transaction that is not committed to ROLLED_BACK: its devices are
// CLAIMED again, its timer goes.
absl::Status RollBack(Change& change, records::v1::TransactionRow row,
                      absl::string_view reason);

// Gives the transaction a timer at `due_ms` in place of its present one.
void SetTimer(Change& change, uint64_t due_ms,
              records::v1::TransactionRow& row);
void ClearTimer(Change& change, records::v1::TransactionRow& row);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TRANSACTIONS_H_
