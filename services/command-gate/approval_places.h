#ifndef U2FI_SERVICES_COMMAND_GATE_APPROVAL_PLACES_H_
#define U2FI_SERVICES_COMMAND_GATE_APPROVAL_PLACES_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "u2fi/command_gate/records/v1/records.pb.h"

namespace u2fi::command_gate {

// Most open approvals of one account and at one gateway (wire.md, sizes). An
// account has one place more, for a requester who has none of the others: a
// thief's questions do not keep the owner from asking (decisions A20).
inline constexpr int kMaxOpenPerAccount = 3;
inline constexpr int kMaxOpenPerGateway = 16;

// The keys of all places that the approvers of `row` may take.
std::vector<std::string> PlaceKeys(const records::v1::CommandRow& row);

// Which places are free, as read from the store, and takes some. Not
// thread-safe.
class ApprovalPlaces {
 public:
  // Who asked for the command with that id.
  using RequesterOf =
      std::function<absl::StatusOr<std::string>(const std::string&)>;

  // An account gets `per_account` places besides the one that is kept, at most
  // kMaxOpenPerAccount.
  explicit ApprovalPlaces(RequesterOf requester_of,
                          int per_account = kMaxOpenPerAccount)
      : per_account_(per_account), requester_of_(std::move(requester_of)) {}

  // What the store has under `key`: the id of the command that took the place,
  // or "".
  void Add(const std::string& key, const std::string& command_id);

  // The key of a place that was free; empty: none is. Errors are those of
  // RequesterOf.
  absl::StatusOr<std::string> TakeOfAccount(const std::string& account,
                                            absl::string_view requester);
  std::string TakeOfGateway(const std::string& gateway);

 private:
  using KeyOf = std::string (*)(absl::string_view, int);
  std::string TakeFirst(const std::string& of, int count, KeyOf key);

  const int per_account_;
  const RequesterOf requester_of_;
  std::set<std::string> free_;
  // Ids of commands, by place.
  std::map<std::string, std::string> taken_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_APPROVAL_PLACES_H_
