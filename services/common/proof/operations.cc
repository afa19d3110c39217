#include "services/common/proof/operations.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "services/common/status/error.h"

namespace u2fi::proof {
namespace {

using Table = std::map<std::string, v1::OperationInfo, std::less<>>;

const Table& Rows() {
  static const Table* const table = [] {
    auto* rows = new Table;
    const auto* values = v1::ReservedOperation_descriptor();
    for (int i = 0; i < values->value_count(); ++i) {
      const auto& options = values->value(i)->options();
      if (!options.HasExtension(v1::operation)) continue;
      const v1::OperationInfo& row = options.GetExtension(v1::operation);
      rows->emplace(row.name(), row);
    }
    return rows;
  }();
  return *table;
}

bool AllowedByRow(const v1::OperationInfo& row, v1::Purpose purpose) {
  return std::count(row.purposes().begin(), row.purposes().end(), purpose) > 0;
}

constexpr uint64_t kMinuteMs = 60'000;
constexpr uint64_t kDayMs = 1440 * kMinuteMs;

struct Bound {
  v1::Purpose purpose;
  uint64_t milliseconds;
};
constexpr Bound kBounds[] = {{v1::PURPOSE_COMMAND, 15 * kMinuteMs},
                             {v1::PURPOSE_BREAK_GLASS, 15 * kMinuteMs},
                             {v1::PURPOSE_ENROL, 15 * kMinuteMs},
                             {v1::PURPOSE_TOKEN, 15 * kMinuteMs},
                             {v1::PURPOSE_PROVISION, 30 * kMinuteMs},
                             {v1::PURPOSE_LEASE, 7 * kDayMs},
                             {v1::PURPOSE_MOVE, 7 * kDayMs},
                             {v1::PURPOSE_TRANSFER, 7 * kDayMs},
                             {v1::PURPOSE_PINS, 30 * kDayMs},
                             {v1::PURPOSE_UNBIND, 30 * kDayMs}};

}  // namespace

bool IsReserved(absl::string_view operation) {
  return absl::StartsWith(operation, "u2fi.");
}

const v1::OperationInfo* FindReserved(absl::string_view operation) {
  const auto row = Rows().find(operation);
  return row == Rows().end() ? nullptr : &row->second;
}

absl::Status CheckPurpose(absl::string_view operation, v1::Purpose purpose) {
  bool allowed =
      purpose == v1::PURPOSE_COMMAND || purpose == v1::PURPOSE_BREAK_GLASS;
  if (IsReserved(operation)) {
    const v1::OperationInfo* row = FindReserved(operation);
    if (row == nullptr) {
      return Error(reason::kOperationUnknown, "no such reserved operation",
                   {{"operation", std::string(operation)}});
    }
    allowed = AllowedByRow(*row, purpose);
  }
  if (allowed) return absl::OkStatus();
  return Error(reason::kPurposeNotAllowed,
               "the operation is not allowed under this purpose",
               {{"operation", std::string(operation)},
                {"purpose", v1::Purpose_Name(purpose)}});
}

bool IsPurpose(v1::Purpose purpose) {
  return purpose != v1::PURPOSE_UNSPECIFIED && v1::Purpose_IsValid(purpose);
}

bool IsOnAccount(v1::Purpose purpose) {
  return purpose == v1::PURPOSE_ENROL || purpose == v1::PURPOSE_TOKEN;
}

uint64_t MaxExecuteAfterApproveMs(v1::Purpose purpose) {
  for (const Bound& bound : kBounds) {
    if (bound.purpose == purpose) return bound.milliseconds;
  }
  return 0;
}

v1::Purpose UsualPurpose(absl::string_view operation) {
  if (!IsReserved(operation)) return v1::PURPOSE_COMMAND;
  const v1::OperationInfo* row = FindReserved(operation);
  if (row == nullptr || row->purposes_size() != 1) {
    return v1::PURPOSE_UNSPECIFIED;
  }
  return row->purposes(0);
}

}  // namespace u2fi::proof
