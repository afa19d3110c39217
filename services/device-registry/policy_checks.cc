#include "services/device-registry/policy_checks.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

constexpr int kMaxOperations = 256;
constexpr int kMaxSecretFields = 8;
constexpr int kMaxGuardians = 16;
constexpr size_t kMaxDisplayName = 128;
constexpr size_t kMaxTitle = 64;
constexpr size_t kMaxSecretPath = 128;
constexpr uint32_t kMinReleaseS = 60;
constexpr uint32_t kMaxReleaseS = 2'592'000;
constexpr uint32_t kMaxGraceS = 604'800;

// `path` as in "model.operations[3].title".
std::string At(absl::string_view list, int index, absl::string_view field) {
  return absl::StrCat(list, "[", index, "].", field);
}

absl::Status CheckRule(const proof::v1::Rule& rule,
                       const std::string& operation) {
  absl::Status form = proof::CheckRuleForm(rule, operation);
  if (form.ok()) return form;
  return Error(
      reason::kRuleInvalid, "the rule contradicts itself",
      {{"operation", operation}, {"field", MetadataOf(form)["field"]}});
}

bool IsMemberName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '_' || c == '-';
  });
}

bool IsSecretPath(absl::string_view path) {
  if (path.size() > kMaxSecretPath) return false;
  const std::vector<absl::string_view> members = absl::StrSplit(path, '.');
  return std::all_of(members.begin(), members.end(), IsMemberName);
}

absl::Status CheckSecretFields(const v1::ModelOperation& operation,
                               const std::string& path) {
  if (operation.secret_fields_size() > kMaxSecretFields) {
    return FieldError(path, "has more than 8 entries");
  }
  for (const std::string& field : operation.secret_fields()) {
    if (!IsSecretPath(field)) return FieldError(path, "is not a dotted path");
  }
  return absl::OkStatus();
}

absl::Status CheckOperation(const v1::ModelOperation& operation, int index) {
  constexpr absl::string_view kList = "model.operations";
  if (!proof::IsOperation(operation.operation())) {
    return FieldError(At(kList, index, "operation"),
                      "is not 1 to 64 of [a-z0-9._-]");
  }
  if (proof::IsReserved(operation.operation())) {
    return FieldError(At(kList, index, "operation"), "is reserved");
  }
  RETURN_IF_ERROR(
      CheckText(At(kList, index, "title"), operation.title(), kMaxTitle));
  RETURN_IF_ERROR(
      CheckSecretFields(operation, At(kList, index, "secret_fields")));
  if (!operation.has_rule()) return absl::OkStatus();
  return CheckRule(operation.rule(), operation.operation());
}

// INVALID_FIELD unless all names are distinct, and at most 256.
template <typename List>
absl::Status CheckDistinct(absl::string_view path, const List& list) {
  if (list.size() > kMaxOperations) {
    return FieldError(path, "has more than 256 entries");
  }
  std::set<absl::string_view> seen;
  for (const auto& entry : list) {
    if (!seen.insert(entry.operation()).second) {
      return FieldError(path, "names an operation twice");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckGuardians(const v1::Policy& policy) {
  if (policy.guardians_size() > kMaxGuardians) {
    return FieldError("policy.guardians", "has more than 16 entries");
  }
  std::set<absl::string_view> seen;
  for (const std::string& guardian : policy.guardians()) {
    if (!proof::IsId(guardian)) {
      return FieldError("policy.guardians", "has what is not an id");
    }
    if (!seen.insert(guardian).second) {
      return FieldError("policy.guardians", "names an account twice");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckModel(const v1::Model& model) {
  RETURN_IF_ERROR(
      CheckText("model.display_name", model.display_name(), kMaxDisplayName));
  RETURN_IF_ERROR(CheckDistinct("model.operations", model.operations()));
  for (int i = 0; i < model.operations_size(); ++i) {
    RETURN_IF_ERROR(CheckOperation(model.operations(i), i));
  }
  return absl::OkStatus();
}

absl::Status CheckRules(
    absl::string_view path,
    const google::protobuf::RepeatedPtrField<proof::v1::OperationRule>& rules) {
  RETURN_IF_ERROR(CheckDistinct(path, rules));
  for (int i = 0; i < rules.size(); ++i) {
    if (!proof::IsOperation(rules[i].operation())) {
      return FieldError(At(path, i, "operation"),
                        "is not 1 to 64 of [a-z0-9._-]");
    }
    RETURN_IF_ERROR(CheckRule(rules[i].rule(), rules[i].operation()));
  }
  return absl::OkStatus();
}

absl::Status CheckPolicy(const v1::Policy& policy) {
  RETURN_IF_ERROR(CheckRules("policy.rules", policy.rules()));
  RETURN_IF_ERROR(CheckGuardians(policy));
  const uint32_t release = policy.release_deadline_s();
  if (release != 0 && (release < kMinReleaseS || release > kMaxReleaseS)) {
    return FieldError("policy.release_deadline_s", "is not 60 to 2,592,000");
  }
  if (policy.lease_grace_s() > kMaxGraceS) {
    return FieldError("policy.lease_grace_s", "is over 604,800");
  }
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
