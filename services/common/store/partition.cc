#include "services/common/store/partition.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::store {
namespace {

constexpr size_t kMaxIdSize = 64;

bool IsLetterOrDigit(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

bool IsId(absl::string_view id) {
  return !id.empty() && id.size() <= kMaxIdSize &&
         IsLetterOrDigit(id.front()) && IsLetterOrDigit(id.back()) &&
         std::all_of(id.begin(), id.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

absl::Status CheckId(absl::string_view field, absl::string_view id) {
  if (IsId(id)) return absl::OkStatus();
  return Error(reason::kStorePartitionInvalid,
               absl::StrCat("the partition's ", field, " is not an id"),
               {{"field", std::string(field)}});
}

}  // namespace

absl::StatusOr<Partition> Partition::Make(absl::string_view service,
                                          absl::string_view tenant) {
  absl::Status status = CheckId("service", service);
  if (status.ok()) status = CheckId("tenant", tenant);
  if (!status.ok()) return status;
  return Partition(std::string(service), std::string(tenant));
}

}  // namespace u2fi::store
